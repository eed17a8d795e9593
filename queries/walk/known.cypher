// The starts and what they reach are all that this answer knows. No row comes where what is hidden took the place of
// something, in a walk that was cut.
WITH known_at, COUNT { ()-[:SAME_AS]->() } AS identities, COUNT { ()-[:FIELD_OF]->() } AS columns_described,
  starts, reached, reached_at%seen<, cut, met>%, starts + reached AS known, [s IN starts | s.urn] + reached_urn AS urn,
  [s IN starts | 0] + reached_at AS depth%seen<
WHERE NOT cut OR size(reached) = $limit>%%blind%
