"""`lineage token`: tokens for services, the administrator's own, and who a token speaks for."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from registry.cli import options
from registry.cli.client import Client
from registry.cli.drawing.tokens import draw_made, draw_tokens, draw_whoami
from registry.cli.failures import ReportingGroup
from registry.cli.terminal import output, print_json
from registry.errors import ConfigurationError, NotFoundError
from registry.identity.token_file import read_token, token_file
from registry.settings import Settings, load_settings
from registry.sources.schedule import read_duration

_PATH = "/api/v1/service-tokens"
_EXAMPLES = """
**Examples**

- `lineage token create ci --role contributor --namespace 'prod/*' --expires 90d` makes a token and shows it, this once
- `lineage token list` says which there are, and until when
- `lineage token revoke ci` revokes every token of that service, `lineage token revoke ID` one
- `lineage token show-administrator` shows the token that `lineage up` made here
"""

app = typer.Typer(
    name="token",
    cls=ReportingGroup,
    help="Tokens: make them for services, list and revoke them, show the administrator's.",
    epilog=_EXAMPLES,
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


def _duration(text: str) -> int:
    try:
        return read_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


@app.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What uses it, such as ci.", show_default=False)],
    expires: Annotated[
        str, typer.Option("--expires", metavar="DURATION", help="How long it lasts: 12h, 90d; a year at most.")
    ] = "90d",
    roles: Annotated[
        list[str] | None,
        typer.Option(
            "--role",
            help="Grant the service this role: reader, contributor, approver, auditor, administrator. May be repeated.",
            show_default=False,
        ),
    ] = None,
    namespaces: Annotated[
        list[str] | None,
        typer.Option(
            "--namespace",
            metavar="PATTERN",
            help="Grant it here: a namespace, prod/*, or *. May be repeated.",
            show_default=False,
        ),
    ] = None,
    agents: Annotated[
        list[str] | None,
        typer.Option(
            "--acts-for", metavar="URN", help="A person, team or service that it acts for.", show_default=False
        ),
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Make a token for a service, and show it this once. Whoever makes another for the same service gives it the same rights."""
    if bool(roles) != bool(namespaces):
        raise typer.BadParameter("--role and --namespace go together.")
    body = {
        "name": name,
        "expires_in": _duration(expires),
        "agents": agents or [],
        "grants": [{"role": role, "namespaces": list(namespaces or ())} for role in roles or ()],
    }
    with _client() as client:
        made = client.submit(_PATH, body)
    if as_json:
        print_json(made)
    else:
        output().print(draw_made(made), soft_wrap=True)


@app.command("list")
def list_tokens(
    ended: Annotated[bool, typer.Option("--all", help="List those too that have expired or were revoked.")] = False,
    as_json: options.AsJson = False,
) -> None:
    """List the tokens of services; never the tokens themselves."""
    with _client() as client:
        answer = client.request("GET", _PATH, params={"ended": "true" if ended else "false"})
    if as_json:
        print_json(answer)
    else:
        output().print(draw_tokens(answer["tokens"]))


@app.command()
def revoke(
    which: Annotated[
        str | None, typer.Argument(metavar="ID|NAME", help="A token, or all of a service's.", show_default=False)
    ] = None,
    jti: Annotated[
        str | None,
        typer.Option("--jti", help="Instead, refuse a token of the identity provider by its jti.", show_default=False),
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Revoke tokens; what they open is closed at once here, within seconds on other servers of the same database."""
    if (which is None) == (jti is None):
        raise typer.BadParameter("Say which: an id or a name, or --jti.")
    with _client() as client:
        if jti is not None:
            answer = client.submit("/api/v1/revoked-tokens", {"jti": jti})
        else:
            from urllib.parse import quote

            answer = client.request("DELETE", f"{_PATH}/{quote(which or '', safe='/')}")
    _tell(answer, f"Revoked: {', '.join(answer['revoked'])}.", as_json=as_json)


@app.command()
def whoami(as_json: options.AsJson = False) -> None:
    """Show whom the token of this shell speaks for, and what is granted to it."""
    with _client() as client:
        answer = client.request("GET", "/api/v1/whoami")
    if as_json:
        print_json(answer)
    else:
        output().print(draw_whoami(answer))


@app.command("show-administrator")
def show_administrator(as_json: options.AsJson = False) -> None:
    """Show the administrator's token that `lineage up` made on this data folder."""
    path = token_file(load_settings())
    token = read_token(path)
    if token is None:
        raise NotFoundError(
            f"There is no administrator's token at {path}.",
            hint="`lineage up` makes one at its first start; `lineage token reset-administrator` makes another.",
        )
    if as_json:
        print_json({"token": token.text, "file": str(path)})
    else:
        typer.echo(token.text)


@app.command("reset-administrator")
def reset_administrator(as_json: options.AsJson = False) -> None:
    """Make another administrator's token; the one before opens nothing any more.

    It asks Neo4j itself, so it takes what the server takes: NEO4J_URI and its password, or the managed Neo4j of this data
    folder, which has to run.
    """
    from registry.identity.administrator import reset_administrator as reset

    settings = load_settings()
    if settings.administrator_token_source.given:
        raise ConfigurationError(
            "LINEAGE_ADMINISTRATOR_TOKEN brings the token: change it there.", hint="Then start the server again."
        )
    with _database(settings) as database:
        token = reset(database, settings)
    path = str(token_file(settings))
    _tell({"token": token, "file": path}, f"{token}\n\nIt is in {path} too.", as_json=as_json)


def _database(settings: Settings) -> Any:
    from registry.errors import NotRunningError
    from registry.graph import local
    from registry.graph.database import Database

    if settings.neo4j_uri is not None:
        return Database.from_settings(settings)
    server = local.running(settings)
    if server is None:
        raise NotRunningError("The managed Neo4j does not run.", hint="Start it with `lineage up --detach`.")
    return Database(server.uri, server.username, server.password)


def _tell(answer: dict[str, Any], text: str, *, as_json: bool) -> None:
    if as_json:
        print_json(answer)
    else:
        typer.echo(text)


def _client() -> Client:
    return Client.from_settings(load_settings())
