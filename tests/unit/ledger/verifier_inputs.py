"""What the offline verifier must say of whole inputs, as functions of its module: bundles, folders, files."""

# mypy: disable-error-code="misc, var-annotated"
# Lambdas that bind a loop's value have no type that mypy finds by itself.
from __future__ import annotations

import json
import os
import tempfile
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from registry.ledger.act import Act
from registry.ledger.checkpoint import Checkpoint, SignedCheckpoint
from registry.ledger.content import content_digest
from registry.ledger.export import export_bundle
from registry.ledger.keys import SigningKey
from registry.ledger.merkle import EMPTY_ROOT
from registry.ledger.note import sign_note
from registry.ledger.proofs import complete_subtrees
from tests.unit.ledger.exported import (
    ACTS,
    BUNDLE,
    HEADS,
    LOG,
    NEW,
    NEWEST,
    OLD,
    ORIGIN,
    RANGE,
    ROTATIONS,
    SALT,
    SECOND_WITNESS,
    STRANGER,
    WHOLE,
    WITNESS,
    KeptLog,
    bundle_outcome,
    edited,
    flipped,
    hash_text,
    outcome,
    trust,
    write_folder,
)

_PATIENCE = 30.0
"""Seconds until who still waits is taken to wait for ever; nothing is measured."""


def bundles(v: Any) -> None:
    report = v.verify_bundle(BUNDLE, trust(v, OLD, witnesses=(WITNESS, SECOND_WITNESS)), None)
    assert report["verified"] is True
    assert (report["origin"], report["contents"], report["rotations"]) == (ORIGIN, 3, [4, 7])
    assert report["entries"] == [[1, 1], [4, 4], [7, 7], [12, 12]]
    assert [item["size"] for item in report["checkpoints"]] == [3, 7, 13]
    assert [len(item["signatures"]) for item in report["checkpoints"]] == [2, 2, 3]
    assert report["checkpoints"][2]["root"] == HEADS[2].checkpoint.root.hex()
    assert report["checkpoints"][2]["signatures"][1] == {
        "name": WITNESS.verifier.name, "id": WITNESS.verifier.key_id.hex(), "time": 1_700_000_000
    }  # fmt: skip
    some = export_bundle(LOG, HEADS[2:], [1, 4, 5, 7]).decode()
    assert v.verify_bundle(some, trust(v, NEWEST), None)["entries"] == [[1, 1], [4, 5], [7, 7]]
    assert bundle_outcome(v, BUNDLE, NEWEST) == "verified"
    assert bundle_outcome(v, BUNDLE.removesuffix("\n"), NEW) == "verified"
    assert bundle_outcome(v, BUNDLE + "\n") == "malformed"
    assert bundle_outcome(v, BUNDLE, STRANGER) == "refuted"
    assert bundle_outcome(v, BUNDLE, witnesses=(WITNESS,), needed=1) == "verified"
    assert bundle_outcome(v, BUNDLE, witnesses=(WITNESS, SECOND_WITNESS), needed=2) == "refuted"
    # The retired key's signature on a later tree does not count, though it was never taken back by its owner.
    late = export_bundle(LOG, [LOG.signed(13, OLD)], ROTATIONS).decode()
    assert bundle_outcome(v, late) == "refuted"
    assert bundle_outcome(v, export_bundle(LOG, [LOG.signed(13, OLD)]).decode()) == "verified"
    early = export_bundle(LOG, [LOG.signed(4, NEW), LOG.signed(13, NEWEST)], ROTATIONS).decode()
    assert bundle_outcome(v, early) == "refuted"
    empty = export_bundle(LOG, [LOG.signed(0, OLD)]).decode()
    assert bundle_outcome(v, empty) == "verified"


