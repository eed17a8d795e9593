// Up to when this answer knows: what was asked for, but no later than the last write that is whole. No row comes
// where the last write is neither known to be whole nor one of this process that nobody was told of yet.
OPTIONAL MATCH (clock:RegistryClock {id: 'clock'})
WITH CASE
  WHEN clock IS NULL OR $known_by < clock.recorded_at THEN $known_by
  WHEN clock.recorded_at <= $settled THEN clock.recorded_at
  WHEN clock.recorded_at = $in_flight THEN clock.recorded_at - 1
END AS known_at
WHERE known_at IS NOT NULL
