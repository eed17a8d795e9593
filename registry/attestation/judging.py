"""Whether an artifact is what is registered and what is attested: the verdict, and the reasons for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from registry.attestation.artifacts import Artifact
from registry.attestation.building import FILE, FOLDER, RECORD, record_digest
from registry.attestation.claims import Claim, Manifest, claims_of, manifest_of
from registry.attestation.known import Known
from registry.attestation.statement import STRONG
from registry.attestation.verification import Verified


class Verdict(StrEnum):
    """What became of verifying something."""

    VERIFIED = "verified"
    REFUTED = "refuted"


@dataclass(frozen=True, slots=True)
class Attested:
    """An attestation (where it came from, its digest) and who signed it; ``wrong`` says why it counts for nothing.

    ``given`` says that whoever verifies handed it over, so that it has to be about the artifact.
    """

    origin: str
    digest: str
    verified: Verified | None
    wrong: str | None = None
    given: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict on one thing, with what was found: reasons against it, registered URNs, and each attestation."""

    what: str
    verdict: Verdict
    reasons: tuple[str, ...]
    digest: str | None
    size: int | None
    registered: tuple[str, ...]
    attestations: tuple[dict[str, Any], ...]

    def as_json(self) -> dict[str, Any]:
        """The answer of ``--json``."""
        return {
            "target": self.what,
            "verdict": self.verdict.value,
            "reasons": list(self.reasons),
            "digest": self.digest,
            "size": self.size,
            "registered": list(self.registered),
            "attestations": list(self.attestations),
        }


@dataclass(frozen=True, slots=True)
class Asked:
    """What has to hold: a signature by somebody trusted, registered content (None: nobody was asked), a URN it should be."""

    signed: bool
    registered: Sequence[str] | None
    urn: str | None = None


def judge_artifact(artifact: Artifact, attested: Iterable[Attested], asked: Asked, now: float) -> Judged:
    """The verdict on content that was read."""
    reasons, told, signed = [], [], False
    for item in attested:
        against, signers = _weigh(artifact, item, asked.urn, now)
        # Who is not trusted can attest what they like: that refutes nothing.
        reasons += [f"{item.origin}: {reason}" for reason in against] if signers or item.given else []
        told.append(_told(item, signers, against))
        signed = signed or (bool(signers) and not against)
    if asked.registered is not None:
        reasons += _unregistered(artifact, asked)
    if asked.signed and not signed:
        reasons.append("nobody who is trusted has attested this content")
    verdict = Verdict.REFUTED if reasons else Verdict.VERIFIED
    registered = tuple(sorted(asked.registered or ()))
    return Judged(
        artifact.path, verdict, tuple(dict.fromkeys(reasons)), artifact.digest, artifact.size, registered, tuple(told)
    )


def judge_registered(known: Known, attested: Iterable[Attested], asked: Asked, now: float) -> Judged:
    """The verdict on what is registered by itself: whether what is attested of it agrees with it."""
    reasons, told, signed = [], [], False
    for item in attested:
        if item.verified is None:
            reasons += [f"{item.origin}: {item.wrong}"] if item.given else []
            told.append(_told(item, [], [item.wrong or "it cannot be relied on"]))
            continue
        against = _compare_registered(known, claims_of(item.verified.statement))
        signers = [signer.name for signer in item.verified.by(known.urn, now)]
        if item.given and not signers:
            against += item.verified.refusals(known.urn, now) or ["it is signed by nobody who is trusted here"]
        # Who is not trusted can attest what they like: that refutes nothing.
        reasons += [f"{item.origin}: {reason}" for reason in against] if signers or item.given else []
        told.append(_told(item, signers, against))
        signed = signed or (bool(signers) and not against)
    if asked.signed and not signed:
        reasons.append("nobody who is trusted has attested this")
    verdict = Verdict.REFUTED if reasons else Verdict.VERIFIED
    digest = next((f"{name}:{value}" for name, value in known.digests.items()), None)
    return Judged(known.urn, verdict, tuple(dict.fromkeys(reasons)), digest, None, (known.urn,), tuple(told))


def _compare_registered(known: Known, claims: Iterable[Claim]) -> list[str]:
    """In what the registered digest, or record, is not what is claimed of it."""
    about = [claim for claim in claims if claim.urn == known.urn or (claim.urn is None and claim.whole)]
    records = [claim for claim in about if claim.sort == RECORD]
    if any(claim.digests.get("sha256") != record_digest(known) for claim in records):
        return ["what is registered has other values than were attested"]
    for name, value in known.digests.items():
        said = {claim.digests[name] for claim in about if name in claim.digests and claim not in records}
        if said and value not in said:
            return [f"registered is {name}:{value}, attested was {name}:{min(said)}"]
    return []


