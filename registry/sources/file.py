"""The list of scheduled sources, a TOML file that a deployment writes.

Each table names a source, what to do with it, and when::

    [sources.training]
    capture = "mlflow"
    where = "http://mlflow.example:5000"
    do = "sync"                       # import what is new; or "reconcile": compare, and keep what differs
    every = "15m"                     # or: cron = "0 2 * * *", zone = "Europe/Berlin"
    options = { traces = false }
    secrets = { MLFLOW_TRACKING_TOKEN = { file = "/run/secrets/mlflow" } }

Secrets are never in the file: each names an environment variable of the server (``env``) or a file, read when a run
begins. The capture finds it in its environment under its name, and ``${NAME}`` stands for it in the user, password and
query of an address in ``where``, which are never kept nor shown.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from registry.capture.naming import without_credentials
from registry.capture.registered import offers
from registry.errors import ConfigurationError
from registry.sources.schedule import Schedule, read_duration

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)
_MOST = 500
_MOST_BYTES = 1 << 20
_VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]{0,127}$"
_PLACE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SIZE = re.compile(r"(\d{1,6})\s*([KMGT])i?B?", re.ASCII | re.IGNORECASE)
_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_LEAST_MEMORY = 256 << 20
_SECRET = re.compile(r"token|secret|passw|pwd|api_?key|credential", re.IGNORECASE)
_SECRET_PART = re.compile(r"[^=]*(?:token|secret|passw|pwd|api_?key|credential|signature|sig)[^=]*=.+", re.IGNORECASE)
_RESERVED = ("LINEAGE_", "NEO4J_", "LD_", "PYTHON", "DYLD_")
"""Variables that say how the run itself works: no secret may be put in their place."""


class Task(StrEnum):
    """What to do with a source."""

    SYNC = "sync"
    RECONCILE = "reconcile"


class Secret(BaseModel):
    """Where a secret is; never the secret."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    env: str | None = Field(None, pattern=_VARIABLE)
    file: Path | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.env is None) == (self.file is None):
            raise ValueError('a secret is { env = "NAME" } or { file = "/path" }')
        return self

    def read(self, environment: Mapping[str, str]) -> str:
        """The secret. Raises ConfigurationError, which says where it should be."""
        if self.file is None:
            found = environment.get(self.env or "")
            if not found:
                raise ConfigurationError(f"The environment variable {self.env} is not set, which holds a secret.")
            return found
        try:
            return self.file.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise ConfigurationError(
                f"The file {self.file}, which holds a secret, cannot be read: {reason}."
            ) from error


def _plain(value: Any) -> Any:
    """An option's value as captures take it: true and false are yes and no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, int | float) else value


Value = Annotated[str, BeforeValidator(_plain), Field(max_length=4_096)]


class ScheduledSource(BaseModel):
    """One source of the list; ``name`` is its table's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    capture: str
    where: str = Field(min_length=1, max_length=4_096)
    do: Task
    every: str | None = None
    cron: str | None = Field(None, max_length=200)
    zone: str = "UTC"
    options: dict[str, Value] = {}
    secrets: dict[str, Secret] = {}
    repair: bool = False
    mode: Literal["per-item", "atomic"] = "per-item"
    enabled: bool = True
    timeout: str = "6h"
    memory: str = "4G"

    @field_validator("name")
    @classmethod
    def _sound_name(cls, name: str) -> str:
        if not NAME.fullmatch(name):
            raise ValueError("a name has small letters, digits, points, dashes and underscores, at most 64")
        return name

    @field_validator("capture")
    @classmethod
    def _known_capture(cls, name: str) -> str:
        if name not in offers():
            raise ValueError(f"no capture is called {name[:80]!r}; there are {', '.join(offers())}")
        return name

    @field_validator("secrets")
    @classmethod
    def _sound_names(cls, secrets: dict[str, Secret]) -> dict[str, Secret]:
        for name in secrets:
            if not re.match(_VARIABLE, name) or name.upper().startswith(_RESERVED) or name in ("PATH", "HOME"):
                raise ValueError(f"{name[:80]!r} cannot be the name of a secret")
        return secrets

    @model_validator(mode="after")
    def _whole(self) -> Self:
        self.schedule  # noqa: B018 - raises for what is never due
        self.timeout_seconds  # noqa: B018 - raises for no duration
        self.memory_bytes  # noqa: B018 - raises for no size
        if self.repair and self.do is not Task.RECONCILE:
            raise ValueError('repair goes with do = "reconcile"')
        if "mode" in self.model_fields_set and self.do is not Task.SYNC:
            raise ValueError('mode goes with do = "sync"')
        unknown = sorted(set(_PLACE.findall(self.where)) - set(self.secrets))
        if unknown:
            raise ValueError(f"${{{unknown[0]}}} is used, and no secret has that name")
        if _PLACE.search(self.title):
            raise ValueError("in where, secrets are user, password or behind the ?: the rest is kept and shown")
        if _has_secret(self.where):
            raise ValueError("where holds a secret: write ${NAME} for it, and say under secrets where NAME is")
        bare = sorted(name for name, value in self.options.items() if _SECRET.search(name) or _PLACE.search(value))
        if bare:
            raise ValueError(f"options are kept and shown, so {bare[0][:80]} is no place for a secret: use secrets")
        return self

    @property
    def schedule(self) -> Schedule:
        """When it is due. Raises ValueError."""
        return Schedule(None if self.every is None else read_duration(self.every), self.cron, self.zone)

    @property
    def timeout_seconds(self) -> int:
        """How long a run may take. Raises ValueError."""
        return read_duration(self.timeout)

    @property
    def memory_bytes(self) -> int:
        """How much memory a run may take. Raises ValueError."""
        found = _SIZE.fullmatch(self.memory.strip())
        size = int(found[1]) * _UNITS[found[2].upper()] if found else 0
        if size < _LEAST_MEMORY:
            raise ValueError("memory reads like 4G, and is 256M or more")
        return size

    @property
    def title(self) -> str:
        """Where it reads, as it may be kept and shown."""
        return without_credentials(self.where)


