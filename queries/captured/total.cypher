// How many events there are of a run, a job or a data set, or of all.
MATCH (e:CapturedEvent)
WHERE e.time >= $after AND e.time < $before AND e.received_at >= $since AND ($key IS NULL OR e.key = $key)
RETURN count(e) AS total
