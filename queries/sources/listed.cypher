// The sources that servers read by themselves, or one of them, as they are stored, and the time by the database.
MATCH (s:ScheduledSource) WHERE $name IS NULL OR s.name = $name
RETURN properties(s) AS properties, timestamp() * 1000 AS now ORDER BY s.name
