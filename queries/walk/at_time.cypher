// An edge counts at a time: it was true then, and recorded by then.
r.true_from <= $as_of AND r.true_to > $as_of AND r.recorded_from <= $known_at AND r.recorded_to > $known_at
