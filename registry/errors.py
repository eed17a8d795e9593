"""Every error that leaves this product: a stable code, what happened, what to do next.

The library raises these, the API renders them as ``application/problem+json`` or GraphQL errors with the
same code, and the command line prints :meth:`RegistryError.diagnostics`. Codes never change meaning.
"""

from __future__ import annotations

from typing import Any, ClassVar


class RegistryError(Exception):
    """Something went wrong that we know by name.

    Guarantees: ``code`` is stable, ``message`` and ``hint`` are safe to show to a client (no secret, no
    internal id, no Cypher), ``details`` is JSON.
    """

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    default_hint: ClassVar[str] = ""

    def __init__(self, message: str, *, hint: str | None = None, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.hint = self.default_hint if hint is None else hint
        self.details = details

    def diagnostics(self) -> str:
        """What happened and what to try, for a person at a terminal."""
        return f"{self.message}\n{self.hint}" if self.hint else self.message

    def as_problem(self) -> dict[str, Any]:
        """The error as an RFC 9457 problem document."""
        problem: dict[str, Any] = {
            "type": f"urn:lineage:problem:{self.code}",
            "title": self.code.replace("-", " "),
            "status": self.status,
            "code": self.code,
            "detail": self.message,
        }
        if self.hint:
            problem["hint"] = self.hint
        return problem | self.details


class InvalidRequestError(RegistryError):
    """The request itself cannot be understood: broken JSON, a wrong content type, a bad parameter."""

    code = "invalid-request"
    status = 400


class InvalidUrnError(RegistryError):
    """The text is not a URN of this registry."""

    code = "invalid-urn"
    status = 400
    default_hint = "A URN reads urn:lineage:<Kind>:<namespace>:<name>[:<version>], for example urn:lineage:DatasetVersion:demo:orders:v3."


class InvalidRecordError(RegistryError):
    """One or more records break a rule; ``details['errors']`` names line, field and rule of each. Nothing was written."""

    code = "invalid-record"
    status = 422


class EventConflictError(RegistryError):
    """An event id came again with other content. Nothing was written."""

    code = "event-conflict"
    status = 409
    default_hint = "An event id names one content for ever. Send changed content under a new event id."


class TooLargeError(RegistryError):
    """A body, a line or a batch is over its stated limit."""

    code = "too-large"
    status = 413


class NotFoundError(RegistryError):
    """Nothing is recorded under that name."""

    code = "not-found"
    status = 404


class DocumentTooCostlyError(RegistryError):
    """A GraphQL document is over a stated bound (depth, fields, aliases, cost)."""

    code = "document-too-costly"
    status = 400


class DatabaseUnavailableError(RegistryError):
    """Neo4j does not answer. Nothing is known to have been written; sending the same event id again is safe."""

    code = "database-unavailable"
    status = 503
    default_hint = "Check that Neo4j runs (`lineage status`, `lineage db logs`) and send the same request again: event ids make that safe."


class DatabaseAuthError(RegistryError):
    """Neo4j refuses the credentials."""

    code = "database-auth"
    status = 503
    default_hint = "Check NEO4J_USERNAME and NEO4J_PASSWORD (or NEO4J_PASSWORD_FILE)."


class QueryTimeoutError(RegistryError):
    """A query ran into its time budget and was stopped in the database."""

    code = "query-timeout"
    status = 504
    default_hint = "Ask for less: a smaller depth, fewer kinds or a smaller limit."


class SchemaNotReadyError(RegistryError):
    """The database lacks constraints or migrations that this version needs, or was written by a newer version."""

    code = "schema-not-ready"
    status = 503
    default_hint = "Run `lineage db migrate`."


class ConfigurationError(RegistryError):
    """A setting is missing, contradictory or not usable."""

    code = "configuration"


class AlreadyRunningError(RegistryError):
    """Another process holds what this one wants: the data folder or the port."""

    code = "already-running"
    status = 409


class NotRunningError(RegistryError):
    """The server that this command talks to is not running."""

    code = "not-running"
    default_hint = "Start it with `lineage up --detach`."


class LocalServerError(RegistryError):
    """The managed local Neo4j could not be set up, started, stopped, dumped or loaded."""

    code = "local-server"


class DownloadError(LocalServerError):
    """A jar could not be fetched or does not have the digest that the lock file states."""

    code = "download"


class InvalidDocumentError(RegistryError):
    """A GraphQL document does not parse or does not fit the schema."""

    code = "invalid-document"
    status = 400


class UnsupportedMediaTypeError(RegistryError):
    """The body comes in a form that this route does not read."""

    code = "unsupported-media-type"
    status = 415


class HostNotAllowedError(RegistryError):
    """The request names a host that this server does not answer for."""

    code = "host-not-allowed"
    status = 421
    default_hint = "Use the address that the server listens on, or list the name in LINEAGE_ALLOWED_HOSTS."


class OverloadedError(RegistryError):
    """More requests wait than the server is willing to queue."""

    code = "overloaded"
    status = 503
    default_hint = "Send the same request again after a second."


class BookmarkTimeoutError(RegistryError):
    """The database does not reach the bookmark that the request carries."""

    code = "bookmark-timeout"
    status = 503
    default_hint = "The bookmark is of another or a restored database, or a server of the cluster lags far behind. Send the request without it."


class RequestDroppedError(RegistryError):
    """The client closed its connection, or the server stops, so the reads of the request were stopped."""

    code = "request-dropped"
    status = 499


class TooManyWatchersError(RegistryError):
    """As many connections watch for changes as the server keeps open."""

    code = "too-many-watchers"
    status = 503
    default_hint = "End one that is no longer needed, or raise LINEAGE_MAX_WATCHERS."


class InvalidSourceError(RegistryError):
    """A document or store that is to be imported is not what it should be: absent, cut short, of another sort or version."""

    code = "invalid-source"
    status = 422
    default_hint = "Nothing was imported. `lineage captures` lists what each source reads."


class InvalidExportError(RegistryError):
    """A document that was made does not pass its standard's own schema, so it is not handed out."""

    code = "invalid-export"
    status = 500
    default_hint = "Another format says the same. This is a defect: report it with the text of this error."


class IncompleteExportError(RegistryError):
    """What was asked for whole would be exported in part; nothing was handed out."""

    code = "incomplete-export"
    status = 422
    default_hint = "Ask for more (a greater limit, no depth), choose another format, or take the part."


class InvalidEventError(RegistryError):
    """An OpenLineage event that would lose lineage if it were taken; ``details['errors']`` name the fields."""

    code = "invalid-event"
    status = 422
    default_hint = "The event is kept in the quarantine: `lineage quarantine list`."


class InvalidLedgerError(RegistryError):
    """A part of the ledger (entry, proof, tile, checkpoint, signature) is not in its form, or does not prove what it should."""

    code = "invalid-ledger"
    status = 422
    default_hint = (
        "Do not rely on it. If it was read from this registry's own ledger, `details` says where the damage begins."
    )


class LedgerShrunkError(RegistryError):
    """The tree is smaller than one that was signed before: an older state of the database was put back. Nothing was signed."""

    code = "ledger-shrunk"
    status = 503
    default_hint = (
        "Put back the database as it was at the last checkpoint, or begin a ledger with another origin and say why."
    )


class LedgerForkedError(RegistryError):
    """The tree is not an extension of one that was signed before: history was rewritten. Nothing was signed."""

    code = "ledger-forked"
    status = 503
    default_hint = "Entries that were signed differ from those that are stored now. Keep both states and find out who changed which."


class InvalidKeyError(RegistryError):
    """A signing or verifier key is absent, not in its form, or may be read by others. The key itself is never in the text."""

    code = "invalid-key"
    default_hint = "A signing key is one line in a file that only its owner may read (mode 0600)."


class LedgerStorageError(RegistryError):
    """A file of the ledger cannot be read or written: it is gone, the disk is full, or it may not be touched."""

    code = "ledger-storage"
    status = 503
    default_hint = "What was acknowledged is durable. Mend the cause and try again."


class CrossSiteError(RegistryError):
    """A page of another site asks a browser to change something here."""

    code = "cross-site"
    status = 403
    default_hint = "Send it from a program, or serve the page under the server's own address."


class InvalidAttestationError(RegistryError):
    """An envelope, a statement, a bundle or a trust file is not in its form, so that nothing can be concluded from it."""

    code = "invalid-attestation"
    status = 422
    default_hint = "Nothing was relied on. `docs/explanation/attestations.md` has the forms that are read."


class RefutedAttestationError(RegistryError):
    """An attestation that does not hold: a signature is not by the key that it names, or a digest is not that of the artifact."""

    code = "refuted-attestation"
    status = 422
    default_hint = "Do not rely on the artifact. Ask whoever signed for the statement, by another way."


class ArtifactError(RegistryError):
    """A file or folder cannot be digested: it is gone, no regular file, a link, or changes while it is read."""

    code = "artifact"
    default_hint = "Nothing was signed or verified. Work on a copy that nobody writes to."


class EncryptionKeyMissingError(RegistryError):
    """Something sensitive was to be kept or read, and the key that this needs is not given. Nothing was written."""

    code = "encryption-key-missing"
    status = 503
    default_hint = "Give the server the key-encryption key: LINEAGE_KEY_ENCRYPTION_KEY_FILE. docs/how-to/sensitive-fields.md says how to make one."


class InvalidEncryptionKeyError(RegistryError):
    """A key-encryption key is not in its form. The key itself is never in the text."""

    code = "invalid-encryption-key"
    default_hint = (
        "A key-encryption key is a line of base64 that holds 32 bytes, as `openssl rand -base64 32` makes it."
    )


class PermissionDeniedError(RegistryError):
    """Whoever asks may not do that. What the answer says never depends on whether something hidden exists."""

    code = "permission-denied"
    status = 403
    default_hint = "`lineage policy explain` says which rule decides. Ask an administrator for a grant."


class InvalidGrantError(RegistryError):
    """A grant, a sandbox or a policy file is not in its form. Nothing was changed."""

    code = "invalid-grant"
    status = 422


class SandboxBoundaryError(RegistryError):
    """What is tried in a sandbox would reach or change what is outside. Nothing was written."""

    code = "sandbox-boundary"
    status = 403
    default_hint = "Edges lead from inside a sandbox to what exists outside, never the reverse. `lineage sandbox promote` takes work out."


class UnauthenticatedError(RegistryError):
    """Nobody has proved who asks: no credential came, or one that does not hold. ``reason`` is for the log alone."""

    code = "unauthenticated"
    status = 401
    default_hint = "Send a token as `Authorization: Bearer …`: set LINEAGE_TOKEN, or `lineage token show-administrator` where the server runs."

    def __init__(self, message: str, *, hint: str | None = None, reason: str = "", **details: Any) -> None:
        super().__init__(message, hint=hint, **details)
        self.reason = reason


class IdentityProviderError(RegistryError):
    """The identity provider does not answer, or not as OpenID Connect wants it, so that its tokens cannot be checked."""

    code = "identity-provider"
    status = 503
    default_hint = "Check LINEAGE_OIDC_ISSUER and the provider. Service tokens and the administrator's work without it."


class BodyTimeoutError(RegistryError):
    """The body of a request stopped coming, or came too slowly. What a stream committed before stays."""

    code = "body-timeout"
    status = 408
    default_hint = "Send it again without pauses. LINEAGE_BODY_IDLE_SECONDS sets how long the server waits."


class DocumentNotAllowedError(RegistryError):
    """The server runs the GraphQL documents of its list only, and this is none of them."""

    code = "document-not-allowed"
    status = 400
    default_hint = "Ask whoever runs the server to add the document to LINEAGE_GRAPHQL_ALLOW_LIST_FILE."


class InvalidTimestampError(RegistryError):
    """A time stamp that does not hold: of another document, by nobody who is trusted, or no time stamp at all."""

    code = "invalid-timestamp"
    status = 422
    default_hint = "Do not rely on the time. Check which document and which roots it is for."


class TooManyAttemptsError(RegistryError):
    """Too many credentials from one address did not hold within a minute, or one principal signed in too often; wait."""

    code = "too-many-attempts"
    status = 429
    default_hint = "Check the token (LINEAGE_TOKEN) of whatever keeps asking, and wait a minute."


class TooManyReadingsError(RegistryError):
    """Sensitive values of too many things were read within seconds to record each of them: no further ones are shown."""

    code = "too-many-readings"
    status = 429
    default_hint = "Ask again in ten seconds, for what you need."


class InvalidAnchorError(RegistryError):
    """An anchor that does not hold: of another checkpoint, with a proof that leads elsewhere, or by no log that is trusted."""

    code = "invalid-anchor"
    status = 422
    default_hint = (
        "Do not rely on it. Check which checkpoint it is for, and which keys of the transparency log are trusted."
    )


class KeyServiceUnavailableError(RegistryError):
    """The key service that holds a key does not answer, or refuses. Nothing was written; what is signed later waits for it."""

    code = "key-service-unavailable"
    status = 503
    default_hint = "Ask whoever runs the registry to look at the key service: VAULT_ADDR, its token, its policy. Then send the same request again."


class KeyServiceAnswerError(RegistryError):
    """The key service answered with something that does not hold: a wrong signature, key or form. It was not used."""

    code = "key-service-answer"
    status = 503
    default_hint = "Find out who answers in the place of the key service, or which key it uses, before going on."
