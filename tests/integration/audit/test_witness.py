"""A witness over HTTP: it signs what extends the last head that it saw, and nothing else."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from starlette.testclient import TestClient

from registry.audit.publication import Publication
from registry.audit.witness_server import Witness, witness_app
from registry.audit.witnessing import Witness as Asked
from registry.audit.witnessing import Witnesses, add_checkpoint_body
from registry.ledger.checkpoint import Checkpoint, SignedCheckpoint
from registry.ledger.keys import Algorithm, new_key
from registry.ledger.note import sign_note
from registry.ledger.proofs import consistency_proof
from tests.integration.writer.conftest import Say

RUN = {"entity": "Run", "namespace": "demo", "name": "train-1"}
KEY = new_key("witness.example", Algorithm.COSIGNATURE)


@pytest.fixture
def witness(publication: Publication, tmp_path: Path) -> Iterator[TestClient]:
    publication.publish()
    key = publication.place.verifiers()[0]
    with TestClient(witness_app(Witness(KEY, [(key.name, key)], tmp_path / "witness"))) as client:
        yield client


def ask(client: TestClient, old: int, signed: SignedCheckpoint, *proof: bytes) -> Any:
    return client.post("/add-checkpoint", content=add_checkpoint_body(old, proof, signed))


def test_each_head_is_cosigned_once_and_the_log_carries_it(
    say: Say, publication: Publication, witness: TestClient
) -> None:
    witnesses = Witnesses([Asked(str(witness.base_url), KEY.verifier)], client=cast("Any", witness))
    for number in range(3):
        say({**RUN, "name": f"train-{number}"})
        publication.publish()
        signed = witnesses.ask(publication)
        assert signed is not None
        assert {item.key for item in signed.note.verify([KEY.verifier])} == {KEY.verifier}
        assert publication.log().checkpoint() == signed
        assert publication.publish() == signed
    forgetful = Witnesses([Asked(str(witness.base_url), KEY.verifier)], client=cast("Any", witness))
    say(RUN)
    publication.publish()
    signed = forgetful.ask(publication)  # it learns the size from the witness
    assert signed is not None
    signed.note.verify([KEY.verifier])


def test_what_does_not_extend_the_last_head_is_not_signed(
    say: Say, publication: Publication, witness: TestClient
) -> None:
    key = publication.place.signing_keys()
    say(RUN)
    first = publication.publish()
    assert ask(witness, 0, first).status_code == 200
    assert ask(witness, first.checkpoint.size, first).status_code == 200
    say({**RUN, "name": "train-2"})
    second = publication.publish()
    one, two = first.checkpoint.size, second.checkpoint.size
    proof = consistency_proof(publication.log().tiles().tree(two), one, two)
    conflict = ask(witness, 0, second)
    assert (conflict.status_code, conflict.text) == (409, f"{one}\n")
    assert conflict.headers["content-type"] == "text/x.tlog.size"
    assert ask(witness, one, second).status_code == 422
    other = Checkpoint(second.checkpoint.origin, two, bytes(32))
    forged = SignedCheckpoint(sign_note(other.to_text(), key, 0), other)
    assert ask(witness, one, forged, *proof).status_code == 422
    same = Checkpoint(first.checkpoint.origin, one, bytes(32))
    assert ask(witness, one, SignedCheckpoint(sign_note(same.to_text(), key, 0), same)).status_code == 409
    assert ask(witness, two + 1, second, *proof).status_code == 400
    stranger = SignedCheckpoint(sign_note(second.note.text, [new_key("log.example")], 0), second.checkpoint)
    assert ask(witness, one, stranger, *proof).status_code == 403
    foreign = Checkpoint("log.example", two, bytes(32))
    assert ask(witness, 0, SignedCheckpoint(sign_note(foreign.to_text(), key, 0), foreign)).status_code == 404
    assert witness.post("/add-checkpoint", content=b"old 1\n").status_code == 400
    assert witness.post("/add-checkpoint", content=b"x" * 70_000).status_code == 413
    assert ask(witness, one, second, *proof).status_code == 200
    assert ask(witness, one, second, *proof).status_code == 409


def test_a_head_is_signed_for_one_of_two_histories_only(
    say: Say, publication: Publication, witness: TestClient
) -> None:
    """Whoever has the key shows two histories at once; the witness signs the quicker one."""
    say(RUN)
    honest = publication.publish()
    other = Checkpoint(honest.checkpoint.origin, honest.checkpoint.size, bytes(32))
    forged = SignedCheckpoint(sign_note(other.to_text(), publication.place.signing_keys(), 0), other)
    start = threading.Barrier(2)
    answers: list[int] = []

    def send(signed: SignedCheckpoint) -> None:
        start.wait()
        answers.append(ask(witness, 0, signed).status_code)

    threads = [threading.Thread(target=send, args=(item,)) for item in (honest, forged)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 409]


def test_a_silent_witness_costs_the_log_nothing(say: Say, publication: Publication) -> None:
    publication.publish()
    witnesses = Witnesses([Asked("http://127.0.0.1:9", KEY.verifier)])
    signed = witnesses.ask(publication)
    assert signed == publication.log().checkpoint()
    began = time.monotonic()
    witnesses.ask(publication)  # it is left alone for a while
    assert time.monotonic() >= began