def _has_secret(where: str) -> bool:
    """Whether a password, token or signature stands in an address itself."""
    hidden = _PLACE.sub("", where)
    try:
        password = urlsplit(hidden).password
    except ValueError:
        return False
    query = hidden.partition("?")[2]
    return bool(password) or any(_SECRET_PART.match(part) for part in query.split("&"))


def read_sources(path: Path | None) -> tuple[ScheduledSource, ...]:
    """The sources of a file, in order of names; none without a file.

    Raises ConfigurationError with everything that is wrong, by source and field, and never with a value of a secret.
    """
    if path is None:
        return ()
    content = _content(path)
    try:
        document = tomllib.loads(content)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _unusable(path, [f"it is not TOML: {error}"]) from None
    tables = document.get("sources", {})
    unknown = sorted(set(document) - {"sources"})
    if unknown or not isinstance(tables, dict):
        raise _unusable(path, [f"{unknown[0][:80] if unknown else 'sources'}: every table is called [sources.NAME]"])
    if len(tables) > _MOST:
        raise _unusable(path, [f"it names {len(tables)} sources; {_MOST} are the most"])
    return _validated(path, tables)


def _validated(path: Path, tables: Mapping[str, Any]) -> tuple[ScheduledSource, ...]:
    found: list[ScheduledSource] = []
    wrong: list[str] = []
    for name, table in sorted(tables.items()):
        if not isinstance(table, dict) or "name" in table:
            wrong.append(f"{name[:64]}: it is a table [sources.NAME], and has no other name")
            continue
        try:
            found.append(ScheduledSource.model_validate(table | {"name": name}))
        except ValidationError as error:
            wrong += [f"{name[:64]}{_field(item['loc'])}: {_said(item)}" for item in error.errors(include_input=False)]
    if wrong:
        raise _unusable(path, wrong)
    return tuple(found)


def _content(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise _unusable(path, [f"it is longer than {_MOST_BYTES:,} bytes"])
        return content.decode("utf-8")
    except OSError as error:
        raise _unusable(path, [f"it cannot be read: {error.strerror or type(error).__name__}"]) from error
    except UnicodeDecodeError:
        raise _unusable(path, ["it is not UTF-8"]) from None


def _field(place: tuple[int | str, ...]) -> str:
    return f".{'.'.join(str(part)[:80] for part in place)}" if place else ""


def _said(item: Mapping[str, Any]) -> str:
    return str(item["msg"]).removeprefix("Value error, ")


def _unusable(path: Path, wrong: list[str]) -> ConfigurationError:
    return ConfigurationError(
        f"The list of sources {path} cannot be used: {'; '.join(wrong[:20])}.",
        hint="`lineage sources check FILE` says the same without a server; docs/how-to/scheduled-sources.md has the form.",
        problems=wrong[:100],
    )
