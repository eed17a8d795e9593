"""`lineage grant` and `lineage policy`: who may do what, and what decides it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from registry.cli import options
from registry.cli.client import Client
from registry.cli.drawing.grants import draw_decision, draw_grants, draw_policy
from registry.cli.failures import ReportingGroup
from registry.cli.names import check_time, expand_name
from registry.cli.terminal import output, print_json
from registry.settings import load_settings

_PATH = "/api/v1/grants"
_EXAMPLES = """
**Examples**

- `lineage grant add reader reports --in 'prod/*'` lets the service reports read what is below prod
- `lineage grant add approver --group ml-leads --issuer https://login.example --in '*'` grants to a group of the issuer
- `lineage grant list` shows all, `lineage grant remove ID` takes one back, everywhere within a second
- `lineage policy explain --as reports --to read --on Model:prod:churn` says which rule decides
- `lineage policy check policy.toml` reads a policy file without using it
"""

grants = typer.Typer(
    name="grant",
    cls=ReportingGroup,
    help="Grants: who may do what in which namespaces.",
    epilog=_EXAMPLES,
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
policy = typer.Typer(
    name="policy",
    cls=ReportingGroup,
    help="The policy: all grants together, and what decides a question.",
    epilog=_EXAMPLES,
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

_ID_DIGITS = 12


def check_id(value: str) -> str:
    """The id of a grant. Raises typer.BadParameter."""
    if len(value) != _ID_DIGITS or not set(value) <= set("0123456789abcdef"):
        raise typer.BadParameter("an id has 12 digits, as `lineage grant list` and `lineage sandbox show` list them.")
    return value


Why = Annotated[str | None, typer.Option("--reason", help="Why, for the ledger.", show_default=False)]
Group = Annotated[str | None, typer.Option("--group", help="Grant to all of this group instead.", show_default=False)]
Issuer = Annotated[
    str | None,
    typer.Option(
        "--issuer", metavar="URL", help="Whose name it is. Default: a service of this registry.", show_default=False
    ),
]


@grants.command("add")
def add_grant(
    role: Annotated[
        str, typer.Argument(help="reader, contributor, approver, auditor or administrator.", show_default=False)
    ],
    subject: Annotated[
        str | None, typer.Argument(metavar="WHO", help="A service, or a subject.", show_default=False)
    ] = None,
    namespaces: Annotated[
        list[str] | None,
        typer.Option("--in", metavar="PATTERN", help="A namespace, prod/*, or *. May be repeated.", show_default=False),
    ] = None,
    group: Group = None,
    issuer: Issuer = None,
    ceiling: Annotated[
        str | None,
        typer.Option(
            "--up-to", metavar="LEVEL", help="public, internal, confidential or restricted.", show_default=False
        ),
    ] = None,
    owned: Annotated[bool, typer.Option("--owned", help="Only what they own.")] = False,
    channels: Annotated[
        list[str] | None,
        typer.Option("--channel", help="Writes only by this channel. May be repeated.", show_default=False),
    ] = None,
    expires: Annotated[
        str | None,
        typer.Option("--until", metavar="TIME", help="When it ends.", callback=check_time, show_default=False),
    ] = None,
    reason: Why = None,
    as_json: options.AsJson = False,
) -> None:
    """Add a grant. Adding it again changes nothing."""
    if (subject is None) == (group is None):
        raise typer.BadParameter("Say who: WHO, or --group.")
    if not namespaces:
        raise typer.BadParameter("Say where: --in PATTERN.")
    said: dict[str, Any] = {
        "role": role, "subject": subject, "group": group, "issuer": issuer, "namespaces": namespaces, "ceiling": ceiling,
        "owned": owned or None, "channels": channels or None, "expires_at": expires, "reason": reason,
    }  # fmt: skip
    with _client() as client:
        answer = client.submit(_PATH, {name: value for name, value in said.items() if value is not None})
    text = f"Added as {answer['id']}." if answer["new"] else f"It was there already, as {answer['id']}."
    _tell(answer, text, as_json=as_json)


@grants.command("remove")
def remove_grant(
    grant_id: Annotated[
        str, typer.Argument(metavar="ID", help="Id of a grant.", callback=check_id, show_default=False)
    ],
    reason: Why = None,
    as_json: options.AsJson = False,
) -> None:
    """Take a grant back; it ends everywhere within a second."""
    with _client() as client:
        answer = client.request("DELETE", f"{_PATH}/{grant_id}", params={} if reason is None else {"reason": reason})
    _tell(answer, f"Removed {grant_id}.", as_json=as_json)


@grants.command("list")
def list_grants(as_json: options.AsJson = False) -> None:
    """List the grants, those of the policy file too."""
    with _client() as client:
        answer = client.request("GET", _PATH)
    _draw(answer, draw_grants, as_json=as_json)


@policy.command("show")
def show_policy(as_json: options.AsJson = False) -> None:
    """Show all that decides now, and the digest that the ledger names it by."""
    with _client() as client:
        answer = client.request("GET", "/api/v1/policy")
    _draw(answer, draw_policy, as_json=as_json)


@policy.command("check")
def check_policy(
    file: Annotated[Path, typer.Argument(help="A policy file.", show_default=False)], as_json: options.AsJson = False
) -> None:
    """Read a policy file without using it: what it grants, or what is wrong with it."""
    from registry.grants.file import read_policy_file
    from registry.permission.grant_document import grant_document

    found = [grant_document(grant) for grant in read_policy_file(file)]
    _draw({"grants": [], "policy_file": found}, draw_grants, as_json=as_json)


@policy.command("explain")
def explain_policy(
    subject: Annotated[str, typer.Option("--as", metavar="WHO", help="A service, or a subject.", show_default=False)],
    permission: Annotated[
        str,
        typer.Option(
            "--to", metavar="PERMISSION", show_default=False,
            help="read, export, write, approve, read-sensitive, audit or administer.",
        ),
    ],
    on: Annotated[str | None, typer.Option("--on", metavar="URN", help="With what.", show_default=False)] = None,
    namespace: Annotated[str | None, typer.Option("--in", metavar="NAMESPACE", help="Or where.", show_default=False)] = None,
    groups: Annotated[list[str] | None, typer.Option("--group", help="A group of theirs.", show_default=False)] = None,
    agents: Annotated[
        list[str] | None, typer.Option("--acts-for", metavar="URN", help="An agent of theirs.", show_default=False)
    ] = None,
    issuer: Issuer = None,
    as_json: options.AsJson = False,
) -> None:  # fmt: skip
    """Say whether somebody may do something, by which rule, and what each of their grants says. Ends with 1 where not."""
    said = {
        "subject": subject, "permission": permission, "namespace": namespace, "groups": groups or [], "issuer": issuer,
        "urn": None if on is None else expand_name(on), "agents": [expand_name(agent) for agent in agents or ()],
    }  # fmt: skip
    with _client() as client:
        answer = client.submit(
            "/api/v1/policy/explain", {name: value for name, value in said.items() if value is not None}
        )
    _draw(answer, draw_decision, as_json=as_json)
    if not answer["allowed"]:
        raise typer.Exit(1)


def _client() -> Client:
    return Client.from_settings(load_settings())


def _draw(answer: dict[str, Any], draw: Any, *, as_json: bool) -> None:
    if as_json:
        print_json(answer)
    else:
        output().print(draw(answer))


def _tell(answer: dict[str, Any], text: str, *, as_json: bool) -> None:
    if as_json:
        print_json(answer)
    else:
        typer.echo(text)
