"""The policy file, TOML that a deployment writes, for grants that are kept with its configuration.

Each table is a grant::

    [[grant]]
    role = "contributor"
    group = "ml-platform"             # or: subject = "ci"
    issuer = "https://login.example"  # leave it out for service tokens of this registry
    namespaces = ["prod", "prod/*"]
    ceiling = "confidential"          # internal, where it is left out
    owned = false                     # true: only what those who hold it own
    channels = ["ci"]                 # writes only by these
    expires_at = 2027-01-01T00:00:00Z
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

from registry.errors import ConfigurationError, InvalidGrantError
from registry.permission.grant_document import read_grant
from registry.permission.policy import Grant

_MOST_BYTES: Final = 1 << 20
_MOST_GRANTS: Final = 10_000


def read_policy_file(path: Path) -> tuple[Grant, ...]:
    """The grants of a policy file. Raises ConfigurationError, which says what is wrong with which."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"The policy file {path} cannot be read: {error.strerror}.") from error
    return parse_policy(content, str(path))


def parse_policy(content: bytes, name: str) -> tuple[Grant, ...]:
    """The grants that a policy file of this name holds. Raises ConfigurationError."""
    if len(content) > _MOST_BYTES:
        raise ConfigurationError(f"The policy file {name} is over {_MOST_BYTES} bytes.")
    try:
        document = tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigurationError(f"The policy file {name} is not TOML: {error}.") from error
    tables = document.get("grant", [])
    if set(document) - {"grant"} or not isinstance(tables, list):
        raise ConfigurationError(f"The policy file {name} holds tables [[grant]] and nothing else.")
    if len(tables) > _MOST_GRANTS:
        raise ConfigurationError(f"The policy file {name} holds more than {_MOST_GRANTS} grants.")
    grants = []
    for number, table in enumerate(tables, start=1):
        try:
            grants.append(read_grant(table))
        except InvalidGrantError as error:
            raise ConfigurationError(f"Grant {number} of {name}: {error.message}", hint=error.hint) from error
    return tuple(grants)
