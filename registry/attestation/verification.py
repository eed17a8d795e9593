"""Who has signed an envelope, of those who are trusted, and whether they may say what it says."""

from __future__ import annotations

from dataclasses import dataclass

from registry.attestation.envelope import Envelope
from registry.attestation.statement import Statement
from registry.attestation.trust import Scope, Trust
from registry.errors import RefutedAttestationError


@dataclass(frozen=True, slots=True)
class Signer:
    """Somebody trusted whose signature holds, how it was made, and what they may attest."""

    name: str
    scheme: str
    scope: Scope


@dataclass(frozen=True, slots=True)
class Verified:
    """A statement and those trusted who signed it.

    ``unknown`` counts the signatures by nobody that is known here; ``invalid`` are the names of trusted keys that a
    signature says it is by, and is not.
    """

    statement: Statement
    signers: tuple[Signer, ...]
    unknown: int
    invalid: tuple[str, ...]

    def by(self, urn: str | None, now: float) -> tuple[Signer, ...]:
        """The signers who may attest this of that entity; ``now`` in seconds."""
        kind = self.statement.predicate_type
        return tuple(item for item in self.signers if item.scope.refusal(kind, urn, now) is None)

    def refusals(self, urn: str | None, now: float) -> tuple[str, ...]:
        """Why the other signers do not count, in words."""
        reasons = ((item, item.scope.refusal(self.statement.predicate_type, urn, now)) for item in self.signers)
        return tuple(f"{item.name} {reason}" for item, reason in reasons if reason is not None)


def verify_envelope(envelope: Envelope, trust: Trust) -> Verified:
    """The statement and who signed it. Signatures of unknown keys prove nothing, and neither does an invalid one.

    Raises InvalidAttestationError where it is no in-toto statement, RefutedAttestationError where no trusted key has
    signed and a signature says that one has.
    """
    statement = Statement.within(envelope)
    message = envelope.signed
    found: dict[tuple[str, Scope], Signer] = {}
    unknown, invalid = 0, set[str]()
    for signature in envelope.signatures:
        keys = [item for item in trust.keys if item.key.has_signed(message, signature.content)]
        named = {item.key.name for item in trust.keys if signature.keyid in item.key.ids}
        if not keys:
            # The id of a key is a hint: it decides nothing but which name a failure is told under.
            invalid |= named
            unknown += not named
        for item in keys:
            found.setdefault((item.key.fingerprint, item.scope), Signer(item.key.name, item.key.scheme, item.scope))
    if invalid and not found:
        raise RefutedAttestationError(f"The signature of {min(invalid)} is not valid.")
    return Verified(statement, tuple(found.values()), unknown, tuple(sorted(invalid)))
