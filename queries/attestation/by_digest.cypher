// What is registered with one of these digests of its content.
MATCH (n:Entity)
USING INDEX n:Entity(digest)
WHERE n.digest IN $digests AND n.recorded_to = $open AND n.kind <> 'Attestation'%seen:n%
RETURN n.urn AS urn, n.kind AS kind, n.digest AS digest, n.digest_coverage AS coverage
ORDER BY urn LIMIT $limit
