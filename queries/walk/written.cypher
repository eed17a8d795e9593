// Which write began to show while this was read; 0 for none. Behind everything else: it is read last.
CALL () {
  OPTIONAL MATCH (clock:RegistryClock {id: 'clock'})
  RETURN CASE WHEN clock.recorded_at > $settled THEN clock.recorded_at ELSE 0 END AS written_at
}
