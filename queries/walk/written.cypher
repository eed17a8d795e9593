// Which later write began to show while this was read; 0 for none. Behind everything else: it is read last.
CALL (known_at) {
  OPTIONAL MATCH (clock:RegistryClock {id: 'clock'}) WHERE clock.recorded_at > known_at AND clock.recorded_at > $settled
  RETURN coalesce(clock.recorded_at, 0) AS written_at
}
