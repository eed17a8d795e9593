"""Python environments for what the product does not depend on, kept in the user's cache; made with uv."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.scale.questions import UnavailableError
from registry.settings import load_settings

_WORKERS = Path(__file__).parent / "workers"
_MAKING = "being-made"


def python_with(requirements: list[str], version: str) -> Path:
    """The interpreter of an environment that has the requirements (pinned); made where it is not there yet.

    Raises UnavailableError where that does not work.
    """
    name = hashlib.sha256(" ".join([version, *requirements]).encode()).hexdigest()[:12]
    folder = load_settings().cache_dir / "benchmarks" / name
    python = folder / "bin" / "python"
    if python.exists() and not (folder / _MAKING).exists():
        return python
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if uv is None:
        raise UnavailableError(f"uv is not installed, so there is no environment for {requirements[0]}")
    try:
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", version, folder], check=True, capture_output=True)
        (folder / _MAKING).touch()
        command = [uv, "pip", "install", "--quiet", "--python", str(python), *requirements]
        subprocess.run(command, check=True, capture_output=True)
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode("utf-8", "replace").strip().splitlines()
        raise UnavailableError(f"no environment for {requirements[0]}: {said[-1] if said else error}") from None
    (folder / _MAKING).unlink()
    return python


class Worker:
    """A script of ``workers/`` that answers one JSON line with another."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self._process, self._log = process, log

    def ask(self, **order: Any) -> dict[str, Any]:
        """Send an order and wait for its answer. Raises RuntimeError with the end of its log where it fails."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise RuntimeError(self._said()) from None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(self._said())
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _said(self) -> str:
        return f"{self._log.parent.name}: {self._log.read_text(errors='replace')[-2000:]}"


@contextmanager
def worker(python: Path, script: str, log: Path) -> Iterator[Worker]:
    """Run a script until the block ends: it ends when its input does."""
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [python, _WORKERS / script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        try:
            yield Worker(process, log)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
