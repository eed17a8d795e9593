"""What is stored of grants and sandboxes. ``PolicyHead.version`` moves with every change, so that caches see it."""

from __future__ import annotations

from typing import Final

MOVE_HEAD: Final = """
MERGE (h:PolicyHead {id: 'head'})
ON CREATE SET h.made = randomUUID()
SET h.version = coalesce(h.version, 0) + 1
"""

WHERE_IT_STANDS: Final = """
OPTIONAL MATCH (h:PolicyHead {id: 'head'})
RETURN coalesce(h.made, '') + toString(coalesce(h.version, 0)), COUNT { (:Scope) }
"""
"""Changes whenever another database is there, and whenever a grant, a sandbox or a scope is added or removed; answered from counters."""

READ_ALL: Final = """
OPTIONAL MATCH (h:PolicyHead {id: 'head'})
WITH coalesce(h.made, '') + toString(coalesce(h.version, 0)) AS version
RETURN version,
  COLLECT { MATCH (g:Grant) RETURN g.content },
  COLLECT { MATCH (b:Sandbox) WHERE b.removed_at IS NULL RETURN [b.name, b.expires_at] },
  COLLECT { MATCH (s:Scope) RETURN s.text }
"""

ADD: Final = """
MERGE (g:Grant {id: $id})
ON CREATE SET g.content = $content, g.added_at = $now, g.added_by = $by, g.reason = $reason, g.fresh = true
WITH g, coalesce(g.fresh, false) AS fresh
REMOVE g.fresh
RETURN fresh
"""

REMOVE: Final = "MATCH (g:Grant {id: $id}) WITH g, g.content AS content DELETE g RETURN content"

LIST: Final = """
MATCH (g:Grant)
RETURN g.content, g.added_at, g.added_by, g.reason
ORDER BY g.added_at, g.id
"""

SCOPE_OF: Final = "MATCH (n:Entity {urn: $urn}) RETURN n.scope"

NOTE_FILE: Final = """
MERGE (h:PolicyHead {id: 'head'})
SET h.notes = coalesce(h.notes, 0) + 1
WITH h, coalesce(h.file, '') <> $digest AS other
SET h.file = $digest
RETURN other
"""
"""Which grants the policy file held that a server loaded last. Takes the lock before it reads, so that of two that say the
same at once one does."""
