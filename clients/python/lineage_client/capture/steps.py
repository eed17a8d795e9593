"""``python -m lineage_client.capture step``: any command as a run, as a step of a continuous integration is one.

What the command reads and writes is said, and for commands of Python also noted. The command's own exit code is passed
on; that something could not be captured fails the step only with ``--strict``.
"""

# ruff: noqa: T201
from __future__ import annotations

import argparse
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from lineage_client.capture.ci_environment import ci_facts
from lineage_client.capture.decorating import run
from lineage_client.capture.naming import local_path
from lineage_client.capture.quiet import is_off
from lineage_client.capture.running import Run
from lineage_client.capture.sending import flush
from lineage_client.capture.settings import ACTIVITIES, ROLES, RunOptions
from lineage_client.capture.watching import watch
from lineage_client.errors import LineageError

NOT_CAPTURED = 3
"""Exit code of ``--strict`` where the command succeeded and its lineage is not complete, or not in the registry."""
_CANNOT_RUN, _NOT_FOUND, _SIGNAL = 126, 127, 128
_ENDED_BY = (signal.SIGINT, signal.SIGTERM)


def add_step(commands: Any) -> None:
    """Add the command to the parser's others."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "step", help="run any command as a run: step [OPTIONS] -- COMMAND [ARGUMENTS]"
    )
    parser.add_argument("--job", help="the job that it is a run of (default: the job of the CI, else the command)")
    parser.add_argument("--namespace", help="of job and run (default: LINEAGE_NAMESPACE, else default)")
    parser.add_argument("--activity", choices=sorted(ACTIVITIES), help="what the run does")
    parser.add_argument(
        "--input", action="append", default=[], metavar="[ROLE=]PLACE", help="file, folder or URI it reads"
    )
    parser.add_argument("--output", action="append", default=[], metavar="PLACE", help="file, folder or URI it writes")
    parser.add_argument("--parameter", action="append", default=[], metavar="NAME=VALUE", help="a parameter of the run")
    parser.add_argument("--url", help="the registry (default: LINEAGE_URL, else this machine's)")
    parser.add_argument("--wait", type=float, default=30.0, metavar="SECONDS", help="for the registry, at the end (30)")
    parser.add_argument("--no-send", action="store_true", help="leave it in the spool, for flush")
    parser.add_argument("--strict", action="store_true", help=f"exit with {NOT_CAPTURED} where not all was captured")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="-- COMMAND", help="what is run")
    parser.set_defaults(command=step)


def step(options: argparse.Namespace) -> int:
    """Run the command; returns its exit code, 128 and the signal where a signal ended it."""
    command = options.arguments[1:] if options.arguments[:1] == ["--"] else options.arguments
    if not command:
        print("There is no command: step [OPTIONS] -- COMMAND [ARGUMENTS]", file=sys.stderr)
        return 2
    os.environ["LINEAGE_CAPTURE_SEND"], before = "off", os.environ.get("LINEAGE_CAPTURE_SEND")
    watch()
    told: list[Run] = []
    code = _captured(command, options, told)
    if before is None:
        del os.environ["LINEAGE_CAPTURE_SEND"]
    else:
        os.environ["LINEAGE_CAPTURE_SEND"] = before
    missing = [] if is_off() else [*_missing(told[0], options), *_not_sent(options)]
    for what in missing:
        print(f"lineage: {what}", file=sys.stderr)
    return NOT_CAPTURED if options.strict and missing and code == 0 else code


def _captured(command: list[str], options: argparse.Namespace, told: list[Run]) -> int:
    said: RunOptions = {
        "job": options.job or _job(command), "entry_point": shlex.join(command)[:1000],
        "parameters": dict(_named(item) for item in options.parameter),
    }  # fmt: skip
    for name in ("namespace", "activity"):
        if getattr(options, name):
            said[name] = getattr(options, name)
    code = 0
    try:
        with run(said["job"], **said) as under_way:
            told.append(under_way)
            for role, place in map(_role, options.input):
                under_way.input(place, role)
            for place in options.output:
                under_way.output(place)
            code = _performed(command)
            under_way.note_facet("exit_code", {"value": code})
            _end_like(code)
    except (KeyboardInterrupt, SystemExit):
        return code or _SIGNAL + signal.SIGINT
    return code


def _end_like(code: int) -> None:
    """Let the run end as its command did: failed, or aborted where somebody stopped it."""
    if code - _SIGNAL in _ENDED_BY:
        raise KeyboardInterrupt
    if code:
        raise SystemExit(code)


def _performed(command: list[str]) -> int:
    try:
        process = subprocess.Popen(command)
    except FileNotFoundError:
        print(f"{command[0]}: not found", file=sys.stderr)
        return _NOT_FOUND
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        return _CANNOT_RUN
    with _handing_on(process):
        code = process.wait()
    return _SIGNAL - code if code < 0 else code


@contextmanager
def _handing_on(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Signals that would end this process go to the command, whose end is waited for."""

    def hand_on(number: int, _: FrameType | None) -> None:
        if process.poll() is None and (number != signal.SIGINT or not sys.stdin.isatty()):
            process.send_signal(number)  # the terminal gives Ctrl-C to both by itself

    before = {number: signal.signal(number, hand_on) for number in _ENDED_BY}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _missing(run_of_it: Run, options: argparse.Namespace) -> list[str]:
    """What was said to be read or written and is not there, or could not be read."""
    places = [("input", place) for _, place in map(_role, options.input)] + [
        ("output", item) for item in options.output
    ]
    found = []
    for what, place in places:
        path = local_path(place)
        files = run_of_it.noted.reads if what == "input" else run_of_it.noted.writes
        if path is not None and (path not in files or files[path].content(0) is None):
            found.append(f"the {what} {place} is not there, or cannot be read")
    return found


def _not_sent(options: argparse.Namespace) -> list[str]:
    """Why the registry has not got the run, if it has not."""
    if options.no_send:
        return []
    end = time.monotonic() + options.wait
    while True:
        try:
            done = flush(options.url, request_seconds=max(1.0, min(30.0, end - time.monotonic())))
        except LineageError as error:
            return [str(error)]
        if not done.reason or time.monotonic() + 1 >= end:
            break
        time.sleep(1)
    if done.reason:
        return [f"the registry did not take the run; it waits in the spool: {done.reason}"]
    return ["the registry refused a run for good; `status` says where it is kept"] if done.refused else []


def _job(command: list[str]) -> str:
    facts = ci_facts()
    parts = [facts.get(name) for name in ("project", "pipeline" if facts.get("system") != "gitlab" else "", "job")]
    return "/".join(str(part) for part in parts if part) or Path(command[0]).name


def _role(text: str) -> tuple[str | None, str]:
    role, equals, place = text.partition("=")
    return (role, place) if equals and role in ROLES and place else (None, text)


def _named(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value
