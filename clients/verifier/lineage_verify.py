#!/usr/bin/env python3
"""Verify what a lineage registry's ledger says, without the registry: one file, Python 3.11+, the package cryptography.

    python lineage_verify.py bundle.json --key 'log.example+1a2b3c4d+AQ…'
    python lineage_verify.py folder/ --key key.txt --witness w.txt --since kept-checkpoint.txt

Reads an exported bundle, or a folder of tiles (C2SP tlog-tiles). Checks: signatures of the checkpoints (C2SP signed-note,
tlog-cosignature), that each checkpoint extends the one before and that entries are in the tree (RFC 6962, RFC 9162), that
entries are in their one canonical form (RFC 8785), that disclosed contents have the digests in them, and that a change of
the signing key was signed by the old key and the new one. Nothing is fetched and nothing is written.

Exit codes: 0 everything holds; 1 something does not; 2 wrong arguments; 3 the input cannot be read or is not in its form.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import hmac
import json
import os
import re
import stat
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

MAX_SIZE = 2**63 - 1
MAX_BUNDLE = 64 * 1024 * 1024
MAX_ENTRY = 60 * 1024
MAX_NOTE = 256 * 1024
MAX_SIGNATURES = 64
TILE = 256
ED25519, COSIGNATURE = 1, 4
ROTATION = "lineage-registry/rotate-key/v1"
_IN_NO_NAME = re.compile("[\\s\x00-\x1f+\ud800-\udfff]")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_DIGEST = re.compile(r"(sha256|hmac-sha256):[0-9a-f]{64}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
_REQUIRED = {
    "version": int,
    "sequence": int,
    "time": str,
    "actor": dict,
    "action": str,
    "target": str,
    "decision": dict,
}
_OPTIONAL = ("event", "request", "reason", "changes", "payload", "occurrences", "statement")


class RefutedError(Exception):
    """Something that should hold does not."""


class MalformedError(Exception):
    """The input is not in its form, so nothing can be said of it."""


# --- The tree (RFC 6962 section 2.1, RFC 9162 section 2.1.3 and 2.1.4)


def leaf_hash(entry: bytes) -> bytes:
    """The hash of a leaf."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The complete subtrees that a growing tree is made of, the largest first."""

    def __init__(self) -> None:
        self.size = 0
        self.hashes: list[bytes] = []

    def append(self, digest: bytes, level: int = 0) -> None:
        """Add a leaf, or a complete subtree of ``2**level`` leaves, which must be able to begin here."""
        if self.size % (1 << level):
            raise MalformedError("a subtree cannot begin at that place")
        self.hashes.append(digest)
        before = self.size >> level
        while before & 1:
            right = self.hashes.pop()
            self.hashes[-1] = node_hash(self.hashes[-1], right)
            before >>= 1
        self.size += 1 << level

    def root(self) -> bytes:
        """The root of the tree so far."""
        if not self.hashes:
            return hashlib.sha256(b"").digest()
        root = self.hashes[-1]
        for left in self.hashes[-2::-1]:
            root = node_hash(left, root)
        return root


def complete_subtrees(begin: int, end: int) -> Iterator[int]:
    """The levels of the largest complete subtrees that cover the leaves from ``begin`` up to ``end``."""
    while begin < end:
        level = (end - begin).bit_length() - 1
        while begin % (1 << level):
            level -= 1
        yield level
        begin += 1 << level


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that a leaf is at that index of the tree (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < size:
        raise RefutedError(f"a tree of {size} entries has no entry {index}")
    at, last, found = index, size - 1, leaf
    for item in proof:
        if last == 0:
            raise RefutedError("the inclusion proof is too long")
        if at & 1 or at == last:
            found = node_hash(item, found)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, item)
        at, last = at >> 1, last >> 1
    if last != 0:
        raise RefutedError("the inclusion proof is too short")
    if found != root:
        raise RefutedError("its proof leads to another root: it was changed, moved, or never was in the ledger")


