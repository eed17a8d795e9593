"""The password of the managed Neo4j: random, in a 0600 file, never in a command line or a log."""

from __future__ import annotations

import os
import secrets
import tempfile
from typing import TYPE_CHECKING

from registry.errors import LocalServerError
from registry.graph.local.admin import run_admin

if TYPE_CHECKING:
    from registry.graph.local.admin import AdminTool
    from registry.graph.local.layout import Layout

USERNAME = "neo4j"


def read_password(layout: Layout) -> str:
    """The password of a server that was set up. Raises LocalServerError when its file is missing or empty."""
    try:
        password = layout.password.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        password = ""
    if not password:
        raise LocalServerError(
            f"The password file {layout.password} is missing or cannot be read, but the store next to it has one set.",
            hint="Put the file back. If it is lost, keep the data all the same: `lineage db dump FILE`, move"
            f" {layout.root} away, then `lineage db load FILE` makes a new store with a new password.",
        )
    return password


def set_up_password(layout: Layout, admin: AdminTool) -> str:
    """The password; before the very first start make one and set it. Interrupted, it is done again."""
    if layout.initialised():
        return read_password(layout)
    password = secrets.token_hex(24)  # no character that a command line or a URL would read its own way
    layout.password.unlink(missing_ok=True)
    with os.fdopen(os.open(layout.password, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(password + "\n")
    # In an argument file, because command lines are there for everyone on the machine to read.
    with tempfile.NamedTemporaryFile("w", dir=layout.root, prefix="password-", suffix=".args") as file:
        file.write(f'"{password}"\n')
        file.flush()
        run_admin(admin, ["dbms", "set-initial-password", f"@{file.name}"], "The password could not be set")
    return password
