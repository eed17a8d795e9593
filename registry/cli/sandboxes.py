"""`lineage sandbox`: places to work that others do not see."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from registry.cli import options
from registry.cli.client import Client
from registry.cli.drawing.grants import draw_promotion, draw_sandbox, draw_sandboxes
from registry.cli.failures import ReportingGroup
from registry.cli.grants import check_id
from registry.cli.names import expand_name
from registry.cli.terminal import output, print_json
from registry.permission.namespaces import is_sandbox_name
from registry.settings import load_settings

_PATH = "/api/v1/sandboxes"
_EXAMPLES = """
**Examples**

- `lineage sandbox create ada --days 14` makes the namespace sandbox:ada, which nobody else sees
- `lineage sandbox share ada bob` lets the service bob work there too
- `lineage sandbox promote ada Model:sandbox%3Aada:churn --to prod --reason "it is better"` copies work out of it
- `lineage sandbox remove ada` removes it with everything in it
"""

app = typer.Typer(
    name="sandbox",
    cls=ReportingGroup,
    help="Sandboxes: places to work that others do not see.",
    epilog=_EXAMPLES,
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


def _name(value: str) -> str:
    if not is_sandbox_name(value):
        raise typer.BadParameter("a name has 1 to 63 small letters, digits, points, dashes and underscores.")
    return value


Name = Annotated[str, typer.Argument(help="Name of the sandbox.", callback=_name, show_default=False)]
Days = Annotated[int, typer.Option("--days", min=1, max=366, help="How long it is kept, from now.")]
Why = Annotated[str | None, typer.Option("--reason", help="Why, for the ledger.", show_default=False)]


@app.command()
def create(name: Name, days: Days = 30, reason: Why = None, as_json: options.AsJson = False) -> None:
    """Make a sandbox; it goes, with everything in it, after its days."""
    with _client() as client:
        answer = client.submit(_PATH, _said(name=name, days=days, reason=reason))
    _tell(answer, f"Work in the namespace {answer['namespace']} until {answer['expires_at'][:10]}.", as_json=as_json)


@app.command("list")
def list_sandboxes(as_json: options.AsJson = False) -> None:
    """List the sandboxes that you work in."""
    with _client() as client:
        answer = client.request("GET", _PATH)
    if as_json:
        print_json(answer)
    else:
        output().print(draw_sandboxes(answer["sandboxes"]))


@app.command()
def share(
    name: Name,
    who: Annotated[
        str | None, typer.Argument(metavar="WHO", help="A service, or a subject.", show_default=False)
    ] = None,
    role: Annotated[str, typer.Option("--role", help="reader, contributor or administrator.")] = "contributor",
    group: Annotated[str | None, typer.Option("--group", help="All of a group instead.", show_default=False)] = None,
    issuer: Annotated[
        str | None, typer.Option("--issuer", metavar="URL", help="Whose name it is.", show_default=False)
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Let somebody else work in a sandbox. `lineage sandbox unshare` takes that back."""
    if (who is None) == (group is None):
        raise typer.BadParameter("Say who: WHO, or --group.")
    with _client() as client:
        answer = client.submit(f"{_PATH}/{name}/members", _said(subject=who, group=group, role=role, issuer=issuer))
    _tell(answer, f"{who or group} works in {name} now, by grant {answer['id']}.", as_json=as_json)


@app.command()
def show(name: Name, as_json: options.AsJson = False) -> None:
    """Show a sandbox and who works in it."""
    with _client() as client:
        answer = client.request("GET", f"{_PATH}/{name}")
    if as_json:
        print_json(answer)
    else:
        output().print(draw_sandbox(answer))


@app.command()
def unshare(
    name: Name,
    grant_id: Annotated[str, typer.Argument(metavar="ID", help="Id of the member's grant.", callback=check_id)],
    reason: Why = None,
    as_json: options.AsJson = False,
) -> None:
    """Let somebody out again, by the grant that `lineage sandbox show` lists."""
    with _client() as client:
        answer = client.request("DELETE", f"{_PATH}/{name}/members/{grant_id}", params=_said(reason=reason))
    _tell(answer, f"Took {grant_id} back.", as_json=as_json)


@app.command()
def prolong(name: Name, days: Days = 30, reason: Why = None, as_json: options.AsJson = False) -> None:
    """Keep a sandbox for so many days from now."""
    with _client() as client:
        answer = client.submit(f"{_PATH}/{name}/prolong", _said(days=days, reason=reason))
    _tell(answer, f"It is kept until {answer['expires_at'][:10]}.", as_json=as_json)


@app.command()
def promote(
    name: Name,
    urns: Annotated[
        list[str], typer.Argument(metavar="URN...", help="What to copy, with its lineage.", show_default=False)
    ],
    target: Annotated[str, typer.Option("--to", metavar="NAMESPACE", help="Where to.", show_default=False)],
    reason: Annotated[str, typer.Option("--reason", help="Why, for the ledger.", show_default=False)],
    as_json: options.AsJson = False,
) -> None:
    """Copy work with the lineage behind it under a namespace that you may write. The same again changes nothing."""
    body = {"urns": [expand_name(urn) for urn in urns], "to": target, "reason": reason}
    with _client() as client:
        answer = client.submit(f"{_PATH}/{name}/promote", body)
    if as_json:
        print_json(answer)
    else:
        output().print(draw_promotion(answer))


@app.command()
def remove(
    name: Name,
    reason: Why = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: options.AsJson = False,
) -> None:
    """Remove a sandbox with everything in it, for good."""
    if not yes:
        typer.confirm(f"Remove the sandbox {name} with everything in it?", abort=True)
    with _client() as client:
        answer = client.request("DELETE", f"{_PATH}/{name}", params=_said(reason=reason))
    _tell(answer, f"Removed {name} and {answer['entities']} entities.", as_json=as_json)


def _said(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _client() -> Client:
    return Client.from_settings(load_settings())


def _tell(answer: dict[str, Any], text: str, *, as_json: bool) -> None:
    if as_json:
        print_json(answer)
    else:
        typer.echo(text)
