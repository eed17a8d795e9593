"""The file with the administrator's token, for the user who started the server and nobody else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from registry.errors import ConfigurationError
from registry.identity.token_text import Sort, TokenText
from registry.settings import Settings

_FILE: Final = "administrator-token"


def token_file(settings: Settings) -> Path:
    """Where the token lies for the user of this data folder."""
    return settings.data_dir.expanduser() / _FILE


def read_token(path: Path) -> TokenText | None:
    """The token in a file; None where there is no file. Raises ConfigurationError where others may read it."""
    try:
        status = path.stat()
        text = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The token file {path} cannot be read: {type(error).__name__}.") from error
    if status.st_mode & 0o077:
        raise ConfigurationError(
            f"Others may read the token file {path}.",
            hint=f"`chmod 600 {path}`, and `lineage token reset-administrator` if somebody may have read it.",
        )
    token = TokenText.read(text)
    if token is None or token.sort is not Sort.ADMINISTRATOR:
        raise ConfigurationError(
            f"What the token file {path} holds is no administrator's token.",
            hint="Remove it; `lineage token reset-administrator` makes another.",
        )
    return token


def write_token(path: Path, token: TokenText) -> None:
    """Put the token into the file, all of it or none. Raises ConfigurationError."""
    partial = path.with_name(f"{path.name}.partial-{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(token.text + "\n")
        partial.replace(path)
    except OSError as error:
        raise ConfigurationError(
            f"The token file {path} cannot be written: {(error.strerror or type(error).__name__).lower()}.",
            hint="Repair that folder, choose another with LINEAGE_DATA_DIR, or bring LINEAGE_ADMINISTRATOR_TOKEN_FILE.",
        ) from error
