"""The question, the check of the registry's answer against the pipeline's own account, and the printed answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from rich.console import Console, Group
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from examples.demo.account import Account
from examples.demo.reporting import Registry
from examples.demo.things import NAMESPACE, Thing

QUESTION = """
query WhoUses($urn: URN!) {
  impact(urn: $urn) {
    items {
      depth certainty summary
      node { urn kind label namespace }
      owners { name }
      path { node { label } }
    }
    evaluations { evaluation { urn kind label } model data }
    completeness { complete reasons nodes edges }
  }
}
"""

TO_PASTE = """{
  impact(urn: "%s", kinds: [ModelVersion, Deployment]) {
    items { node { kind label } depth certainty summary owners { name } }
    completeness { complete reasons }
  }
}
"""

SOURCES = """
query MadeFrom($urn: URN!) {
  lineage(urn: $urn, direction: UPSTREAM, kinds: [DatasetVersion]) { nodes { urn label } completeness { complete } }
}
"""

SHOWN = ("ModelVersion", "Deployment", "Endpoint", "AISystem")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the registry answered for one data set version, and what should have been."""

    start: Thing
    items: list[dict[str, Any]]
    evaluations: list[dict[str, Any]]
    completeness: dict[str, Any]
    differences: tuple[str, ...]

    @property
    def urns(self) -> set[str]:
        """The names of everything in it."""
        return {item["node"]["urn"] for item in self.items}


def ask(registry: Registry, account: Account, start: Thing) -> Answer:
    """Ask what is made from ``start``, and compare. Raises RegistryError when there is no answer."""
    impact = registry.ask(QUESTION, {"urn": start.urn})["impact"]
    differences = _differences(impact, account, start)
    return Answer(start, impact["items"], impact["evaluations"], impact["completeness"], tuple(differences))


def _differences(impact: dict[str, Any], account: Account, start: Thing) -> list[str]:
    """Each way in which the answer is not what the account says. What others made of the data is not the account's.

    Runs of earlier executions stay in the registry, so of runs only the missing ones count.
    """
    prefixes = tuple(f"urn:lineage:{kind}:{NAMESPACE}:" for kind in {thing.kind for thing in account.everything()})
    found = {item["node"]["urn"] for item in impact["items"]}
    expected = {thing.urn for thing in account.made_from(start)}
    judged = {item["evaluation"]["urn"] for item in impact["evaluations"]}
    expected_judged = {thing.urn for thing in account.judged_on(start)}
    unsure = {item["node"]["urn"] for item in impact["items"] if item["certainty"] != "CERTAIN"}
    completeness = impact["completeness"]
    return [
        *(f"missing: {urn}" for urn in sorted(expected - found)),
        *(f"not made from {start.label}: {urn}" for urn in sorted(found - expected) if urn.startswith(prefixes)),
        *(f"only possible: {urn}" for urn in sorted(expected & unsure)),
        *(f"evaluation missing: {urn}" for urn in sorted(expected_judged - judged)),
        *(f"evaluation not on it: {urn}" for urn in sorted(judged - expected_judged) if urn.startswith(prefixes)),
        *([] if completeness["complete"] else [f"incomplete: {', '.join(completeness['reasons'])}"]),
    ]


def show(console: Console, registry: Registry, account: Account, answer: Answer) -> None:
    """Print who uses it and why, who does not and why, and what no longer holds."""
    console.print()
    console.rule(f"Which models and deployments use {answer.start.label}?")
    for kind in SHOWN:
        for item in answer.items:
            if item["node"]["kind"] == kind:
                console.print(_explained(item, answer.start))
    _show_unaffected(console, registry, account, answer)
    _show_evaluations(console, account, answer)
    size = answer.completeness
    console.print(
        f"\nThe answer is complete: {size['nodes']} things, {size['edges']} edges. It equals what the pipeline "
        f"itself says it read and wrote."
    )


def link(registry: Registry, start: Thing) -> str:
    """The address of the same question in the GraphQL page."""
    return f"{registry.url}/graphql?{urlencode({'query': TO_PASTE % start.urn}, quote_via=quote)}"


def _explained(item: dict[str, Any], start: Thing) -> Padding:
    """What it is and whose, why it is in the answer, and the path from the data to it."""
    owners = ", ".join(owner["name"] for owner in item["owners"]) or "nobody"
    path = " ← ".join(escape(step["node"]["label"]) for step in reversed(item["path"]))
    title = f"[bold green]{escape(item['node']['label'])}[/] [dim]{item['node']['kind']}, owned by {escape(owners)}[/]"
    why = Group(escape(item["summary"]), f"[dim]{path} ← {escape(start.label)}[/]")
    return Padding(Group(title, Padding(why, (0, 0, 0, 2))), (1, 0, 0, 2))


def _show_unaffected(console: Console, registry: Registry, account: Account, answer: Answer) -> None:
    """Models and deployments that do not use it, with what the registry says they are made from."""
    table = Table(title=f"Not made from {answer.start.label}", title_justify="left", box=None, padding=(0, 2))
    evaluated = {item["model"] for item in answer.evaluations}
    for thing in sorted(account.everything() - account.made_from(answer.start), key=lambda thing: thing.urn):
        if thing.kind not in SHOWN[:2]:
            continue
        sources = registry.ask(SOURCES, {"urn": thing.urn})["lineage"]["nodes"]
        made_from = ", ".join(sorted(node["label"] for node in sources if f":{NAMESPACE}:" in node["urn"]))
        why = f"made from {made_from}"
        if thing.urn in evaluated:
            why = f"evaluated on {answer.start.label}, but {why}"
        table.add_row(f"[bold]{escape(thing.label)}[/]", f"[dim]{thing.kind}[/]", escape(why))
    console.print()
    console.print(table)


def _show_evaluations(console: Console, account: Account, answer: Answer) -> None:
    labels = {thing.urn: thing.label for thing in account.everything()}
    table = Table(
        title=f"Evaluations that no longer hold if {answer.start.label} changes",
        title_justify="left",
        box=None,
        padding=(0, 2),
    )
    for item in answer.evaluations:
        model, data = (labels.get(item[end], item[end] or "?") for end in ("model", "data"))
        how = "validated, while it was trained," if item["evaluation"]["kind"] == "Run" else "evaluated"
        table.add_row(f"[bold]{escape(model)}[/]", f"{how} on {escape(data)}")
    console.print()
    console.print(table)
