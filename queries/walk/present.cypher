// An edge counts now: nobody took it back and it has not ended; what is planned to begin counts.
r.recorded_to = $open AND r.true_to > $now
