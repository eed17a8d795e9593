// An edge counts in a window: the one form for now and for any time.
r.true_from <= $true_by AND r.true_to > $true_after AND r.recorded_from <= %known_at% AND r.recorded_to > %known_at%
