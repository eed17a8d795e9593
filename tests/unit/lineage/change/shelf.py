"""A real Python resolver, uv or pip, on a shelf of tiny wheels: no package index is asked."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path

# uv compile's line of the result, or the one that pip ends with; what pip says before it names files.
_CHOSEN = r"^(?:thing==|Would install (?:.* )?thing-)(\d\S*)"
_UNSATISFIABLE = ("unsatisfiable", "ResolutionImpossible", "No matching distribution")


def _wheel(folder: Path, name: str, version: str, requires: str | None = None) -> None:
    """A wheel with nothing but metadata in it."""
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    if requires is not None:
        metadata += f"Requires-Dist: {requires}\n"
    files = {
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = [
        f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b'=').decode()},{len(text)}"
        for path, text in files.items()
    ]
    files[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,"]) + "\n"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)


class Shelf:
    """Versions of the package ``thing``, and a resolver that has nothing else."""

    def __init__(self, home: Path, versions: Iterable[str], *, with_pip: bool = False) -> None:
        self._versions, self._consumers = home / "things", home / "consumers"
        self._versions.mkdir()
        self._consumers.mkdir()
        for version in versions:
            _wheel(self._versions, "thing", version)
        self._uv = None if with_pip else Path(sys.executable).with_name("uv")

    def installs(self, constraint: str, beside: str | None = None) -> str | None:
        """The version that a consumer with this constraint gets; ``beside`` asks for exactly that one too.

        None where there is none that suits everybody.
        """
        folder = self._consumers / hashlib.sha256(constraint.encode()).hexdigest()[:16]
        if not folder.exists():
            folder.mkdir()
            _wheel(folder, "consumer", "1", f"thing {constraint}")
        wanted = folder / "wanted.in"
        wanted.write_text("consumer==1\n" + (f"thing=={beside}\n" if beside else ""), encoding="utf-8")
        found = ["--no-index", "--find-links", str(self._versions), "--find-links", str(folder)]
        if self._uv is not None:
            command = [
                str(self._uv),
                "pip",
                "compile",
                "--quiet",
                "--offline",
                "--no-cache",
                "--python",
                sys.executable,
            ]
        else:
            command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed"]
        last = [str(wanted)] if self._uv is not None else ["-r", str(wanted)]
        done = subprocess.run([*command, *found, *last], capture_output=True, text=True, check=False)
        if done.returncode:
            assert any(word in done.stderr for word in _UNSATISFIABLE), done.stderr
            return None
        chosen = re.search(_CHOSEN, done.stdout, re.MULTILINE)
        assert chosen is not None, done.stdout
        return chosen[1]
