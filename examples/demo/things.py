"""What the pipeline reads and writes, by name."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

NAMESPACE = "demo"


@dataclass(frozen=True, slots=True)
class Thing:
    """One entity: a data set version, a model version, a deployment. ``version`` is None for kinds without."""

    kind: str
    name: str
    version: str | None = None
    namespace: str = NAMESPACE

    @property
    def urn(self) -> str:
        """The name that the registry knows it by."""
        parts = [self.namespace, self.name, *([self.version] if self.version is not None else [])]
        return ":".join(["urn:lineage", self.kind, *(quote(part, safe="/@+,=~") for part in parts)])

    @property
    def label(self) -> str:
        """The name for people: ``wine v3``."""
        if self.version is None:
            return self.name
        return f"{self.name} v{self.version}" if self.version[:1].isdigit() else f"{self.name} {self.version}"


@dataclass(frozen=True, slots=True)
class Read:
    """A thing that a step reads, and what for.

    In the role of ``input`` or ``train`` it goes into what is written; ``validate`` and ``test`` only judge it.
    ``part`` says which rows, where not all.
    """

    thing: Thing
    role: str
    part: str | None = None
