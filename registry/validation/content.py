"""Rules over the content, which a deployment writes as data: owners, names, allowed values by namespace.

A rules file is TOML with any number of tables like this one; ``id`` and at least one demand are needed::

    [[rule]]
    id = "production-has-owners"
    severity = "error"            # or "warning": kept, with a finding
    kinds = ["Model", "Dataset"]  # all, if left out
    namespaces = ["prod", "prod/*"]
    require = ["owners", "description"]
    name_pattern = "[a-z][a-z0-9-]*"
    allowed = { lifecycle = ["active", "deprecated"] }
    message = "Production assets have an owner and a description."
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from graph_schema.catalogue import KINDS, properties_of
from graph_schema.core import ValueType
from graph_schema.storage import SEALED
from registry.errors import ConfigurationError
from registry.records import Finding, Severity

_OWNERS = "owners"
_ALL = tuple(item for kind in KINDS.values() for item in properties_of(kind))
_ATTRIBUTES = {item.name for item in _ALL}
_TEXTS = {item.name for item in _ALL if item.type in (ValueType.STRING, ValueType.STRINGS)}


class ContentRule(BaseModel):
    """One rule: what it looks at and what it demands."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    severity: Severity = Severity.ERROR
    kinds: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ("*",)
    require: tuple[str, ...] = ()
    name_pattern: str | None = None
    allowed: dict[str, tuple[str, ...]] = {}
    message: str = ""

    @field_validator("kinds")
    @classmethod
    def _known_kinds(cls, kinds: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted(set(kinds) - set(KINDS))
        if unknown:
            raise ValueError(f"unknown kinds: {', '.join(unknown)}")
        return kinds

    @field_validator("name_pattern")
    @classmethod
    def _sound_pattern(cls, pattern: str | None) -> str | None:
        if pattern is not None:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"not a regular expression: {error}") from None
        return pattern

    @model_validator(mode="after")
    def _demands_something_known(self) -> Self:
        named = {*self.require, *self.allowed}
        unknown = sorted(named - _ATTRIBUTES - {_OWNERS})
        if unknown:
            raise ValueError(f"unknown attributes: {', '.join(unknown)}")
        other = sorted(set(self.allowed) - _TEXTS)
        if other:
            raise ValueError(f"allowed values are for text attributes, not for {', '.join(other)}")
        if not named and self.name_pattern is None:
            raise ValueError("a rule demands something: require, name_pattern or allowed")
        return self

    def concerns(self, kind: str, namespace: str) -> bool:
        """Whether the rule looks at entities of this kind and namespace."""
        return (not self.kinds or kind in self.kinds) and any(fnmatchcase(namespace, item) for item in self.namespaces)

    def violations(self, properties: Mapping[str, Any], *, owned: bool) -> Iterator[str]:
        """What an entity lacks, in words."""
        for name in self.require:
            if not (owned if name == _OWNERS else properties.get(name) or properties.get(f"{SEALED}{name}")):
                yield f"{name} is missing"
        if self.name_pattern is not None and re.fullmatch(self.name_pattern, properties["name"]) is None:
            yield f"the name does not match {self.name_pattern}"
        for name, values in self.allowed.items():
            given = properties.get(name)
            for item in given if isinstance(given, list) else [given]:
                if item is not None and item not in values:
                    yield f"{name} is {str(item)[:80]!r}; allowed are {', '.join(values)}"


class RuleSet:
    """The rules of a deployment; false where there are none."""

    def __init__(self, rules: tuple[ContentRule, ...] = ()) -> None:
        self._rules = rules
        self.ask_for_owners = any(_OWNERS in rule.require for rule in rules)

    def __bool__(self) -> bool:
        return bool(self._rules)

    def check(self, properties: Mapping[str, Any], *, owned: bool) -> list[Finding]:
        """Every rule that an entity, as it now is in the graph, breaks."""
        return [
            Finding(f"content:{rule.id}", rule.severity, properties["urn"], f"{violation}. {rule.message}".strip())
            for rule in self._rules
            if rule.concerns(properties["kind"], properties["namespace"])
            for violation in rule.violations(properties, owned=owned)
        ]


def load_rules(path: Path | None) -> RuleSet:
    """Read a rules file; no file, no rules. Raises ConfigurationError naming what is wrong with it."""
    if path is None:
        return RuleSet()
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        listed = document.get("rule", [])
        rules = tuple(ContentRule.model_validate(item) for item in listed)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError, TypeError) as error:
        hint = "docs/how-to/content-rules.md shows how a rules file is written."
        raise ConfigurationError(f"The rules file {path} cannot be used: {error}", hint=hint) from error
    ids = [rule.id for rule in rules]
    if len(ids) != len(set(ids)):
        raise ConfigurationError(f"The rules file {path} has a rule id twice.")
    return RuleSet(rules)
