"""Questions about attestations, and about what has some content."""

from __future__ import annotations

from queries.attestation.rows import AttestationRow, AttestationsParams, DigestRow, DigestsParams
from queries.query import Query, load_query

BY_DIGEST: Query[DigestsParams, DigestRow] = load_query("attestation/by_digest", DigestsParams, DigestRow)
OF_ENTITIES: Query[AttestationsParams, AttestationRow] = load_query(
    "attestation/of_entities", AttestationsParams, AttestationRow
)
QUERIES = (BY_DIGEST, OF_ENTITIES)
