// How many entries there are, which the store knows without counting, and how many of them came last too long ago.
MATCH (q:Quarantined)
WITH count(q) AS entries
RETURN entries, COUNT { MATCH (o:Quarantined) WHERE o.last_received_at < $since } AS old
