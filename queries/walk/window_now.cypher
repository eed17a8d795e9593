// What counts now: whatever is recorded and has not ended. What is planned to begin counts too.
r.true_to > $true_after AND r.recorded_from <= %known_at% AND r.recorded_to > %known_at%
