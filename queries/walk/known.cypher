// The starts and what they reach are all that this answer knows.
WITH known_at, COUNT { ()-[:SAME_AS]->() } AS identities, COUNT { ()-[:FIELD_OF]->() } AS columns_described,
  starts, reached, reached_at, starts + reached AS known, [s IN starts | s.urn] + reached_urn AS urn,
  [s IN starts | 0] + reached_at AS depth%blind%
