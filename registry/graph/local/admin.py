"""Neo4j's admin commands on a stopped database: the first password, dump and load."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from registry.errors import LocalServerError
from registry.graph.local.configuration import java_environment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from registry.graph.local.ownership import Holding


@dataclass(frozen=True, slots=True)
class AdminTool:
    """What an admin command needs: Java, its argument file, and the held lock on the data folder."""

    java: Path
    arguments: Path
    holding: Holding


def run_admin(
    tool: AdminTool, arguments: Sequence[str], failure: str, *, standard_input: BinaryIO | None = None
) -> str:
    """Run an admin command to its end and return what it printed.

    The command inherits the lock: should this process be killed, nothing else starts on the store until the command
    is through. Raises LocalServerError beginning with ``failure`` and ending with what the command said.
    """
    layout = tool.holding.layout
    command = [str(tool.java), f"@{tool.arguments}", "org.neo4j.cli.AdminTool", *arguments]
    try:
        done = subprocess.run(
            command,
            env=java_environment(layout),
            cwd=layout.root,
            stdin=standard_input or subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(tool.holding.descriptor,),
            check=False,
        )
    except OSError as error:
        raise LocalServerError(f"{failure}: {tool.java} does not run ({error.strerror}).") from error
    output = done.stdout.decode("utf-8", "replace")
    if done.returncode != 0:
        raise LocalServerError(f"{failure}: {_essence(output)}", exit_code=done.returncode)
    return output


def _essence(output: str) -> str:
    """The lines that say what went wrong, without Java's warnings and stack."""
    lines = dict.fromkeys(line.strip(" -") for line in output.splitlines())
    kept = [
        line
        for line in lines
        if line and not line.startswith(("WARNING:", "NOTE:", "at ", "...", "reading from stdin"))
    ]
    return " ".join(kept[-3:]) or "it gave no reason."
