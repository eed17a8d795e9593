"""Rules over the content, written as data."""

from __future__ import annotations

from pathlib import Path

import pytest

from registry.errors import ConfigurationError
from registry.validation.content import load_rules

RULES = """
[[rule]]
id = "production-has-owners"
kinds = ["Model"]
namespaces = ["prod", "prod/*"]
require = ["owners", "description"]
message = "Somebody answers for production."

[[rule]]
id = "names"
severity = "warning"
name_pattern = "[a-z-]+"
allowed = { lifecycle = ["active"] }
"""


def model(namespace: str = "prod/eu", name: str = "fraud", **more: object) -> dict[str, object]:
    urn = f"urn:lineage:Model:{namespace}:{name}"
    return {"urn": urn, "kind": "Model", "namespace": namespace, "name": name} | more


def test_rules_say_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(RULES)
    rules = load_rules(path)
    assert [item.rule for item in rules.check(model(), owned=False)] == ["content:production-has-owners"] * 2
    assert rules.check(model(description="…"), owned=True) == []
    assert rules.check(model(namespace="dev"), owned=False) == []
    found = rules.check(model(namespace="dev", name="Fraud", lifecycle="draft"), owned=False)
    assert [(item.rule, item.severity.value) for item in found] == [("content:names", "warning")] * 2


@pytest.mark.parametrize(
    "text",
    ["not toml", "rule = 3", "[[rule]]\nid = 'x'", "[[rule]]\nid = 'x'\nrequire = ['colour']",
     "[[rule]]\nid = 'x'\nkinds = ['Modell']\nrequire = ['tags']", "[[rule]]\nid = 'x'\nname_pattern = '('",
     "[[rule]]\nid='x'\nallowed={rows=['1']}",
     "[[rule]]\nid='x'\nrequire=['tags']\n[[rule]]\nid='x'\nrequire=['tags']"],
)  # fmt: skip
def test_rules_that_cannot_be_used_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(text)
    with pytest.raises(ConfigurationError):
        load_rules(path)


def test_a_missing_rules_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        load_rules(tmp_path / "none.toml")


def test_every_item_of_a_list_must_be_allowed(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text("[[rule]]\nid = 'tags'\nallowed = { tags = ['gold', 'raw'] }")
    rules = load_rules(path)
    assert rules.check(model(tags=["gold"]), owned=False) == []
    assert len(rules.check(model(tags=["gold", "lead"]), owned=False)) == 1
