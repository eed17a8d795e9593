"""Grants, decisions and sandboxes, for people."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from registry.cli.drawing.parts import Json, counted, facts_table, plain_table, time_text
from registry.cli.terminal import literal


def draw_grants(answer: Json) -> RenderableType:
    """A row for each grant, those of the policy file last."""
    rows = [*answer["grants"], *({"added_by": "policy file"} | grant for grant in answer["policy_file"])]
    if not rows:
        return Text(
            "Nothing is granted: only the administrator's token opens anything. `lineage grant add` changes that."
        )
    table = plain_table("Id", "Role", "To", "In", "Only", "Until", "By", "Why")
    for grant in rows:
        table.add_row(
            literal(grant["id"], "cyan"), literal(grant["role"]), literal(holder(grant)),
            literal(", ".join(grant["namespaces"])), literal(narrowing(grant)), time_text(grant.get("expires_at")),
            literal(grant["added_by"]), literal(grant.get("reason") or ""),
        )  # fmt: skip
    return table


def draw_policy(policy: Json) -> RenderableType:
    """What the policy comes to."""
    table = facts_table()
    table.add_row("digest", literal(policy["digest"]))
    table.add_row("sandboxes", literal(", ".join(policy["sandboxes"]) or "none"))
    listed = [{"added_by": "", **grant} for grant in policy["grants"]]
    return Group(table, Text(), draw_grants({"grants": listed, "policy_file": []}))


def draw_decision(answer: Json) -> RenderableType:
    """Whether it is allowed, by which rule, and what each grant says."""
    allowed = answer["allowed"]
    parts: list[RenderableType] = [
        literal(f"{'Allowed' if allowed else 'Denied'} by {answer['rule']}", "bold green" if allowed else "bold red")
    ]
    if answer["on"] is not None:
        on = answer["on"]
        owners = f", owned by {', '.join(on['owners'])}" if on["owners"] else ""
        label = on["sensitivity"] or "no label"
        parts.append(literal(f"on {on['kind'] or 'anything'} in {on['namespace']}, {label}{owners}", "dim"))
    for grant in answer["grants"]:
        said = "allows it" if grant["against"] is None else grant["against"]
        parts.append(literal(f"  grant:{grant['id']}/{grant['role']} in {', '.join(grant['namespaces'])}: {said}"))
    if not answer["grants"]:
        parts.append(literal("  no grant is for them", "dim"))
    return Group(*parts)


def draw_sandboxes(sandboxes: list[Json]) -> RenderableType:
    """A row for each sandbox."""
    if not sandboxes:
        return Text("You work in no sandbox. `lineage sandbox create NAME` makes one.")
    table = plain_table("Name", "Namespace", "Made", "By", "Until", "Why")
    for item in sandboxes:
        table.add_row(
            literal(item["name"], "cyan"), literal(item["namespace"]), time_text(item["created_at"]),
            literal(item["created_by"]), time_text(item["expires_at"]), literal(item["reason"] or ""),
        )  # fmt: skip
    return table


def draw_sandbox(sandbox: Json) -> RenderableType:
    """A sandbox and the grants of its members."""
    members = plain_table("Id", "Role", "Who")
    for grant in sandbox["members"]:
        members.add_row(literal(grant["id"], "cyan"), literal(grant["role"]), literal(holder(grant)))
    return Group(draw_sandboxes([sandbox]), Text(), members)


def draw_promotion(answer: Json) -> RenderableType:
    """What was copied where, and what stayed behind."""
    table = plain_table("In the sandbox", "Now")
    for old, new in answer["promoted"].items():
        table.add_row(literal(old), literal(new, "green"))
    told = (
        "It was promoted before: nothing changed."
        if answer["replayed"]
        else counted(len(answer["promoted"]), "copy", "copies")
    )
    parts: list[RenderableType] = [table, Text(), Text(told)]
    if answer["left_out"]:
        parts.append(literal(f"Sensitive values that stayed behind: {', '.join(answer['left_out'])}", "yellow"))
    return Group(*parts)


def holder(grant: Json) -> str:
    """Whom a grant is for."""
    who = grant.get("subject") or f"group {grant.get('group')}"
    return f"{who} of {grant['issuer']}" if grant.get("issuer") else str(who)


def narrowing(grant: Json) -> str:
    """What a grant is narrowed to."""
    said = []
    if grant.get("ceiling"):
        said.append(f"up to {grant['ceiling']}")
    if grant.get("owned"):
        said.append("what they own")
    if grant.get("channels"):
        said.append(f"by {', '.join(grant['channels'])}")
    return ", ".join(said)
