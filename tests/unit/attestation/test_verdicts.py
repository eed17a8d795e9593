"""Verdicts on artifacts: what verifies them, what refutes them, and what others may say without effect."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from registry.attestation.artifacts import Artifact, digest_artifact
from registry.attestation.building import build_statement
from registry.attestation.claims import claims_of
from registry.attestation.documents import read_document
from registry.attestation.envelope import sign_statement
from registry.attestation.judging import Asked, Attested, Judged, Verdict, judge_artifact, judge_registered
from registry.attestation.known import Known, KnownEdge
from registry.attestation.predicates import EVALUATION, OF_KIND, RUN, SCHEMAS, check_predicate
from registry.attestation.public_keys import read_public_key
from registry.attestation.statement import Statement, Subject
from registry.attestation.trust import Scope, Trust, TrustedKey, read_trust_file
from registry.attestation.verification import verify_envelope
from registry.errors import InvalidAttestationError, InvalidKeyError, RefutedAttestationError
from registry.ledger.keys import SigningKey, new_key

MODEL = "urn:lineage:ModelVersion:prod:churn:4"
KEY, OTHER = new_key("ci.example"), new_key("thief.example")
SAID = "https://example.org/said/v1"


def _trust(key: SigningKey = KEY, **scope: Any) -> Trust:
    return Trust((TrustedKey(read_public_key(key.verifier.text), Scope(**scope)),))


def _attested(
    statement: Statement, *, key: SigningKey = KEY, trust: Trust | None = None, given: bool = True
) -> Attested:
    content = json.dumps(sign_statement(statement.to_bytes(), key).as_json()).encode()
    document = read_document(content)
    return Attested("x", document.digest, verify_envelope(document.envelope, trust or _trust()), None, given)


def _judge(artifact: Artifact, *found: Attested, urn: str | None = None, registered: list[str] | None = None) -> Judged:
    return judge_artifact(artifact, found, Asked(True, registered, urn), now=1.0)


@pytest.fixture
def file(tmp_path: Path) -> Artifact:
    path = tmp_path / "model.joblib"
    path.write_bytes(b"weights")
    return digest_artifact(path, algorithms=("sha512",))


def test_content_that_somebody_trusted_attests_is_verified(file: Artifact) -> None:
    judged = _judge(file, _attested(build_statement(Known(MODEL, "ModelVersion", {}), [file])), urn=MODEL)
    assert (judged.verdict, judged.reasons) == (Verdict.VERIFIED, ())
    assert judged.attestations[0]["signers"] == ["ci.example"]


@pytest.mark.parametrize(
    "digests",
    [
        {"sha256": "0" * 64},
        {"md5": hashlib.md5(b"weights").hexdigest()},
        {"sha1": hashlib.sha1(b"weights").hexdigest()},
        {"sha256": hashlib.sha256(b"weights").hexdigest(), "sha512": "0" * 128},
        {"sha1": hashlib.sha1(b"weights").hexdigest(), "sha256": "0" * 64},
    ],
)
def test_other_content_and_weak_digests_refute(file: Artifact, digests: dict[str, str]) -> None:
    judged = _judge(file, _attested(Statement((Subject("m", digests),), SAID, {})))
    assert judged.verdict is Verdict.REFUTED


def test_a_file_with_the_list_of_a_folder_in_it_is_not_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "a").write_bytes(b"1")
    whole = digest_artifact(folder)
    listing = tmp_path / "list"
    listing.write_text(f"{hashlib.sha256(b'1').hexdigest()}  a\n")
    forged = digest_artifact(listing)
    assert forged.digest == whole.digest
    attested = _attested(build_statement(Known("urn:lineage:DatasetVersion:prod:d:1", "DatasetVersion", {}), [whole]))
    assert _judge(whole, attested).verdict is Verdict.VERIFIED
    assert _judge(forged, attested).verdict is Verdict.REFUTED


def test_what_strangers_attest_neither_verifies_nor_refutes(file: Artifact) -> None:
    right = build_statement(Known(MODEL, "ModelVersion", {}), [file])
    wrong = Statement((Subject("m", {"sha256": "0" * 64}, MODEL),), SAID, {})
    good = _attested(right, given=False)
    for stranger in (_attested(right, key=OTHER, given=False), _attested(wrong, key=OTHER, given=False)):
        assert _judge(file, stranger).reasons == ("nobody who is trusted has attested this content",)
        assert _judge(file, stranger, good).verdict is Verdict.VERIFIED
    forged = Attested("x", "d", None, "The signature of ci.example is not valid.", given=False)
    assert _judge(file, forged, good).verdict is Verdict.VERIFIED
    assert _judge(file, Attested("x", "d", None, "not valid", given=True), good).verdict is Verdict.REFUTED


@pytest.mark.parametrize(
    "scope",
    [
        {"namespaces": ("lab", "prod/*")},
        {"predicates": ("urn:lineage:predicate:dataset-version:*",)},
        {"kinds": ("DatasetVersion",)},
        {"not_after": 0.5},
    ],
)
def test_a_key_counts_only_for_what_it_may_attest(file: Artifact, scope: dict[str, Any]) -> None:
    attested = _attested(build_statement(Known(MODEL, "ModelVersion", {}), [file]), trust=_trust(**scope))
    assert _judge(file, attested).verdict is Verdict.REFUTED
    fitting: dict[str, Any] = {
        "namespaces": ("pr*",),
        "predicates": ("urn:lineage:*",),
        "kinds": ("*",),
        "not_after": 2.0,
    }
    attested = _attested(build_statement(Known(MODEL, "ModelVersion", {}), [file]), trust=_trust(**fitting))
    assert _judge(file, attested).verdict is Verdict.VERIFIED


def test_a_key_of_one_namespace_does_not_lend_its_word_to_another_named_beside_it(file: Artifact) -> None:
    theirs, sha256 = "urn:lineage:ModelVersion:a-team:churn:4", hashlib.sha256(b"weights").hexdigest()
    both = Statement(tuple(Subject(urn, {"sha256": sha256}, urn) for urn in (theirs, MODEL)), SAID, {})
    narrow, wide = _trust(namespaces=("a-team",)), _trust(namespaces=("a-team", "prod"))
    for given in (True, False):
        attested = _attested(both, trust=narrow, given=given)
        assert _judge(file, attested, urn=theirs).verdict is Verdict.VERIFIED
        assert _judge(file, attested, urn=MODEL).verdict is Verdict.REFUTED
        assert _judge(file, attested).verdict is Verdict.REFUTED
    for urn in (theirs, MODEL, None):
        assert _judge(file, _attested(both, trust=wide), urn=urn).verdict is Verdict.VERIFIED


def test_content_of_another_version_is_not_this_one(file: Artifact) -> None:
    other = "urn:lineage:ModelVersion:prod:churn:5"
    attested = _attested(build_statement(Known(other, "ModelVersion", {}), [file]))
    assert _judge(file, attested, urn=MODEL).verdict is Verdict.REFUTED
    assert _judge(file, attested, urn=other, registered=[MODEL]).verdict is Verdict.REFUTED
    assert _judge(file, attested, urn=other, registered=[MODEL, other]).verdict is Verdict.VERIFIED
    assert _judge(file, attested, registered=[]).verdict is Verdict.REFUTED


def test_nothing_is_signed_of_a_file_that_is_not_what_is_registered(file: Artifact) -> None:
    known = Known(MODEL, "ModelVersion", {"digest": f"sha256:{'0' * 64}"})
    with pytest.raises(RefutedAttestationError, match="not what is registered"):
        build_statement(known, [file])
    parts = (KnownEdge("PART_OF", True, None, Known("urn:x", "ModelArtifact", {"digest": file.digest})),)
    assert build_statement(known.with_edges(parts), [file]).subjects
    sampled = Known(MODEL, "ModelVersion", {"digest": f"sha256:{'0' * 64}", "digest_coverage": "sample"})
    assert build_statement(sampled, [file]).subjects


def test_without_content_or_digest_there_is_nothing_to_sign() -> None:
    with pytest.raises(InvalidAttestationError, match="could be signed"):
        build_statement(Known(MODEL, "ModelVersion", {"digest": "md5:00"}))
    with pytest.raises(InvalidAttestationError, match="not attested"):
        build_statement(Known("urn:lineage:Team:prod:x", "Team", {}))


def _world() -> dict[str, Known]:
    data = Known("urn:lineage:DatasetVersion:prod:d:1", "DatasetVersion", {"digest": f"sha256:{'1' * 64}"})
    job = Known("urn:lineage:Job:prod:train", "Job", {"repository": "https://example.org/code"})
    image = Known("urn:lineage:Container:prod:image", "Container", {})
    said = {"parameters": {"depth": 3}, "seed": 7, "code_commit": "a" * 40, "started_at": "2026-01-01T00:00:00Z"}
    run = Known(
        "urn:lineage:Run:prod:r",
        "Run",
        said,
        (
            KnownEdge("USED", False, "train", data),
            KnownEdge("INSTANCE_OF", False, None, job),
            KnownEdge("DEPENDS_ON", False, None, image),
        ),
    )
    made = Known(MODEL, "ModelVersion", {"digest": f"sha256:{'2' * 64}"})
    result = Known("urn:lineage:Evaluation:prod:auc", "Evaluation", {"metric": "auc", "value": 0.9})
    return {
        "DatasetVersion": data.with_edges((KnownEdge("GENERATED_BY", False, None, run),)),
        "ModelVersion": made.with_edges(
            (KnownEdge("GENERATED_BY", False, None, run), KnownEdge("EVALUATES", True, None, result))
        ),
        "Run": run.with_edges((*run.edges, KnownEdge("GENERATED_BY", True, None, made))),
        "Evaluation": result.with_edges((KnownEdge("EVALUATES", False, None, made),)),
    }


@pytest.mark.parametrize("kind", OF_KIND)
def test_each_statement_has_the_form_that_is_published_and_its_content(kind: str) -> None:
    statement = Statement.parse(build_statement(_world()[kind]).to_bytes())
    check_predicate(statement)
    assert statement.predicate_type in SCHEMAS
    assert statement == build_statement(_world()[kind])
    text = json.dumps(statement.predicate)
    for word in {
        "DatasetVersion": ("urn:lineage:Run:prod:r", "madeFrom"),
        "ModelVersion": ('"depth": 3', "aaaaaaaa", '"seed": 7', "image", "auc", "1" * 64),
        "Run": ("a" * 40, "1" * 64, '"role": "train"', "train", "image"),
        "Evaluation": ('"value": 0.9', "2" * 64),
    }[kind]:
        assert word in text


def test_a_predicate_out_of_form_is_refused() -> None:
    for kind, predicate in ((RUN, {}), (EVALUATION, {"urn": "x", "attributes": {}}), (EVALUATION, {"more": 1})):
        with pytest.raises(InvalidAttestationError):
            check_predicate(Statement((Subject("x", {"sha256": "0" * 64}),), kind, predicate))


def test_a_registered_result_is_refuted_once_its_value_is_another() -> None:
    known = _world()["Evaluation"]
    attested = _attested(build_statement(known))
    changed = Known(known.urn, known.kind, {**known.attributes, "value": 0.95})
    asked = Asked(True, None, known.urn)
    assert judge_registered(known, [attested], asked, 1.0).verdict is Verdict.VERIFIED
    assert judge_registered(changed, [attested], asked, 1.0).verdict is Verdict.REFUTED
    model = _world()["ModelVersion"]
    other = Known(model.urn, model.kind, {"digest": f"sha256:{'3' * 64}"})
    attested = _attested(build_statement(model), given=False)
    assert judge_registered(model, [attested], Asked(True, None, MODEL), 1.0).verdict is Verdict.VERIFIED
    assert judge_registered(other, [attested], Asked(True, None, MODEL), 1.0).verdict is Verdict.REFUTED
    stranger = _attested(build_statement(model), key=OTHER, given=False)
    assert judge_registered(other, [stranger], Asked(False, None, MODEL), 1.0).verdict is Verdict.VERIFIED


def test_a_trust_file_says_who_may_attest_what(tmp_path: Path) -> None:
    path = tmp_path / "trust.toml"
    (tmp_path / "ci.pub").write_text(KEY.verifier.text + "\n")
    path.write_text(
        '[[key]]\nname = "builds"\nfile = "ci.pub"\npredicates = ["urn:lineage:*"]\nnamespaces = ["prod"]\n'
        "not_after = 2027-01-01T00:00:00Z\n"
    )
    (found,) = read_trust_file(path).keys
    assert (found.key.name, found.scope.namespaces, found.scope.not_after) == ("builds", ("prod",), 1798761600.0)


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "[key]",
        '[[key]]\nkey = "x"\npredicates = ["*"]\nnamespaces = ["*"]',
        "[[key]]\nkey = KEY",
        '[[key]]\nkey = KEY\npredicates = ["*"]',
        "[[key]]\nkey = KEY\npredicates = []\nnamespaces = ['*']",
        "[[key]]\nkey = KEY\npredicates = ['*']\nnamespaces = ['*']\nfile = 'x'",
        "[[key]]\nkey = KEY\npredicates = ['*']\nnamespaces = ['*']\nkinds = ['Nonsense']",
        "[[key]]\nkey = KEY\npredicates = ['*']\nnamespaces = ['*']\nnot_after = 'soon'",
        "[[key]]\nfile = 'none'\npredicates = ['*']\nnamespaces = ['*']",
        "[[key]]\nkey = KEY\npredicates = ['*']\nnamespaces = ['*']\nmore = 1",
        "[[keys]]\nkey = KEY",
    ],
)
def test_a_trust_file_out_of_form_trusts_nobody(tmp_path: Path, text: str) -> None:
    path = tmp_path / "trust.toml"
    path.write_text(text.replace("KEY", f'"{KEY.verifier.text}"'))
    with pytest.raises((InvalidAttestationError, InvalidKeyError)):
        read_trust_file(path)


def test_every_subject_and_listed_file_is_a_claim(file: Artifact) -> None:
    claims = claims_of(build_statement(Known(MODEL, "ModelVersion", {}), [file]))
    assert [(claim.whole, claim.sort, claim.urn) for claim in claims] == [(True, "file", MODEL), (False, "file", MODEL)]
