// Which write began to show while this was read; 0 for none. Behind everything else, once for its row: it is read last.
CALL (known_at) {
  OPTIONAL MATCH (clock:RegistryClock {id: 'clock'})
  RETURN CASE WHEN clock.recorded_at > $settled AND known_at IS NOT NULL THEN clock.recorded_at ELSE 0 END AS written_at
}
