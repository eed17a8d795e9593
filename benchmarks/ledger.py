"""The ledger alone, without a database: entries appended, stored, proved and verified a second.

A log of a million entries by default, in a temporary folder; the offline verifier reads all of it as a reviewer would,
in a process of its own. Every proof that is timed is checked.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from registry.ledger.act import Act, Action, Actor, Change, Decision, Effect, EntityDigests, Payload
from registry.ledger.appending import append_acts
from registry.ledger.checkpoint import Checkpoint, SignedCheckpoint
from registry.ledger.content import content_digest
from registry.ledger.folder import LogFolder
from registry.ledger.frontier import Frontier
from registry.ledger.keys import SigningKey, new_key
from registry.ledger.merkle import leaf_hash
from registry.ledger.note import sign_note
from registry.ledger.proofs import consistency_proof, inclusion_proof, verify_consistency, verify_inclusion

VERIFIER = Path(__file__).resolve().parents[1] / "clients/verifier/lineage_verify.py"
ORIGIN = "benchmark.example/lineage"
_DIGESTS = EntityDigests(content_digest(b"state"), content_digest(b"edges"))
_ACT = Act(
    actor=Actor("benchmark", "token", "https://issuer.example"),
    action=Action.WRITE,
    target="urn:lineage:DatasetVersion:benchmark:orders:v1",
    decision=Decision(Effect.ALLOW, "contributor-writes", content_digest(b"policy")),
    event="01890a5d-ac96-774b-bcce-b302099a8057",
    request="01890a5d-ac96-774b-bcce-b302099a8058",
    changes=(Change("urn:lineage:DatasetVersion:benchmark:orders:v1", None, _DIGESTS),),
    payload=Payload(content_digest(b"payload"), 512, "application/json"),
)


def acts(first: int, count: int) -> list[Act]:
    """Acts as single writes make them, each on another entity."""
    return [
        replace(_ACT, target=f"urn:lineage:DatasetVersion:benchmark:orders:v{item}")
        for item in range(first, first + count)
    ]


def fill(log: LogFolder, count: int, step: int) -> dict[str, float]:
    """Append that many entries in steps; entries a second in memory and into the folder."""
    frontier, sealing, storing, size = Frontier(), 0.0, 0.0, 0
    for first in range(0, count, step):
        given = acts(first, min(step, count - first))
        began = time.perf_counter()
        appended = append_acts(frontier, given, 1_777_900_000_000_000)
        sealed = time.perf_counter()
        log.append(first, [item.content for item in appended.entries])
        storing += time.perf_counter() - sealed
        sealing += sealed - began
        frontier, size = appended.frontier, size + sum(len(item.content) for item in appended.entries)
    return {"sealed a second": count / sealing, "stored a second": count / storing, "bytes an entry": size / count}


def single_appends(seconds: float) -> float:
    """Entries a second where each is appended alone, as by single writes."""
    frontier, made, given = Frontier(), 0, acts(0, 1)
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        frontier = append_acts(frontier, given, made).frontier
        frontier = Frontier.from_bytes(frontier.size, frontier.to_bytes())
        made += 1
    return made / seconds


def signed_checkpoint(log: LogFolder, key: SigningKey) -> SignedCheckpoint:
    """The folder's checkpoint, signed and in place."""
    frontier = log.frontier()
    checkpoint = Checkpoint(ORIGIN, frontier.size, frontier.root())
    signed = SignedCheckpoint(sign_note(checkpoint.to_text(), [key], 0), checkpoint)
    log.publish(signed)
    return signed


def proofs(log: LogFolder, seconds: float) -> Iterator[tuple[str, float]]:
    """Proofs a second at random places: made from cold tiles, from warm ones, and verified."""
    chance, frontier = random.Random(7), log.frontier()
    size, root = frontier.size, frontier.root()
    for name, warm in (("inclusion proofs a second, cold", False), ("inclusion proofs a second, warm", True)):
        tree, made, end = log.tiles().tree(), 0, time.perf_counter() + seconds
        while time.perf_counter() < end:
            if not warm:
                tree = log.tiles().tree()
            inclusion_proof(tree, chance.randrange(size), size)
            made += 1
        yield name, made / seconds
    ((index, entry),) = log.read_entries(size // 3, size // 3 + 1)
    tree = log.tiles().tree()
    proof, leaf, older = inclusion_proof(tree, index, size), leaf_hash(entry), max(1, size // 3)
    yield "inclusion proofs verified a second", _rate(lambda: verify_inclusion(leaf, index, size, proof, root), seconds)
    path, old_root = consistency_proof(tree, older, size), Frontier().append(_leaves(log, older)).root()
    yield "consistency proofs a second", _rate(lambda: consistency_proof(tree, older, size), seconds)
    verify_consistency(older, size, old_root, root, path)


def _leaves(log: LogFolder, end: int) -> Iterator[bytes]:
    return (leaf_hash(entry) for _, entry in log.read_entries(0, end))


def _rate(work: object, seconds: float) -> float:
    assert callable(work)
    made, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        work()
        made += 1
    return made / seconds


def verified_offline(folder: Path, key: SigningKey) -> float:
    """Seconds that the offline verifier takes for the whole folder, start of Python included."""
    began = time.perf_counter()
    command = [sys.executable, str(VERIFIER), str(folder), "--key", key.verifier.text, "--json"]
    report = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert report["verified"]
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=3.0, help="how long each rate is measured")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        log, key = LogFolder(Path(name) / "log"), new_key(ORIGIN)
        found = {"entries": float(options.entries)} | fill(log, options.entries, 16_384)
        found["appended one by one a second"] = single_appends(options.seconds)
        signed_checkpoint(log, key)
        found |= dict(proofs(log, options.seconds))
        began = time.perf_counter()
        count = sum(1 for _ in log.read_entries(0, options.entries))
        assert count == options.entries
        found["seconds to read all, leaves checked"] = time.perf_counter() - began
        found["seconds of the offline verifier for all"] = verified_offline(Path(name) / "log", key)
    for title, value in found.items():
        print(f"{title:45} {value:>14,.1f}")
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
