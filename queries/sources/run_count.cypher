// How many runs of a source are kept.
MATCH (r:SourceRun {source: $source}) RETURN count(r) AS total
