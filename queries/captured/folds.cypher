// What the events of some runs, jobs or data sets add up to.
UNWIND $keys AS key
MATCH (f:CapturedFold {id: key}) WHERE f.state IS NOT NULL
RETURN f.id AS id, f.state AS state
