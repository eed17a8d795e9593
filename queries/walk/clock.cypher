// The recorded time of the last write; 0 where there was none.
OPTIONAL MATCH (clock:RegistryClock {id: 'clock'})
RETURN coalesce(clock.recorded_at, 0) AS recorded_at
