// The attestations of these entities, newest last.
UNWIND $urns AS urn
MATCH (n:Entity {urn: urn})<-[r:ATTESTS]-(a:Attestation)
WHERE r.recorded_to = $open AND a.recorded_to = $open%seen:n%%seen:a%
RETURN n.urn AS subject, a.urn AS urn, a.digest AS digest, a.predicate_type AS predicate_type,
  a.verification AS verification, coalesce(a.signed_by, []) AS signed_by, a.verified_at AS verified_at,
  a.envelope AS envelope
ORDER BY subject, verified_at, urn LIMIT $limit