def bent_bundles(v: Any) -> None:
    document = json.loads(BUNDLE)
    for name in document:
        assert bundle_outcome(v, edited(BUNDLE, lambda it, name=name: it.pop(name))) in (
            ("verified",) if name == "contents" else ("malformed",)
        )
        for wrong in (None, 2, "a", {}, [1], [None], [[]], [{}]):
            bent = edited(BUNDLE, lambda it, name=name, wrong=wrong: it.update({name: wrong}))
            assert bundle_outcome(v, bent) == "malformed", (name, wrong)
    for change in (
        lambda it: it.update(version=2), lambda it: it.update(format="other"), lambda it: it.update(zzz=1),
        lambda it: it.update(checkpoints=[], consistency=[]), lambda it: it["consistency"].pop(), lambda it: it["consistency"].append([]),
        lambda it: it["checkpoints"].pop(), lambda it: it["entries"].append(it["entries"][0]), lambda it: it["entries"][0].update(z=1),
        lambda it: it["entries"][0].update(sequence="1"), lambda it: it["entries"][0].update(sequence=True),
        lambda it: it["entries"][0].update(proof=["AA=="]), lambda it: it["entries"][0].pop("proof"), lambda it: it.update(version=True),
        lambda it: it.update(checkpoints=[it["checkpoints"][0]] * 2, consistency=[[]]), lambda it: it.update(format=1),
        lambda it: it.update(checkpoints=[*reversed(it["checkpoints"])]),
        lambda it: it["checkpoints"].__setitem__(0, LOG.signed(3, OLD, origin="other.example").note.to_text()),
        lambda it: it.update(checkpoints=[LOG.signed(0, OLD).note.to_text(), it["checkpoints"][2]], consistency=[[]]),
    ):  # fmt: skip
        bent = edited(BUNDLE, change)
        assert bundle_outcome(v, bent) in ("malformed", "refuted"), bent
    for change in (
        lambda it: it["entries"][0].update(sequence=2), lambda it: it["entries"][0].update(sequence=13),
        lambda it: it["entries"][0].update(sequence=-1), lambda it: it["entries"][0]["proof"].pop(),
        lambda it: it["entries"][0].update(entry=it["entries"][0]["entry"].replace("alice", "mallory")),
        lambda it: it["consistency"].reverse(), lambda it: it["consistency"][0].pop(),
        lambda it: it["checkpoints"].__setitem__(2, LOG.signed(13, NEWEST, STRANGER).note.to_text().replace("\n13\n", "\n14\n")),
        lambda it: it["entries"].__delitem__(1), lambda it: it["entries"].__delitem__(2),
    ):  # fmt: skip
        assert bundle_outcome(v, edited(BUNDLE, change)) == "refuted"
    assert bundle_outcome(v, f"[{BUNDLE.strip()}]") == "malformed"
    twice = edited(
        BUNDLE, lambda it: it.update(checkpoints=[LOG.signed(4, OLD).note.to_text()] * 2, consistency=[[]], entries=[])
    )
    assert bundle_outcome(v, twice) == "malformed"
    from_one = export_bundle(LOG, [LOG.signed(1, OLD), LOG.signed(4, OLD)]).decode()
    assert bundle_outcome(v, from_one) == "verified"


def ranges(v: Any) -> None:
    report = v.verify_bundle(RANGE, trust(v, NEWEST), None)
    assert (report["entries"], report["rotations"]) == ([[4, 10]], [4, 7])
    assert bundle_outcome(v, RANGE, OLD) == "verified"
    assert v.verify_bundle(WHOLE, trust(v, OLD), None)["entries"] == [[0, 12]]
    for span in ((0, 1), (0, 12), (1, 13), (12, 13), (6, 7)):
        content = export_bundle(LOG, HEADS[2:], span=span).decode()
        assert v.verify_bundle(content, trust(v, NEWEST), None)["entries"] == [[span[0], span[1] - 1]]
    for change in (
        lambda part: part["entries"].pop(), lambda part: part["entries"].pop(2), lambda part: part["entries"].reverse(),
        lambda part: part["entries"].append(part["entries"][0]), lambda part: part.update(first=4), lambda part: part.update(first=-1),
        lambda part: part.update(first=13), lambda part: part.update(first=2**53 - 1), lambda part: part.update(entries=[]),
        lambda part: part["entries"].__setitem__(1, part["entries"][1].replace("alice", "mallory")), lambda part: part["left"].pop(),
        lambda part: part["right"].append(hash_text(EMPTY_ROOT)), lambda part: part["left"].__setitem__(0, hash_text(EMPTY_ROOT)),
        lambda part: part["right"].__setitem__(0, hash_text(EMPTY_ROOT)), lambda part: part["left"].reverse(), lambda part: part.update(z=1),
        lambda part: part.update(left=[]), lambda part: part.update(right=None), lambda part: part.update(entries=[1]), lambda part: part.clear(),
        lambda part: part.update(first="5"), lambda part: part.update(entries={}), lambda part: part.update(first=True),
    ):  # fmt: skip
        bent = edited(RANGE, lambda it, change=change: change(it["range"]))
        assert bundle_outcome(v, bent, NEWEST) in ("refuted", "malformed"), bent[:300]
    tree = LOG.tiles().tree()
    left, right = ([hash_text(tree.subtree(*item)) for item in complete_subtrees(*span)] for span in ((0, 5), (5, 13)))
    nothing = edited(RANGE, lambda it: it["range"].update(first=5, entries=[], left=left, right=right))
    assert bundle_outcome(v, nothing, NEWEST) == "refuted"
    for wrong in (None, [], 1, "a"):
        assert bundle_outcome(v, edited(RANGE, lambda it, wrong=wrong: it.update(range=wrong)), NEWEST) == "malformed"


