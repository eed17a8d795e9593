// An edge counts in a window.
r.true_from <= $true_by AND r.true_to > $true_after AND r.recorded_from <= %known_at% AND r.recorded_to > %known_at%