def verify_consistency(first: int, second: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the second tree begins with the first, for ``0 < first < second`` (RFC 9162 section 2.1.4.2)."""
    path = [old_root, *proof] if first & (first - 1) == 0 else list(proof)
    if not path:
        raise RefutedError("the consistency proof is empty")
    at, last = first - 1, second - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = path[0]
    for item in path[1:]:
        if last == 0:
            raise RefutedError("the consistency proof is too long")
        if at & 1 or at == last:
            old, new = node_hash(item, old), node_hash(item, new)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, item)
        at, last = at >> 1, last >> 1
    if last != 0:
        raise RefutedError("the consistency proof is too short")
    if (old, new) != (old_root, new_root):
        raise RefutedError(f"the {second} entries do not begin with the {first} of before: the past was rewritten")


# --- Strict JSON and base64: one spelling for everything


def parse_json(text: str, what: str) -> Any:
    """Read canonical JSON without fractions (RFC 8785). Doubled keys, spaces and other spellings are refused."""
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_float=_refuse, parse_constant=_refuse, parse_int=_integer
        )
        written = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        written.encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise MalformedError(f"{what} is not JSON as it must be: {str(error)[:80]}") from None
    if written != text:
        raise MalformedError(f"{what} is not canonical JSON: somebody edited it or another program wrote it")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key comes twice")
    if not "".join(found).isascii():
        raise ValueError("a key is not ASCII")
    return found


def _refuse(text: str) -> Any:  # noqa: ARG001
    raise ValueError("a number is not whole")


def _integer(text: str) -> int:
    if len(text) > 17 or abs(int(text)) >= 2**53:
        raise ValueError("a number is too great")
    return int(text)


def shaped(value: Any, kind: Any, what: str) -> Any:
    """The value, if it is of exactly that type."""
    if type(value) is not kind:
        raise MalformedError(f"{what} is not of the type it must be")
    return value


def fields(value: Any, required: Iterable[str], optional: Iterable[str], what: str) -> dict[str, Any]:
    """The value, if it is an object with these keys."""
    found: dict[str, Any] = shaped(value, dict, what)
    if not set(required) <= found.keys() <= {*required, *optional}:
        raise MalformedError(f"{what} lacks a field or has one too many")
    return found


def decode(text: Any, what: str) -> bytes:
    """Standard base64 in its one spelling."""
    try:
        content = base64.b64decode(shaped(text, str, what), validate=True)
    except (binascii.Error, ValueError):
        raise MalformedError(f"{what} is not base64") from None
    if base64.b64encode(content).decode() != text:
        raise MalformedError(f"{what} is not base64 in its one spelling")
    return content


def decode_hashes(value: Any, what: str) -> list[bytes]:
    """A list of hashes."""
    found = [decode(item, what) for item in shaped(value, list, what)]
    if any(len(item) != 32 for item in found):
        raise MalformedError(f"{what} has a hash that is not 32 bytes long")
    return found


# --- Keys, notes, checkpoints (c2sp.org/signed-note, /tlog-cosignature, /tlog-checkpoint)


@dataclass(frozen=True)
class Key:
    """A public key, and the sizes of trees for which its signature counts."""

    name: str
    algorithm: int
    public: bytes
    first: int = 0
    last: int = MAX_SIZE

    @property
    def key_id(self) -> bytes:
        """The id in signature lines."""
        content = self.name.encode() + b"\n" + bytes([self.algorithm]) + self.public
        return hashlib.sha256(content).digest()[:4]

    @property
    def same(self) -> tuple[str, int, bytes]:
        """What makes it the same key."""
        return self.name, self.algorithm, self.public


def parse_key(text: str) -> Key:
    """Read a verifier key: ``name+id+base64``."""
    parts = text.split("+", 2)
    content = decode(parts[2], "the verifier key") if len(parts) == 3 else b""
    if len(content) != 33 or content[0] not in (ED25519, COSIGNATURE) or not _is_name(parts[0]):
        raise MalformedError("a verifier key reads name+id+base64 and is of Ed25519")
    key = Key(parts[0], content[0], content[1:])
    if key.key_id.hex() != parts[1]:
        raise MalformedError("the id in the verifier key is not that of its name and key")
    return key


def _is_name(name: str) -> bool:
    return bool(name) and not _IN_NO_NAME.search(name)


Line = tuple[str, bytes, bytes]


def parse_note(content: str) -> tuple[str, list[Line]]:
    """The text of a note, and its signature lines: name, key id, signature."""
    body, separator, tail = content.rpartition("\n\n")
    lines = tail.split("\n")
    if len(content) > MAX_NOTE or not separator or lines.pop() != "" or not 0 < len(lines) <= MAX_SIGNATURES:
        raise MalformedError("a note is a text, an empty line and signature lines")
    if any(item < " " and item != "\n" for item in content):
        raise MalformedError("a note has no control characters")
    found = []
    for line in lines:
        mark, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        signature = decode(encoded, "a signature")
        if mark != "\u2014" or not _is_name(name) or len(signature) < 5:
            raise MalformedError("a signature line reads: \u2014 name base64")
        found.append((name, signature[:4], signature[4:]))
    return body + "\n", found


def verify_signatures(text: str, lines: Iterable[Line], keys: Iterable[Key]) -> list[tuple[Key, int | None]]:
    """The keys that have signed the text, and when (cosignatures only); unknown lines are passed over."""
    known = {(key.name, key.key_id): key for key in keys}
    found: dict[Key, int | None] = {}
    for name, key_id, signature in lines:
        key = known.get((name, key_id))
        if key is None:
            continue
        message, time = text.encode(), None
        if key.algorithm == COSIGNATURE:
            time, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            message = f"cosignature/v1\ntime {time}\n{text}".encode()
        try:
            Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            raise RefutedError(f"the signature of {name} is not valid") from None
        found.setdefault(key, time)
    return list(found.items())


@dataclass(frozen=True)
class Checkpoint:
    """The head of a tree with the signature lines below it."""

    origin: str
    size: int
    root: bytes
    text: str
    lines: tuple[Line, ...]


def parse_checkpoint(content: Any) -> Checkpoint:
    """Read a signed checkpoint."""
    text, lines = parse_note(shaped(content, str, "a checkpoint"))
    parts = text.split("\n")
    if "" in parts[:-1] or not _SIZE.fullmatch(parts[1]) or int(parts[1]) > MAX_SIZE:
        raise MalformedError("a checkpoint reads: origin, size, root")
    root = decode(parts[2], "the root of a checkpoint")
    if len(root) != 32:
        raise MalformedError("the root of a checkpoint has 32 bytes")
    return Checkpoint(parts[0], int(parts[1]), root, text, tuple(lines))


# --- Whom to trust


class Trust:
    """The log's keys, each for the sizes at which it signed, and the witnesses."""

    def __init__(self, keys: Sequence[Key], witnesses: Sequence[Key] = (), needed: int = 0) -> None:
        self.keys, self.witnesses, self.needed = list(keys), list(witnesses), needed

    def follow(self, origin: str, statements: Sequence[tuple[int, str]]) -> list[int]:
        """Follow changes of keys, in the order of their entries: to successors, then back to predecessors.

        The sequences of those where one of the two keys was trusted.
        """
        return sorted({at for at, text in (*statements, *reversed(statements)) if self._rotate(origin, at, text)})

    def _rotate(self, origin: str, sequence: int, statement: str) -> bool:
        text, lines = parse_note(statement)
        parts = text.split("\n")
        if len(parts) != 5 or parts[:2] != [ROTATION, origin] or parts[2][:7] != "retire " or parts[3][:6] != "adopt ":
            raise MalformedError(f"entry {sequence}: this is not a statement of a change of keys")
        size = sequence + 1
        trusted = {key.same: key for key in self.keys}
        old, new = (trusted.get(key.same, key) for key in (parse_key(parts[2][7:]), parse_key(parts[3][6:])))
        if not any(key.same in trusted and key.first <= size <= key.last for key in (old, new)):
            return False
        if len(verify_signatures(text, lines, (old, new))) != 2:
            raise RefutedError(f"entry {sequence}: the change of keys is not signed by both")
        self.keys = [key for key in self.keys if key not in (old, new)]
        self.keys += [replace(old, last=min(old.last, sequence)), replace(new, first=max(new.first, size))]
        return True

    def verify(self, checkpoint: Checkpoint) -> list[tuple[Key, int | None]]:
        """Check a checkpoint's signatures: one of the log, as many of witnesses as are asked for."""
        valid = [key for key in self.keys if key.first <= checkpoint.size <= key.last]
        found = verify_signatures(checkpoint.text, checkpoint.lines, [*valid, *self.witnesses])
        if not any(key in valid for key, _ in found):
            raise RefutedError(
                f"the checkpoint of {checkpoint.size} entries is not signed by a key that is trusted for it"
            )
        if len({key.public for key, _ in found if key in self.witnesses}) < self.needed:
            raise RefutedError(
                f"the checkpoint of {checkpoint.size} entries is not cosigned by {self.needed} witnesses"
            )
        return found


# --- Entries


def parse_entry(text: str, sequence: int) -> dict[str, Any]:
    """Read an entry, which must know its own place."""
    if len(text.encode()) > MAX_ENTRY:
        raise MalformedError(f"entry {sequence} is too long")
    entry: dict[str, Any] = shaped(parse_json(text, f"entry {sequence}"), dict, f"entry {sequence}")
    if type(entry.get("version")) is not int or entry["version"] != 1:
        raise MalformedError(f"entry {sequence} is of a version that this verifier does not know")
    for name, kind in _REQUIRED.items():
        shaped(entry.get(name), kind, f"entry {sequence}: {name}")
    fields(entry, _REQUIRED, _OPTIONAL, f"entry {sequence}")
    if not _TIME.fullmatch(entry["time"]):
        raise MalformedError(f"entry {sequence}: time is not in its form")
    if entry["sequence"] != sequence:
        raise RefutedError(f"entry {sequence} says of itself that it is entry {entry['sequence']}")
    return entry


def digests_of(value: Any) -> set[str]:
    """Every digest that an entry commits to, wherever it stands."""
    if isinstance(value, dict):
        return set().union(*map(digests_of, value.values()))
    if isinstance(value, list):
        return set().union(*map(digests_of, value))
    return {value} if isinstance(value, str) and _DIGEST.fullmatch(value) else set()


def verify_content(digest: str, content: bytes, salt: bytes | None) -> bool:
    """Whether a digest is of this content."""
    if salt is None:
        return digest == f"sha256:{hashlib.sha256(content).hexdigest()}"
    return digest == f"hmac-sha256:{hmac.new(salt, content, 'sha256').hexdigest()}"


# --- What is verified: a bundle, or a folder of tiles


def verify_bundle(content: str, trust: Trust, since: Checkpoint | None) -> dict[str, Any]:
    """Verify an exported bundle (docs/explanation/ledger.md has its form)."""
    bundle = shaped(parse_json(content.removesuffix("\n"), "the bundle"), dict, "the bundle")
    if bundle.get("format") != "lineage-ledger-bundle" or shaped(bundle.get("version"), int, "the version") != 1:
        raise MalformedError("this is not a bundle that this verifier knows")
    fields(bundle, ("format", "version", "checkpoints", "consistency", "entries"), ("range", "contents"), "the bundle")
    heads = [parse_checkpoint(item) for item in shaped(bundle["checkpoints"], list, "the checkpoints")]
    proofs = [decode_hashes(item, "a consistency proof") for item in shaped(bundle["consistency"], list, "the proofs")]
    if len(proofs) != len(heads) - 1 or any(item.origin != heads[0].origin for item in heads):
        raise MalformedError("a bundle has checkpoints of one log, and a proof from each to the next")
    found = _verify_included(bundle, heads[-1])
    entries = {sequence: parse_entry(text, sequence) for sequence, text in found.items()}
    report = Report(heads[-1].origin, trust)
    for sequence in sorted(entries):
        report.add_entry(sequence, entries[sequence])
    for old, new, proof in zip(heads, heads[1:], proofs, strict=False):
        if not 0 < old.size < new.size:
            raise MalformedError("the checkpoints of a bundle grow from one to the next")
        verify_consistency(old.size, new.size, old.root, new.root, proof)
    report.add_checkpoints(heads)
    if since and (since.origin, since.size, since.root) not in [(item.origin, item.size, item.root) for item in heads]:
        raise RefutedError(f"nothing shows that this extends the checkpoint of {since.size} entries that you kept")
    for item in shaped(bundle.get("contents", []), list, "the contents"):
        report.add_content(entries, item)
    return report.finish()


def _verify_included(bundle: dict[str, Any], head: Checkpoint) -> dict[int, str]:
    """The texts of the entries by their sequence, each proved to be in the tree."""
    found: dict[int, str] = {}
    for item in shaped(bundle["entries"], list, "the entries"):
        entry = fields(item, {"sequence", "entry", "proof"}, (), "an entry of the bundle")
        sequence, text = shaped(entry["sequence"], int, "a sequence"), shaped(entry["entry"], str, "an entry")
        proof = decode_hashes(entry["proof"], f"the proof of entry {sequence}")
        try:
            verify_inclusion(leaf_hash(text.encode()), sequence, head.size, proof, head.root)
        except RefutedError as error:
            raise RefutedError(f"entry {sequence}: {error}") from None
        if sequence in found:
            raise MalformedError(f"entry {sequence} comes twice")
        found[sequence] = text
    return {**found, **_verify_range(bundle["range"], head)} if "range" in bundle else found


def _verify_range(value: Any, head: Checkpoint) -> dict[int, str]:
    """Entries without a gap, between the hashes of all that is left of them and of all that is right."""
    part = fields(value, {"first", "left", "entries", "right"}, (), "the range")
    first, texts = shaped(part["first"], int, "the range"), shaped(part["entries"], list, "the range")
    end = first + len(texts)
    if not 0 <= first < end <= head.size:
        raise RefutedError(f"the range of entries from {first} to {end - 1} is not in a tree of {head.size}")
    tree = Frontier()
    for name, begin, stop in (("left", 0, first), ("right", end, head.size)):
        hashes, levels = decode_hashes(part[name], "the range"), list(complete_subtrees(begin, stop))
        if len(hashes) != len(levels):
            raise MalformedError("the range has too many or too few hashes beside it")
        if name == "right":
            for text in texts:
                tree.append(leaf_hash(shaped(text, str, "an entry").encode()))
        for digest, level in zip(hashes, levels, strict=True):
            tree.append(digest, level)
    if tree.root() != head.root:
        raise RefutedError(
            f"the entries from {first} to {end - 1} lead to another root: one was changed, added or left out"
        )
    return dict(enumerate(texts, first))


def verify_folder(folder: str, trust: Trust, since: Checkpoint | None) -> dict[str, Any]:
    """Verify every entry and every leaf of a folder of tiles, as it was at its checkpoint."""
    head = parse_checkpoint(to_text(read_file(os.path.join(folder, "checkpoint"), MAX_NOTE), "the checkpoint"))
    report, tree, kept_root = Report(head.origin, trust), Frontier(), Frontier().root()
    while tree.size < head.size:
        first, width = tree.size, min(TILE, head.size - tree.size)
        leaves = _read_tile(folder, "0", first // TILE, width)
        for at, entry in enumerate(_split(_read_tile(folder, "entries", first // TILE, width), width)):
            digest = leaf_hash(entry)
            if leaves[32 * at : 32 * at + 32] != digest:
                raise RefutedError(f"entry {first + at}: it was changed, or its tile was")
            report.add_entry(first + at, parse_entry(to_text(entry, f"entry {first + at}"), first + at))
            tree.append(digest)
            if since and since.size == tree.size:
                kept_root = tree.root()
    if tree.root() != head.root:
        raise RefutedError(f"the {head.size} entries lead to another root than the one that was signed")
    if since and (since.origin != head.origin or since.size > head.size or since.root != kept_root):
        raise RefutedError(f"this does not extend the checkpoint of {since.size} entries that you kept")
    report.add_checkpoints([head])
    return report.finish()


def _read_tile(folder: str, level: str, index: int, width: int) -> bytes:
    """A tile, or the first part of a wider one that has taken its place."""
    groups = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        groups.insert(0, f"x{index % 1000:03d}")
    path = os.path.join(folder, "tile", level, *groups)
    limit = TILE * (MAX_ENTRY + 2)
    for wider in range(width, TILE):
        if os.path.lexists(f"{path}.p/{wider}"):
            return read_file(f"{path}.p/{wider}", limit)
    return read_file(path, limit)


def _split(content: bytes, count: int) -> Iterator[bytes]:
    """The entries of a bundle; of one that is cut short, parts that no leaf is the hash of."""
    at = 0
    for _ in range(count):
        end = at + 2 + int.from_bytes(content[at : at + 2], "big")
        yield content[at + 2 : end]
        at = end


class Report:
    """Gathers what was verified; raises at the first thing that does not hold."""

    def __init__(self, origin: str, trust: Trust) -> None:
        self.origin, self.trust = origin, trust
        self.entries: list[list[int]] = []
        self.checkpoints: list[dict[str, Any]] = []
        self.statements: list[tuple[int, str]] = []
        self.rotations: list[int] = []
        self.contents = 0

    def add_entry(self, sequence: int, entry: dict[str, Any]) -> None:
        """Count an entry that was proved, in order, and note whether it changes the log's key."""
        if self.entries and self.entries[-1][1] == sequence - 1:
            self.entries[-1][1] = sequence
        else:
            self.entries.append([sequence, sequence])
        if entry["action"] == "ledger.rotate-key":
            self.statements.append((sequence, shaped(entry.get("statement"), str, f"entry {sequence}: statement")))

    def add_checkpoints(self, heads: Sequence[Checkpoint]) -> None:
        """Check the signatures, once all entries are known: they may change the key."""
        self.rotations = self.trust.follow(self.origin, self.statements)
        for head in heads:
            signatures = self.trust.verify(head)
            signed = [{"name": key.name, "id": key.key_id.hex(), "time": time} for key, time in signatures]
            self.checkpoints.append({"size": head.size, "root": head.root.hex(), "signatures": signed})

    def add_content(self, entries: dict[int, dict[str, Any]], value: Any) -> None:
        """Check a disclosed content against the entry that has its digest."""
        item = fields(value, {"sequence", "digest"}, {"text", "base64", "salt"}, "a content")
        sequence, digest = shaped(item["sequence"], int, "a sequence"), shaped(item["digest"], str, "a digest")
        if ("text" in item) == ("base64" in item):
            raise MalformedError("a content is text or base64")
        content = (
            shaped(item["text"], str, "a content").encode() if "text" in item else decode(item["base64"], "a content")
        )
        salt = decode(item["salt"], "a salt") if "salt" in item else None
        if salt is not None and len(salt) != 32:
            raise MalformedError("a salt has 32 bytes")
        if digest not in digests_of(entries.get(sequence, {})):
            raise RefutedError(f"entry {sequence} has no such digest as a content says")
        if not verify_content(digest, content, salt):
            raise RefutedError(f"entry {sequence}: a content is not what the entry has the digest of")
        self.contents += 1

    def finish(self) -> dict[str, Any]:
        """The report, once nothing was found wrong."""
        return {
            "verified": True,
            "origin": self.origin,
            "checkpoints": self.checkpoints,
            "entries": self.entries,
            "contents": self.contents,
            "rotations": self.rotations,
        }


# --- The command


def read_file(path: str, limit: int) -> bytes:
    """The content of a regular file of at most that many bytes."""
    try:
        with open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise MalformedError(f"{path} is not a file")
            content = file.read(limit + 1)
    except (OSError, ValueError) as error:
        raise MalformedError(f"{path} cannot be read: {getattr(error, 'strerror', error)}") from None
    if len(content) > limit:
        raise MalformedError(f"{path} is longer than {limit} bytes")
    return content


def to_text(content: bytes, what: str) -> str:
    """The content as text."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedError(f"{what} is not UTF-8") from None


def verify_path(path: str, trust: Trust, since: Checkpoint | None = None, origin: str | None = None) -> dict[str, Any]:
    """Verify a bundle or a folder. Raises RefutedError or MalformedError; what is returned holds."""
    if os.path.isdir(path):
        report = verify_folder(path, trust, since)
    else:
        report = verify_bundle(to_text(read_file(path, MAX_BUNDLE), "the bundle"), trust, since)
    if origin not in (None, report["origin"]):
        raise RefutedError(f"the log is {report['origin']}, not {origin}")
    return report


def describe(report: dict[str, Any]) -> str:
    """The report for a person."""
    lines = [f"VERIFIED  {report['origin']}"]
    for head in report["checkpoints"]:
        signers = ", ".join(
            f"{item['name']} ({item['id']})" + (f" at {_moment(item['time'])}" if item["time"] is not None else "")
            for item in head["signatures"]
        )
        lines.append(f"  checkpoint  {head['size']:,} entries, root {head['root']}, signed by {signers}")
    spans = [str(first) if first == last else f"{first} to {last}" for first, last in report["entries"]]
    count = sum(last - first + 1 for first, last in report["entries"])
    lines.append(f"  entries     {count:,} are in the tree" + (f": {', '.join(spans[:20])}" if spans else ""))
    if report["contents"]:
        lines.append(f"  contents    {report['contents']:,} have the digests that the entries say")
    if report["rotations"]:
        lines.append(f"  keys        changed at {', '.join(map(str, report['rotations']))}, signed by old and new")
    lines.append(
        "  This shows that the record was not changed since it was signed; not that what was recorded is true."
    )
    return "\n".join(lines)


def _moment(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return str(seconds)


def _keys(values: Sequence[str], algorithm: int) -> list[Key]:
    """Keys given as text or as files of one key a line."""
    texts = []
    for value in values:
        texts += to_text(read_file(value, MAX_NOTE), value).split("\n") if os.path.isfile(value) else [value]
    keys = [parse_key(text.strip()) for text in texts if text.strip()]
    if any(key.algorithm != algorithm for key in keys):
        raise MalformedError("--key takes the log's keys, --witness those of witnesses (cosignature/v1)")
    return keys


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and give its exit code."""
    parser = argparse.ArgumentParser(description="Verify a bundle or a folder of a lineage registry's ledger, offline.")
    parser.add_argument("path", help="exported bundle (JSON), or folder of tiles")
    parser.add_argument("--key", action="append", required=True, help="verifier key of the log, or a file of them")
    parser.add_argument("--witness", action="append", default=[], help="verifier key of a witness, or a file of them")
    parser.add_argument("--witnesses", type=int, default=0, metavar="N", help="ask for the cosignatures of N witnesses")
    parser.add_argument("--origin", help="name that the log must have")
    parser.add_argument("--since", help="checkpoint that you kept, which must lie on the way to this one")
    parser.add_argument("--json", action="store_true", help="write the report as JSON")
    options = parser.parse_args(arguments)
    try:
        trust = Trust(_keys(options.key, ED25519), _keys(options.witness, COSIGNATURE), options.witnesses)
        since = parse_checkpoint(to_text(read_file(options.since, MAX_NOTE), "--since")) if options.since else None
    except MalformedError as error:
        parser.error(str(error))
    try:
        code, report = 0, verify_path(options.path, trust, since, options.origin)
    except (RefutedError, MalformedError) as error:
        code = 1 if isinstance(error, RefutedError) else 3
        report = {"verified": False, "reason": "refuted" if code == 1 else "malformed", "message": str(error)}
    shown = json.dumps(report) if options.json else describe(report) if code == 0 else _complaint(report)
    safe = "".join(item if item.isprintable() or item == "\n" else "?" for item in shown) + "\n"
    sys.stdout.write(safe.encode(sys.stdout.encoding or "utf-8", "replace").decode(sys.stdout.encoding or "utf-8"))
    return code


def _complaint(report: dict[str, Any]) -> str:
    word = "NOT VERIFIED" if report["reason"] == "refuted" else "CANNOT BE READ"
    return f"{word}  {report['message']}"


if __name__ == "__main__":
    sys.exit(main())
