"""Which code runs: its repository, commit, and whether it differs from that. Asks git, and git asks no network."""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from pathlib import Path

from lineage_client.capture.naming import public_place

_SECONDS = 5.0
# What a repository's own configuration could make git start, or fetch, stays off.
_QUIET = ("-c", "core.fsmonitor=false", "-c", "core.untrackedCache=keep", "-c", "core.hooksPath=/dev/null")
_ENVIRONMENT = {
    "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "",
    "LC_ALL": "C",
}  # fmt: skip


def entry_script() -> str | None:
    """The script that this process was started with; None in a notebook or at a prompt."""
    main = sys.modules.get("__main__")
    file = getattr(main, "__file__", None)
    if not isinstance(file, str):
        return None
    path = os.path.abspath(file)  # noqa: PTH100
    return None if Path(path).parent == Path(__file__).parent else path  # our own command runs somebody else's code


def code_facts(script: str | None) -> dict[str, str | bool]:
    """``code_commit`` and ``code_dirty``, and ``repository`` where it has a remote; nothing outside of a checkout.

    Dirty is what differs from the commit in a tracked file, and a script that is in no commit.
    """
    folder = Path(script).parent if script else Path.cwd()
    status = _git(folder, "status", "--porcelain=v2", "--branch", "--untracked-files=no", "--ignore-submodules=dirty")
    lines = (status or "").splitlines()
    commit = next((line.split()[-1] for line in lines if line.startswith("# branch.oid ")), "(initial)")
    if commit == "(initial)":
        return {}
    changed = any(not line.startswith("#") for line in lines)
    untracked = script is not None and _git(folder, "ls-files", "--error-unmatch", "--", script) is None
    facts: dict[str, str | bool] = {"code_commit": commit, "code_dirty": changed or untracked}
    remote = _remote(folder)
    return facts | ({"repository": public_place(remote)} if remote else {})


@lru_cache(maxsize=64)
def _has_checkout(folder: Path) -> bool:
    return any((place / ".git").exists() for place in (folder, *folder.parents))


@lru_cache(maxsize=64)
def _remote(folder: Path) -> str | None:
    return _git(folder, "config", "--get", "remote.origin.url")


def _git(folder: Path, *arguments: str) -> str | None:
    """What git prints, or None where it fails, is missing or takes too long."""
    if not _has_checkout(folder):
        return None
    import subprocess  # takes its time to load, and is not needed outside of a checkout

    try:
        done = subprocess.run(
            ["git", *_QUIET, *arguments], cwd=folder, env={**os.environ, **_ENVIRONMENT}, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=_SECONDS, check=True, errors="replace",
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