def contents(v: Any) -> None:
    for at in range(3):
        for change in (
            lambda item: item.update(sequence=4), lambda item: item.update(sequence=5), lambda item: item.update(salt=hash_text(bytes(32))),
            lambda item: item.update(digest=content_digest(b"x")), lambda item: item.update(digest="x"), lambda item: item.pop("digest"),
            lambda item: item.pop("sequence"), lambda item: item.update(sequence=None), lambda item: item.update(digest=None),
            lambda item: item.update(base64="AA==", text="x"), lambda item: item.update(zzz=1), lambda item: item.update(salt="AA=="),
            lambda item: item.update(salt=hash_text(bytes(33))), lambda item: item.update({"text" if "text" in item else "base64": "AA=="}),
            lambda item: item.update({"text" if "text" in item else "base64": None}), lambda item: [item.pop("text", 0), item.pop("base64", 0)],
        ):  # fmt: skip
            bent = edited(BUNDLE, lambda it, at=at, change=change: change(it["contents"][at]))
            assert bundle_outcome(v, bent) in ("refuted", "malformed")
    # HMAC fills a short key up with zeros: a longer salt could have the same digest.
    longer = edited(BUNDLE, lambda it: it["contents"][0].update(salt=hash_text(SALT + b"\0")))
    assert bundle_outcome(v, longer) == "malformed"
    unsalted = edited(BUNDLE, lambda it: it["contents"][0].pop("salt"))
    assert bundle_outcome(v, unsalted) == "refuted"
    for wrong in ("x", {}, 1):
        assert bundle_outcome(v, edited(BUNDLE, lambda it, wrong=wrong: it.update(contents=wrong))) == "malformed"


def kept_checkpoints(v: Any) -> None:
    def since(head: SignedCheckpoint) -> Any:
        return v.parse_checkpoint(head.note.to_text())

    for head in HEADS:
        assert bundle_outcome(v, BUNDLE, since=since(head)) == "verified"
    other = KeptLog([*ACTS[:2], ACTS[8], *ACTS[3:]])
    for head in (LOG.signed(5, NEW), LOG.signed(0, OLD), other.signed(3, OLD), LOG.signed(3, OLD, origin="other")):
        assert bundle_outcome(v, BUNDLE, since=since(head)) == "refuted"


def folders(v: Any) -> None:

    acts: list[Act] = [*ACTS, *(replace(ACTS[0], target=f"urn:{item}") for item in range(506))]
    log = KeptLog(acts)
    with tempfile.TemporaryDirectory() as name:
        folder = write_folder(Path(name) / "log", log, log.signed(519, NEWEST, WITNESS))
        report = v.verify_folder(str(folder), trust(v, OLD, witnesses=(WITNESS,), needed=1), None)
        assert (report["entries"], report["rotations"], len(report["checkpoints"])) == ([[0, 518]], [4, 7], 1)

        def look(*known: SigningKey, since: Any = None) -> str:
            kept = v.parse_checkpoint(since.note.to_text()) if since else None
            return outcome(v, lambda: v.verify_folder(str(folder), trust(v, *(known or (OLD,))), kept))

        assert look(STRANGER) == "refuted"
        for size in (0, 1, 7, 256, 518, 519):
            assert look(since=log.signed(size, OLD)) == "verified"
        forked = KeptLog([acts[8], *acts[1:]])
        grown = KeptLog([*acts, acts[0]])
        beyond = Checkpoint(ORIGIN, 600, EMPTY_ROOT)
        assert look(since=SignedCheckpoint(sign_note(beyond.to_text(), [OLD], 0), beyond)) == "refuted"
        for head in (
            forked.signed(1, OLD),
            forked.signed(519, OLD),
            grown.signed(520, OLD),
            log.signed(7, OLD, origin="x"),
            log.signed(0, OLD, origin="x"),
        ):
            assert look(since=head) == "refuted"
        _spoil(folder, look)
        # An older checkpoint over a folder that has grown since: wider tiles hold what it needs.
        for size in (519, 300, 256, 1, 0):
            (folder / "checkpoint").write_text(log.signed(size, OLD if size < 5 else NEWEST).note.to_text())
            assert look() == "verified"
        (folder / "checkpoint").write_text(grown.signed(520, NEWEST).note.to_text())
        assert look() == "malformed"
        (folder / "checkpoint").write_text(forked.signed(519, NEWEST).note.to_text())
        assert look() == "refuted"
        (folder / "checkpoint").write_bytes(b"\xff")
        assert look() == "malformed"
        (folder / "checkpoint").unlink()
        assert look() == "malformed"
    assert outcome(v, lambda: v.verify_folder("\0", trust(v, OLD), None)) == "malformed"


