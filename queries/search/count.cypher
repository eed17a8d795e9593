// How many there are, counted up to a bound.
WITH n LIMIT $count_limit
RETURN count(n) AS total
