"""``python -m lineage_client.capture``: run a script or a command under capture, send what waits, say what does."""

# ruff: noqa: T201
from __future__ import annotations

import argparse
import json
import runpy
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lineage_client.capture import spool
from lineage_client.capture.decorating import run
from lineage_client.capture.places import spare_folder, spool_folder
from lineage_client.capture.sending import flush
from lineage_client.capture.settings import ACTIVITIES, RunOptions
from lineage_client.capture.steps import add_step, step
from lineage_client.capture.watching import watch
from lineage_client.errors import LineageError


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0 when nothing is left to do, 1 when something waits or was refused, 2 for a wrong command."""
    options = _parser().parse_args(arguments)
    if options.command is step:
        code: int = step(options)
        return code  # the command's own
    if options.command is _run and Path(options.script).is_file():
        _run(options)  # what the script raises is its own
        return 0
    try:
        return int(options.command(options))
    except (LineageError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. What was not sent is still in the spool.", file=sys.stderr)
        return 130


def _run(options: argparse.Namespace) -> int:
    """The script as Python would run it, with its own exit code and errors."""
    path = Path(options.script).resolve()
    if not path.is_file():
        raise FileNotFoundError(f"{options.script} is no file.")
    said = {name: getattr(options, name) for name in ("namespace", "activity") if getattr(options, name)}
    about: RunOptions = {"job": options.job or path.stem, "entry_point": str(path), **said}  # type: ignore[typeddict-item]
    watch()
    sys.argv[:] = [options.script, *options.arguments]
    sys.path[0] = str(path.parent)
    with run(options.job or path.name, **about):
        runpy.run_path(options.script, run_name="__main__")
    return 0


def _flush(options: argparse.Namespace) -> int:
    shown = sys.stderr.isatty() and not options.json

    def tell(done: int, total: int) -> None:
        if shown:
            print(f"\r{done} of {total}", end="\n" if done == total else "", file=sys.stderr, flush=True)

    done = flush(options.url, folder=options.spool, request_seconds=options.seconds, tell=tell)
    if options.json:
        print(json.dumps(asdict(done)))
    else:
        told = f"{done.waiting} wait, {done.under_way} are under way, {done.refused} were refused"
        print(f"Sent {done.runs} runs in {done.events} events; {told}.")
        for finding in done.findings:
            print(f"Skipped {finding}", file=sys.stderr)
        if done.reason:
            print(f"It stopped: {done.reason}. Nothing is lost; run this again when the registry is there.")
    return int(bool(done.reason or done.refused or done.waiting or done.findings))


def _status(options: argparse.Namespace) -> int:
    folder = options.spool or spool_folder()
    found = _found(folder, None if options.spool else spare_folder())
    if options.json:
        print(json.dumps(found))
    else:
        print(f"{found['spool']}: {found['runs']} runs wait ({found['bytes']} bytes), {found['under_way']} under way.")
        for sort in ("refused", "damaged"):
            if found[sort]:
                print(f"{len(found[sort])} {sort}, with the reasons beside them: {folder / sort}")
        if found["elsewhere"]:
            print(f"{found['elsewhere']} wait in {spare_folder()}, from when the spool could not be written.")
        if found["runs"] or found["elsewhere"]:
            print("`python -m lineage_client.capture flush` sends them.")
        for finding in found["unreadable"]:
            print(f"Not readable: {finding}", file=sys.stderr)
    return int(any(found[sort] for sort in ("runs", "elsewhere", "refused", "damaged", "unreadable")))


def _found(folder: Path, spare: Path | None) -> dict[str, Any]:
    found: dict[str, Any] = {"spool": str(folder), "runs": 0, "under_way": 0, "bytes": 0, "unreadable": []}
    for path in spool.waiting(folder):
        try:
            with spool.claim(path) as claimed:
                found["under_way" if claimed is None else "runs"] += 1
                found["bytes"] += path.stat().st_size if path.exists() else 0
        except OSError as error:
            found["unreadable"].append(f"{path.name}: {error}")
    found["elsewhere"] = len(spool.waiting(spare)) if spare is not None and spare != folder else 0
    for sort in ("refused", "damaged"):
        found[sort] = [path.name for path in spool.waiting(folder / sort)]
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lineage_client.capture", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _flush_options(commands.add_parser("flush", help="send what waits"))
    script = commands.add_parser("run", help="run a script under capture, as it is: run [OPTIONS] SCRIPT [ARGUMENTS]")
    script.add_argument("--job", help="the job that it is a run of (default: the script's name)")
    script.add_argument("--namespace", help="of job and run (default: LINEAGE_NAMESPACE, else default)")
    script.add_argument("--activity", choices=sorted(ACTIVITIES), help="what the run does")
    script.add_argument("script", help="a Python file")
    script.add_argument("arguments", nargs=argparse.REMAINDER, help="what it is called with")
    script.set_defaults(command=_run)
    add_step(commands)
    status = commands.add_parser("status", help="say what waits, is under way, or was refused")
    status.set_defaults(command=_status)
    _shared(status)
    return parser


def _flush_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--url", help="the registry (default: LINEAGE_URL, else this machine's)")
    command.add_argument("--seconds", type=float, default=30.0, help="how long to wait for each answer")
    command.set_defaults(command=_flush)
    _shared(command)


def _shared(command: argparse.ArgumentParser) -> None:
    command.add_argument("--spool", type=Path, help="the folder (default: LINEAGE_SPOOL_DIR, else the user's own)")
    command.add_argument("--json", action="store_true", help="print JSON")


if __name__ == "__main__":
    sys.exit(main())
