"""Anchors of a ledger over a real graph: kept beside their heads, verified with the log, and missed where they are wrong."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from prometheus_client import REGISTRY

from registry.audit.anchor_folder import BUNDLE, HEAD, AnchorFolder
from registry.audit.anchoring import Anchoring, anchor_head, transparency_log
from registry.audit.finding import Found
from registry.audit.place import Place
from registry.audit.publication import Publication
from registry.audit.verification import Verification, verify
from registry.cli.checks import Check
from registry.cli.ledger_checks import check_anchoring
from registry.errors import ConfigurationError
from registry.graph.database import Database
from registry.ledger.checkpoint import Checkpoint
from registry.ledger.note import sign_note
from registry.settings import Settings
from tests.integration.api.test_serve import server
from tests.integration.audit.conftest import Tamper
from tests.integration.writer.conftest import Say
from tests.unit.anchors.transparency_log import NAME, TransparencyLog, running_log

pytest.importorskip("sigstore_models")

RUN = {"entity": "Run", "namespace": "demo", "name": "train-1"}


@pytest.fixture
def log() -> Iterator[TransparencyLog]:
    with running_log() as found:
        yield found


@pytest.fixture
def ledger_settings(ledger_settings: Settings, log: TransparencyLog, tmp_path: Path) -> Settings:
    return ledger_settings.model_copy(
        update={"ledger_rekor_url": log.url, "ledger_rekor_log_keys_file": log.public_key(tmp_path / "log.pem")}
    )


def anchored(publication: Publication, settings: Settings) -> int | None:
    """Publish and anchor; of how many entries the anchor is."""
    publication.publish()
    asked = transparency_log(settings)
    assert asked is not None
    kept = anchor_head(publication, asked)
    return None if kept is None else kept.size


def looked(publication: Publication) -> tuple[Verification, list[tuple[str, str]]]:
    found: list[Found] = []
    report = verify(publication, found.append, lambda *_: None)
    return report, [(item.problem.value, item.message) for item in found]


def doctor(settings: Settings) -> Check:
    (check,) = check_anchoring(settings)
    return check


@pytest.fixture
def told(say: Say, publication: Publication, ledger_settings: Settings) -> list[Path]:
    """Three anchors of three heads; their files."""
    for number in range(3):
        say({**RUN, "name": f"train-{number}"})
        anchored(publication, ledger_settings)
    return [item.path for item in AnchorFolder(publication.place.anchors).all()]


def test_each_head_is_taken_up_once_and_verified_without_the_log(
    say: Say, publication: Publication, ledger_settings: Settings, log: TransparencyLog
) -> None:
    assert doctor(ledger_settings).found == "nothing is signed yet"
    sizes = []
    for number in range(3):
        say({**RUN, "name": f"train-{number}"})
        sizes.append(anchored(publication, ledger_settings))
        assert anchored(publication, ledger_settings) == sizes[-1]
    assert len(set(sizes)) == len(log.entries) == 3
    log.misbehave = lambda _: (500, {}, b"")
    report, found = looked(publication)
    assert found == []
    assert report.as_json()["anchors"] == {"kept": 3, "verified": 3, "entries": sizes[-1], "log": NAME, "index": 2}
    assert doctor(ledger_settings).outcome == "ok"
    assert not (publication.place.folder / "anchoring-key.pem").stat().st_mode & 0o077


def test_what_is_wrong_with_an_anchor_is_named(
    publication: Publication, ledger_settings: Settings, log: TransparencyLog, told: list[Path], tmp_path: Path
) -> None:
    first, second, third = (path.read_bytes() for path in told)

    def wrong() -> list[tuple[str, str]]:
        report, found = looked(publication)
        assert report.anchors.verified + len(found) == report.anchors.kept
        return found

    told[0].write_bytes(second)
    ((problem, message),) = wrong()
    assert problem == "anchor-wrong"
    assert "is of another document" in message
    told[0].write_bytes(first.replace(b"hashes", b"hushes"))
    ((problem, message),) = wrong()
    assert "is not in its form" in message
    told[0].write_bytes(first)

    other = TransparencyLog(Ed25519PrivateKey.generate())
    other.entries = log.entries
    forged = json.loads(third)
    forged["verificationMaterial"]["tlogEntries"] = [other.answer(2) | {"inclusionPromise": None}]
    told[2].write_text(json.dumps(forged))
    ((problem, message),) = wrong()
    assert "not signed by a key that is trusted" in message
    told[2].write_bytes(third)

    head = told[1].with_name(told[1].name.removesuffix(BUNDLE) + HEAD)
    kept = head.read_bytes()
    head.unlink()
    ((problem, message),) = wrong()
    assert "cannot be read" in message
    head.write_bytes(kept)
    assert wrong() == []
    assert ledger_settings.ledger_rekor_log_keys_file is not None
    other.public_key(ledger_settings.ledger_rekor_log_keys_file)
    assert [problem for problem, _ in wrong()] == ["anchor-wrong"] * 3
    assert doctor(ledger_settings).outcome == "fail"
    ledger_settings.ledger_rekor_log_keys_file.unlink()
    report, found = looked(publication)
    assert (found, report.anchors.kept, report.anchors.verified) == ([], 3, 0)
    assert "cannot be read" in str(report.anchors.unchecked)


def test_a_history_that_was_rewritten_everywhere_does_not_meet_its_anchors(
    publication: Publication, ledger_settings: Settings, told: list[Path], tamper: Tamper
) -> None:
    """Who has the key, the database and the folder makes all of them anew; the anchors were kept elsewhere."""
    size = publication.stored.head().frontier.size
    contents = list(publication.stored.entries(0, size))
    contents[2] = contents[2].replace(b"train", b"trial")
    shutil.rmtree(publication.place.log_path)
    frontier = publication.place.log.append(0, contents)
    tamper("MATCH (e:LedgerEntry {sequence: 2}) SET e.content = $content", content=contents[2])
    tamper("MATCH (h:LedgerHead) SET h.frontier = $frontier", frontier=frontier.to_bytes().hex())
    publication.place.checkpoints.write_bytes(b"")
    fresh = Publication(publication.database, ledger_settings)
    fresh.publish()
    report, found = looked(fresh)
    assert report.anchors.verified == 3  # they hold, for what was there before
    assert [problem for problem, _ in found] == ["history-rewritten"]


def test_a_head_of_another_ledger_is_no_anchor_of_this(
    publication: Publication, ledger_settings: Settings, told: list[Path]
) -> None:
    """The log takes up anything: what it took up must be a head that this ledger has signed."""
    asked, size = transparency_log(ledger_settings), publication.stored.head().frontier.size
    assert asked is not None
    foreign = Checkpoint(str(publication.stored.head().origin), size, bytes(32))
    note = sign_note(foreign.to_text(), publication.place.signing_keys(), 0)
    told[2].write_bytes(asked.anchor(foreign.to_text().encode())[0])
    told[2].with_name(told[2].name.removesuffix(BUNDLE) + HEAD).write_text(note.to_text())
    _, found = looked(publication)
    assert [problem for problem, _ in found] == ["history-rewritten"]


def test_a_failing_log_stops_nothing_and_is_asked_ever_more_seldom(
    say: Say, publication: Publication, ledger_settings: Settings, log: TransparencyLog
) -> None:
    asked = transparency_log(ledger_settings)
    assert asked is not None
    anchoring = Anchoring(publication, asked, 1000.0)
    before = _measured("lineage_ledger_anchor_requests_total", outcome="failed")
    log.misbehave = lambda _: (503, {}, b"busy")
    say(RUN)
    publication.publish()
    assert [anchoring.once() for _ in range(6)] == [60, 120, 240, 480, 960, 1000]
    assert _measured("lineage_ledger_anchor_requests_total", outcome="failed") == before + 6
    say({**RUN, "name": "train-2"})
    signed = publication.publish().checkpoint.size
    assert looked(publication)[1] == []
    assert doctor(ledger_settings).outcome == "warn"
    log.misbehave = lambda answer: answer
    assert anchoring.once() == 30
    assert _measured("lineage_ledger_anchored_size") == signed
    log.misbehave = lambda _: (503, {}, b"busy")
    say({**RUN, "name": "train-3"})
    publication.publish()
    assert [anchoring.once() for _ in range(3)] == [30, 30, 30]  # it is not time yet, so nobody is asked
    assert doctor(ledger_settings).outcome == "ok"
    kept = AnchorFolder(publication.place.anchors).latest()
    assert kept is not None
    os.utime(kept.path, (0, time.time() + 5 * 3600))
    assert anchoring.once() == 60  # a clock that was wrong keeps nobody waiting
    os.utime(kept.path, (0, time.time() - 5 * 3600))
    assert anchoring.once() == 120
    check = doctor(ledger_settings)
    assert (check.outcome, check.found.split(",")[1]) == ("warn", " 5.0 h ago")


def test_two_servers_of_one_folder_anchor_once(
    say: Say, publication: Publication, ledger_settings: Settings, log: TransparencyLog
) -> None:
    asked = transparency_log(ledger_settings)
    assert asked is not None
    say(RUN)
    publication.publish()
    folder = AnchorFolder(publication.place.anchors)
    with folder.turn() as ours:
        assert ours
        assert anchor_head(publication, asked) is None
    for _ in range(2):
        Anchoring(publication, asked, 3600.0).once()
    assert len(log.entries) == 1


def test_a_log_without_its_key_or_its_address_is_refused(ledger_settings: Settings) -> None:
    assert transparency_log(ledger_settings.model_copy(update={"ledger_rekor_url": None})) is None
    for update in ({"ledger_rekor_log_keys_file": None}, {"ledger_rekor_url": "rekor.example.org"}):
        with pytest.raises(ConfigurationError):
            transparency_log(ledger_settings.model_copy(update=update))


def _measured(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def _environment(settings: Settings) -> dict[str, str]:
    return {
        "LINEAGE_LEDGER_DIR": str(settings.ledger_dir),
        "LINEAGE_LEDGER_PUBLISH_SECONDS": "0.1",
        "LINEAGE_LEDGER_REKOR_URL": str(settings.ledger_rekor_url),
        "LINEAGE_LEDGER_REKOR_LOG_KEYS_FILE": str(settings.ledger_rekor_log_keys_file),
        "LINEAGE_LEDGER_REKOR_SECONDS": "1",
    }


@pytest.mark.nightly
def test_a_server_anchors_by_itself_and_the_commands_tell(
    clean_database: Database, ledger_settings: Settings, log: TransparencyLog, say: Say, tmp_path: Path
) -> None:
    environment, kept = _environment(ledger_settings), AnchorFolder(Place.of(ledger_settings).anchors)
    with server(ledger_settings, **environment) as process:
        assert process.stdout is not None
        process.stdout.readline()
        # The log has an anchor earlier: a server that is stopped may not keep it any more.
        _until(lambda: len(kept.all()) >= 1)
        say(RUN)
        _until(lambda: len(kept.all()) >= 2)
    environment |= os.environ | {
        "NEO4J_URI": str(ledger_settings.neo4j_uri),
        "NEO4J_USERNAME": ledger_settings.neo4j_username,
        "NEO4J_PASSWORD": str(ledger_settings.neo4j_secret or ""),
    }

    def run(*words: object) -> tuple[int, Any]:
        command = [sys.executable, "-m", "registry.cli", "audit", *map(str, words), "--json"]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=120)
        return done.returncode, json.loads(done.stdout or done.stderr)

    say({**RUN, "name": "train-2"})
    code, now = run("anchor", "now")
    assert code == 0
    code, listed = run("anchor", "list")
    assert code == 0
    assert listed["kept"] >= 3
    assert listed["anchors"][0]["entries"] == now["entries"]
    assert all(item["holds"] for item in listed["anchors"])
    code, report = run("verify")
    assert (code, report["anchors"]["verified"]) == (0, listed["kept"])
    bundle = Path(now["file"])
    head = bundle.with_name(bundle.name.removesuffix(BUNDLE) + HEAD)
    code, one = run("anchor", "verify", head, bundle, "--log-key", ledger_settings.ledger_rekor_log_keys_file)
    assert (code, one["entries"], one["log"]) == (0, now["entries"], NAME)
    older = Path(listed["anchors"][1]["file"])
    assert run("anchor", "verify", head, older, "--log-key", ledger_settings.ledger_rekor_log_keys_file)[0] == 1
    assert run("anchor", "verify", head, bundle, "--log-key", tmp_path / "none.pem")[0] == 3


def _until(good: Any) -> None:
    for _ in range(600):
        if good():
            return
        time.sleep(0.1)
    raise AssertionError("that did not happen within a minute")