def _spoil(folder: Path, look: Callable[[], str]) -> None:
    for path in (
        folder / "tile/0/000",
        folder / "tile/0/002.p/7",
        folder / "tile/entries/000",
        folder / "tile/entries/002.p/7",
    ):
        content = path.read_bytes()
        for spoiled in (
            b"",
            content[:-1],
            flipped(content, 0),
            flipped(content, 1),
            flipped(content, 2),
            flipped(content, len(content) - 1),
        ):
            path.write_bytes(spoiled)
            assert look() in ("refuted", "malformed"), path
        path.unlink()
        assert look() == "malformed"
        path.mkdir()
        assert look() == "malformed"
        path.rmdir()
        path.symlink_to("/dev/zero")
        assert look() == "malformed"
        path.unlink()
        path.write_bytes(content)
    path = folder / "tile/entries/000"
    content = path.read_bytes()
    latin = content.replace(b"a reason", b"a\xffreason", 1)
    path.write_bytes(latin)
    assert look() == "refuted"
    path.write_bytes(content)
    assert look() == "verified"


def tile_paths(v: Any) -> None:
    with tempfile.TemporaryDirectory() as name:
        for index, path in ((0, "000"), (999, "999"), (1000, "x001/000"), (1234067, "x001/x234/067")):
            file = Path(name) / "tile/0" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(str(index).encode())
            assert v._read_tile(name, "0", index, 256) == v._read_tile(name, "0", index, 7) == str(index).encode()
        (Path(name) / "tile/0/000.p").mkdir()
        for width in (9, 255):
            (Path(name) / f"tile/0/000.p/{width}").write_bytes(str(width).encode())
        assert [v._read_tile(name, "0", 0, width) for width in (1, 9, 10, 255, 256)] == [
            b"9",
            b"9",
            b"255",
            b"255",
            b"0",
        ]
        big = Path(name) / "tile/0/005"
        big.write_bytes(b"x" * (256 * (60 * 1024 + 2)))
        assert len(v._read_tile(name, "0", 5, 256)) == 256 * (60 * 1024 + 2)
        big.write_bytes(b"x" * (256 * (60 * 1024 + 2) + 1))
        assert outcome(v, lambda: v._read_tile(name, "0", 5, 256)) == "malformed"


def spoiled_bytes(v: Any, step: int = 41) -> None:
    """A flipped byte anywhere in a bundle is found; all its signatures are asked for, since lines of strangers are not."""
    head = LOG.signed(13, NEWEST, WITNESS)
    content = export_bundle(LOG, [LOG.signed(7, NEW, WITNESS), head], [1, *ROTATIONS], span=(11, 13)).decode()
    assert bundle_outcome(v, content, witnesses=(WITNESS,), needed=1) == "verified"
    encoded = content.encode()
    for at in range(0, len(encoded), step):
        for bit in (1, 0x20):
            changed = encoded[:at] + bytes([encoded[at] ^ bit]) + encoded[at + 1 :]
            ended = outcome(
                v,
                lambda changed=changed: v.verify_bundle(
                    v.to_text(changed, "it"), trust(v, OLD, witnesses=(WITNESS,), needed=1), None
                ),
            )
            assert ended != "verified", (at, encoded[at - 20 : at + 20])
    for end in range(0, len(encoded) - 1, 10 * step):
        assert (
            bundle_outcome(v, encoded[:end].decode("utf-8", "replace"), witnesses=(WITNESS,), needed=1) == "malformed"
        )


def paths(v: Any) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "bundle.json"
        path.write_text(BUNDLE, encoding="utf-8")
        assert v.verify_path(str(path), trust(v, OLD), None, ORIGIN)["verified"] is True
        assert outcome(v, lambda: v.verify_path(str(path), trust(v, OLD), None, "other")) == "refuted"
        assert v.read_file(str(path), path.stat().st_size) == path.read_bytes()
        assert outcome(v, lambda: v.read_file(str(path), path.stat().st_size - 1)) == "malformed"
        path.write_bytes(b"\xff")
        assert outcome(v, lambda: v.verify_path(str(path), trust(v, OLD))) == "malformed"
        for missing in (f"{name}/missing", "/dev/null", "\0"):
            assert outcome(v, lambda missing=missing: v.read_file(missing, 10)) == "malformed"
        folder = write_folder(Path(name) / "log", LOG, HEADS[2])
        assert v.verify_path(str(folder), trust(v, OLD))["entries"] == [[0, 12]]


def pipes(v: Any) -> None:
    """A pipe that nobody writes to is refused, and not waited for."""
    with tempfile.TemporaryDirectory() as name:
        path, said = Path(name) / "pipe", list[str]()
        os.mkfifo(path)
        reading = threading.Thread(
            target=lambda: said.append(outcome(v, lambda: v.read_file(str(path), 10))), daemon=True
        )
        reading.start()
        reading.join(_PATIENCE)
        waits = reading.is_alive()
        if waits:
            os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))  # lets it end
        assert not waits
        assert said == ["malformed"]
