"""Precision and recall: what capture says a script read and wrote, against what ``strace`` saw it open.

The witness watches the script alone, without capture, and capture runs without the witness, each on a fresh copy of
the same folder. Read is what was opened for reading, and was there before the script wrote it. Written is what was
opened for writing, is there at the end and is not as it was. Every file of the folder counts, whatever its name.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from benchmarks.capture.columns import ColumnsCompared, Pair, truth

SCRIPTS = Path(__file__).parent / "scripts"
_CALL = re.compile(
    r"(?:\[pid +\d+\] |^\d+ +)?(?P<call>open|openat|creat|rename|renameat|renameat2)\((?P<arguments>.*)\) += (?P<result>\d+)"
)
_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')
_TRACED = "openat,open,creat,rename,renameat,renameat2,chdir"


@dataclass(frozen=True, slots=True)
class Files:
    """Names, within the folder, of the files that a script read and wrote."""

    read: frozenset[str]
    written: frozenset[str]

    @property
    def marked(self) -> set[str]:
        """Both in one set, each marked with what was done."""
        return {f"read {name}" for name in self.read} | {f"wrote {name}" for name in self.written}


@dataclass(frozen=True, slots=True)
class Compared:
    """One script: what truly happened and what capture says."""

    script: str
    truth: Files
    captured: Files
    columns: ColumnsCompared

    @property
    def missed(self) -> list[str]:
        """What happened and is not captured."""
        return sorted(self.truth.marked - self.captured.marked)

    @property
    def invented(self) -> list[str]:
        """What is captured and did not happen."""
        return sorted(self.captured.marked - self.truth.marked)


def compare_all(inputs: Path, work: Path, start: str = "") -> list[Compared]:
    """Every script whose name begins with ``start``, in turn. ``inputs`` is a folder as :mod:`benchmarks.capture.inputs` makes it, ``work`` one to use."""
    return [compare(path, inputs, work) for path in sorted(SCRIPTS.glob(f"{start or '[a-z]'}*.py"))]


def compare(script: Path, inputs: Path, work: Path) -> Compared:
    """One script. Raises CalledProcessError where it fails."""
    folder = work / "folder"
    files = _witnessed(script, inputs, folder, work)
    captured, pairs = _captured(script, inputs, folder, work)
    columns = ColumnsCompared(script.stem, truth().get(script.stem, frozenset()), pairs)
    return Compared(script.stem, files, captured, columns)


def _witnessed(script: Path, inputs: Path, folder: Path, work: Path) -> Files:
    _fresh(inputs, folder)
    before, log = _digests(folder), work / "strace.log"
    command = ["strace", "-f", "-qq", "-s", "4096", "-e", f"trace={_TRACED}", "-e", "signal=none", "-o", str(log)]
    subprocess.run([*command, sys.executable, str(script)], cwd=folder, check=True, capture_output=True)
    return _files_of(log.read_text(encoding="utf-8", errors="replace"), folder, before)


def _files_of(log: str, folder: Path, before: dict[str, str]) -> Files:
    read, written = set[str](), set[str]()
    for call, arguments in _calls(log):
        names = [_within(text, folder) for text in _TEXT.findall(arguments)]
        if call.startswith("rename") and len(names) > 1 and names[0] in written and names[1]:
            written.discard(names[0])
            written.add(names[1])
        elif call.startswith(("open", "creat")) and names and (name := names[0]):
            writes = call == "creat" or "O_WRONLY" in arguments or "O_RDWR" in arguments
            if not (call == "creat" or "O_WRONLY" in arguments or "O_TRUNC" in arguments) and name in before:
                read |= {name} - written
            if writes:
                written.add(name)
    after = _digests(folder)
    # A database is opened for writing even to read it: what counts is whether anything was written.
    return Files(
        frozenset(read), frozenset(name for name in written if name in after and after[name] != before.get(name))
    )


def _calls(log: str) -> list[tuple[str, str]]:
    """Successful calls, in order; a call that another thread interrupts comes in two parts, which are put together."""
    found, open_calls = list[tuple[str, str]](), dict[str, str]()
    for line in log.splitlines():
        pid = line.partition(" ")[0]
        text = line
        if line.endswith("<unfinished ...>"):
            open_calls[pid] = line.removesuffix("<unfinished ...>").rstrip()
            continue
        if "resumed>" in line and pid in open_calls:
            text = open_calls.pop(pid) + line.partition("resumed>")[2]
        if match := _CALL.search(text):
            found.append((match["call"], match["arguments"]))
    return found


def _within(text: str, folder: Path) -> str | None:
    path = os.path.normpath(folder / text)
    return os.path.relpath(path, folder) if path.startswith(f"{folder}{os.sep}") and not Path(path).is_dir() else None


def _captured(script: Path, inputs: Path, folder: Path, work: Path) -> tuple[Files, dict[Pair, float]]:
    _fresh(inputs, folder)
    spool = work / "spool"
    shutil.rmtree(spool, ignore_errors=True)
    environment = {**os.environ, "LINEAGE_SPOOL_DIR": str(spool), "LINEAGE_CAPTURE_SEND": "off"}
    command = [sys.executable, "-m", "lineage_client.capture", "run", str(script)]
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    events = [json.loads(line) for file in spool.glob("*.ndjson") for line in file.read_text("utf-8").splitlines()]
    edges = [record for event in events if not event.get("if_lost") for record in event["records"] if "edge" in record]
    read = [edge["to"] for edge in edges if edge["edge"] == "USED"]
    written = [edge["from"] for edge in edges if edge["edge"] == "GENERATED_BY"]
    derived = {
        (_field(edge["from"], folder), _field(edge["to"], folder)): edge["confidence"]
        for edge in edges
        if edge["edge"] == "DERIVED_FROM" and ":Field:" in edge["from"]
    }
    return Files(_names(read, folder), _names(written, folder)), derived


def _field(urn: str, folder: Path) -> str:
    return unquote(urn.split(":")[4]).removeprefix(f"{folder}{os.sep}")


def _names(urns: list[str], folder: Path) -> frozenset[str]:
    """The files that data sets stand for; a folder stands for those in it."""
    paths = [Path(unquote(urn.split(":")[4]).partition("@sha256-")[0]) for urn in urns]
    files = [file for path in paths for file in (path.rglob("*") if path.is_dir() else [path])]
    return frozenset(os.path.relpath(path, folder) for path in files if not path.is_dir())


def _fresh(inputs: Path, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(inputs, folder)


def _digests(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