def compare_content(artifact: Artifact, verified: Verified, document: str) -> list[str]:
    """In what the artifact is not what the statement speaks of, in words; empty where it is just that.

    ``document`` is the digest of the signed document, which may lie among the files that it is about.

    Raises InvalidAttestationError and RefutedAttestationError where the statement does not hold together.
    """
    manifest = manifest_of(verified.statement)
    if manifest is not None and (artifact.folder or len(manifest.files) == 1):
        return _compare_manifest(artifact, manifest, document)
    claims = claims_of(verified.statement)
    if any(_is(artifact, claim) for claim in claims):
        return []
    whole = [claim for claim in claims if claim.whole and claim.sort in (None, FOLDER if artifact.folder else FILE)]
    if not any(set(claim.digests) & set(STRONG) for claim in whole):
        return ["no digest in it is strong enough to rely on, or of this sort of content"]
    said = ", ".join(f"{name}:{value}" for claim in whole[:3] for name, value in claim.digests.items())
    return [f"it speaks of other content: {said}"]


def _weigh(artifact: Artifact, item: Attested, urn: str | None, now: float) -> tuple[list[str], list[str]]:
    """Reasons against an artifact that an attestation gives, and the names of those who may have signed it."""
    if item.verified is None:
        return [item.wrong or "it cannot be relied on"], []
    against = compare_content(artifact, item.verified, item.digest)
    if against and not item.given:
        return [], []  # it speaks of something else with the same name; nobody said that it should be about this
    claimed = {claim.urn for claim in claims_of(item.verified.statement) if claim.urn and _is(artifact, claim)}
    if urn is not None and claimed and urn not in claimed:
        against = [*against, f"it speaks of {', '.join(sorted(claimed))}, not of {urn}"]
    # A key counts for content that is called something only where it may attest that: what was asked for, else all of it.
    named = sorted(claimed) if claimed and urn not in claimed else [urn]
    held = [[signer.name for signer in item.verified.by(name, now)] for name in named]
    signers = [signer for signer in held[0] if all(signer in others for others in held)]
    if item.given and not signers:
        refusals = dict.fromkeys(reason for name in named for reason in item.verified.refusals(name, now))
        against = [*against, *(refusals or ["it is signed by nobody who is trusted here"])]
    return against, signers


def _is(artifact: Artifact, claim: Claim) -> bool:
    """Whether a claim is about this content: strong digests agree, every one that was computed, and the sort does."""
    if claim.sort is not None and claim.sort != (FOLDER if artifact.folder else FILE):
        return False
    common = [name for name in claim.digests if name in artifact.digests]
    return bool(common) and all(artifact.digests[name] == claim.digests[name] for name in common)


def _compare_manifest(artifact: Artifact, manifest: Manifest, document: str) -> list[str]:
    if artifact.folder:
        found = {
            item.name: item.digests.get(manifest.algorithm)
            for item in artifact.files
            if item.name in manifest.files
            or not (_ignored(item.name, manifest.ignored) or f"sha256:{item.digests['sha256']}" == document)
        }
    else:
        found = {next(iter(manifest.files)): artifact.digests.get(manifest.algorithm)}
    said = manifest.files
    missing, extra = sorted(said.keys() - found.keys()), sorted(found.keys() - said.keys())
    other = sorted(name for name in said.keys() & found.keys() if said[name] != found[name])
    kinds = (("are missing", missing), ("were not signed", extra), ("have other content", other))
    return [f"files {what}: {', '.join(names[:5])}{', …' if len(names) > 5 else ''}" for what, names in kinds if names]


def _ignored(name: str, patterns: tuple[str, ...]) -> bool:
    return any(name == item or name.startswith(f"{item.rstrip('/')}/") for item in patterns)


def _unregistered(artifact: Artifact, asked: Asked) -> list[str]:
    if asked.urn is not None and asked.urn not in (asked.registered or ()):
        return [f"{asked.urn} is registered with other content, or without a digest of it"]
    return [] if asked.registered else [f"nothing is registered with the digest {artifact.digest}"]


def _told(item: Attested, signers: list[str], against: list[str]) -> dict[str, Any]:
    verified = item.verified
    return {
        "origin": item.origin,
        "digest": item.digest,
        "predicateType": verified.statement.predicate_type if verified else None,
        "signers": signers,
        "unknownSignatures": verified.unknown if verified else None,
        "invalidSignatures": list(verified.invalid) if verified else [],
        "against": against,
    }
