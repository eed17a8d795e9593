"""Parameters and rows of the questions that Marquez's clients ask. Times are microseconds since 1970.

``open`` is the end of what has not ended. Names are looked up by URN, or in the indexes over namespace and name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class NowParams:
    """Nothing but the present."""

    open: int


@dataclass(frozen=True, slots=True)
class PageParams:
    """A page of everything."""

    open: int
    limit: int
    offset: int


@dataclass(frozen=True, slots=True)
class FirstParams:
    """The first of everything."""

    open: int
    limit: int


@dataclass(frozen=True, slots=True)
class NamespaceParams:
    """One namespace."""

    open: int
    namespace: str


@dataclass(frozen=True, slots=True)
class NamespacePageParams:
    """A page of what is in one namespace."""

    open: int
    namespace: str
    limit: int
    offset: int


@dataclass(frozen=True, slots=True)
class UrnParams:
    """One entity."""

    open: int
    urn: str


@dataclass(frozen=True, slots=True)
class UrnPageParams:
    """A page of what belongs to one entity."""

    open: int
    urn: str
    limit: int
    offset: int


@dataclass(frozen=True, slots=True)
class VersionsParams:
    """A page of the versions of one data set, or those of one name."""

    open: int
    urn: str
    version: str | None
    limit: int
    offset: int


@dataclass(frozen=True, slots=True)
class UrnsParams:
    """Several entities."""

    open: int
    urns: list[str]


@dataclass(frozen=True, slots=True)
class ColumnsParams:
    """Several columns."""

    urns: list[str]


@dataclass(frozen=True, slots=True)
class NameParams:
    """Everything of one name."""

    open: int
    name: str


@dataclass(frozen=True, slots=True)
class CountRow:
    """How many."""

    total: int


@dataclass(frozen=True, slots=True)
class NamespaceRow:
    """A namespace: since when it has something, and when that last changed."""

    name: str
    since: int
    changed: int


@dataclass(frozen=True, slots=True)
class DatasetRow:
    """A data set, the columns (name, type, tags, description) of its latest schema, and what was made last."""

    properties: dict[str, Any]
    columns: list[list[Any]]
    current: str | None


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version of a data set with its columns, and the run that made it, if one did."""

    properties: dict[str, Any]
    dataset: dict[str, Any]
    columns: list[list[Any]]
    run: dict[str, Any] | None
    job_namespace: str | None
    job_name: str | None


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job; what its runs read and made as namespace, name (None for a slice) and URN; and its latest run."""

    properties: dict[str, Any]
    inputs: list[list[Any]]
    outputs: list[list[Any]]
    latest: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run, its job, and the versions that it read and made, each as namespace, name and version."""

    properties: dict[str, Any]
    job_namespace: str
    job_name: str
    inputs: list[list[str]]
    outputs: list[list[str]]


@dataclass(frozen=True, slots=True)
class AroundRow:
    """A job reads a data set, or makes it."""

    job: str
    dataset: str
    reads: bool


@dataclass(frozen=True, slots=True)
class UrnRow:
    """A name."""

    urn: str


@dataclass(frozen=True, slots=True)
class DerivedRow:
    """A column is made of another one, in words how."""

    made: str
    source: str
    how: str | None


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """The labels of a column."""

    urn: str
    namespace: str
    name: str
    title: str | None
    data_type: str | None


@dataclass(frozen=True, slots=True)
class BehindRow:
    """A run, its job, and what it read: namespace, name, version, and name and URN of the run that made it."""

    properties: dict[str, Any]
    job_namespace: str
    job_name: str
    inputs: list[list[Any]]


@dataclass(frozen=True, slots=True)
class SourceRow:
    """Data sets of one namespace, or those whose facet says the same: ``told`` is the inside of a JSON object."""

    namespace: str
    told: str | None
    since: int
    changed: int


@dataclass(frozen=True, slots=True)
class TagRow:
    """A label."""

    name: str
