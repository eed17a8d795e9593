"""Policies, proposals, approvals, decisions, incidents and documents."""

from __future__ import annotations

from graph_schema.core import Kind, Property, ValueType
from graph_schema.kinds.shared import DIGEST, ENDED_AT, STARTED_AT, URI

_REASON = Property("reason", ValueType.STRING, "Why.")

KINDS = (
    Kind("Policy", "A rule that decisions are taken by.", (URI, DIGEST), searchable=True),
    Kind(
        "Proposal",
        "A change that somebody wants to make.",
        (
            _REASON,
            Property(
                "state",
                ValueType.STRING,
                "How far it is.",
                values=("open", "approved", "rejected", "withdrawn", "done"),
            ),
        ),
        searchable=True,
    ),
    Kind(
        "Approval",
        "Somebody's consent, or refusal, to a proposal.",
        (_REASON, Property("verdict", ValueType.STRING, "Which of the two.", values=("approved", "rejected"))),
    ),
    Kind(
        "Decision",
        "What a policy or a person decided, with the reasons.",
        (_REASON, Property("outcome", ValueType.STRING, "What was decided.")),
    ),
    Kind(
        "Incident",
        "Something that went wrong, from a time to a time.",
        (
            STARTED_AT,
            ENDED_AT,
            Property("severity", ValueType.STRING, "How bad.", values=("low", "medium", "high", "critical")),
        ),
        searchable=True,
    ),
    Kind(
        "Document",
        "A document: a report, a card, an instruction.",
        (URI, DIGEST, Property("media_type", ValueType.STRING, "IANA media type.")),
        searchable=True,
    ),
)
