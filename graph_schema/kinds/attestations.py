"""Signed statements about what is registered."""

from __future__ import annotations

from graph_schema.core import Kind, Property, ValueType
from graph_schema.kinds.shared import DIGEST, SIZE_BYTES

KINDS = (
    Kind(
        "Attestation",
        "A signed statement about versions, runs, results or files. Made by the registry of what it was given.",
        (
            DIGEST,
            SIZE_BYTES,
            Property(
                "envelope", ValueType.STRING, "The signed document as it came: a DSSE envelope, a Sigstore bundle."
            ),
            Property("predicate_type", ValueType.STRING, "What sort of statement it is, as a URI."),
            Property(
                "verification",
                ValueType.STRING,
                "Whether somebody who is trusted to say so has signed it.",
                values=("verified", "unknown"),
            ),
            Property("signed_by", ValueType.STRINGS, "Those trusted whose signatures hold, by name."),
            Property("verified_at", ValueType.TIMESTAMP, "When the signatures were verified."),
        ),
        derived=True,
    ),
)
