"""What is stored of credentials: digests, names and times, never a token. Times are microseconds since 1970."""
# ruff: noqa: S105 - names of statements

from __future__ import annotations

from typing import Final

ADMINISTRATOR: Final = "MATCH (a:AdministratorToken {id: 'administrator'}) RETURN a.digest"

# One of several servers that start at once makes the token; the others find it.
MAKE_ADMINISTRATOR: Final = """
MERGE (a:AdministratorToken {id: 'administrator'})
ON CREATE SET a.digest = $digest, a.made_at = $now
RETURN a.digest
"""

SET_ADMINISTRATOR: Final = """
MERGE (a:AdministratorToken {id: 'administrator'})
SET a.digest = $digest, a.made_at = $now
"""

CREATE_SERVICE_TOKEN: Final = """
CREATE (t:ServiceToken {
  id: $id, name: $name, digest: $digest, created_at: $now, expires_at: $expires_at, created_by: $created_by, agents: $agents
})
"""

SERVICE_TOKEN: Final = """
MATCH (t:ServiceToken {id: $id}) WHERE t.revoked_at IS NULL
RETURN t.digest, t.name, t.expires_at, t.agents
"""

SERVICE_TOKENS: Final = """
MATCH (t:ServiceToken)
WHERE ($name IS NULL OR t.name = $name)
  AND ($ended OR (t.revoked_at IS NULL AND t.expires_at > $now))
RETURN t.id, t.name, t.created_at, t.created_by, t.expires_at, t.revoked_at, t.agents
ORDER BY t.name, t.created_at, t.id
"""

TO_REVOKE: Final = (
    "MATCH (t:ServiceToken) WHERE (t.id = $which OR t.name = $which) AND t.revoked_at IS NULL RETURN t.id"
)

REVOKE_SERVICE_TOKENS: Final = """
MATCH (t:ServiceToken)
WHERE (t.id = $which OR t.name = $which) AND t.revoked_at IS NULL
SET t.revoked_at = $now
RETURN t.id ORDER BY t.id
"""

# Kept longer than anybody needs: a list of what opened the registry is part of its history.
OLD_TOKENS: Final = "MATCH (t:ServiceToken) WHERE t.expires_at < $before RETURN t.id"

REMOVE_OLD_TOKENS: Final = """
MATCH (t:ServiceToken) WHERE t.expires_at < $before DELETE t
"""

CREATE_SESSION: Final = """
CREATE (s:BrowserSession {
  id: $id, digest: $digest, created_at: $now, expires_at: $expires_at,
  subject: $subject, method: $method, issuer: $issuer, groups: $groups, agents: $agents, source: $source
})
"""

# A session may have begun while its token was being revoked: so that is asked here too. The ids of tokens of services and
# the keys of an issuer's are never alike.
SESSION: Final = """
MATCH (s:BrowserSession {id: $id})
WHERE NOT EXISTS { MATCH (t:ServiceToken {id: s.source}) WHERE t.revoked_at IS NOT NULL }
  AND NOT EXISTS { MATCH (:RevokedToken {id: s.source}) }
RETURN s.digest, s.expires_at, s.subject, s.method, s.issuer, s.groups, s.agents, s.source
"""

END_SESSIONS: Final = "UNWIND $ids AS id MATCH (s:BrowserSession {id: id}) DELETE s"
SESSIONS_OF_SOURCES: Final = "MATCH (s:BrowserSession) WHERE s.source IN $sources RETURN s.id"
SESSIONS_OF_METHOD: Final = "MATCH (s:BrowserSession {method: $method}) RETURN s.id"
OLD_SESSIONS: Final = "MATCH (s:BrowserSession) WHERE s.expires_at < $now RETURN s.id LIMIT $most"

DENY_TOKEN: Final = """
MERGE (r:RevokedToken {id: $id})
ON CREATE SET r.revoked_at = $now
"""

IS_DENIED: Final = "MATCH (r:RevokedToken {id: $id}) RETURN r.id"
