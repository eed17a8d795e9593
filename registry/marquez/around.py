"""Marquez's questions about what lies around something: jobs and data sets, columns, runs."""

from __future__ import annotations

from typing import Any

from graph_schema.urn import parse_urn
from queries import marquez as questions
from queries.marquez.rows import AroundRow, ColumnRow, DerivedRow
from queries.query import Query
from registry.errors import InvalidRequestError
from registry.marquez import documents
from registry.marquez.asking import Asking
from registry.marquez.documents import Json
from registry.marquez.nodes import find_node, node_id
from registry.marquez.reading import Reading, job_document

MOST_NODES = 2_000
"""Jobs and data sets, or columns, in one answer; an answer that was cut says so."""


class Around:
    """The graphs that Marquez answers with."""

    def __init__(self, asking: Asking) -> None:
        self._ask = asking

    def lineage(self, node: str, depth: int) -> Json:
        """Jobs and data sets around one, both ways.

        ``complete`` is false where there are more, further away than ``depth`` or beyond MOST_NODES. Raises
        InvalidRequestError, NotFoundError.
        """
        start = find_node(self._ask, node)
        if parse_urn(start).kind == "Field":
            raise InvalidRequestError("Lineage is asked of a dataset or a job.", hint="Columns: /column-lineage.")
        reads: set[tuple[str, str]] = set()
        writes: set[tuple[str, str]] = set()
        seen, frontier = {start}, {start}
        for step in range(depth + 1):
            found = self._around(frontier)
            for row in found:
                (reads if row.reads else writes).add((row.job, row.dataset))
            frontier = {urn for row in found for urn in (row.job, row.dataset)} - seen
            if not frontier or step == depth or len(seen) + len(frontier) > MOST_NODES:
                break
            seen |= frontier
        edges = [(dataset, job) for job, dataset in reads] + list(writes)
        return {"graph": self._graph(seen, edges), "complete": not frontier}

    def column_lineage(self, node: str, depth: int, *, downstream: bool) -> Json:
        """Columns that those of a data set, or one column, come from.

        ``complete`` is false where there are more, further away than ``depth`` or beyond MOST_NODES. Raises
        InvalidRequestError, NotFoundError.
        """
        starts = self._columns_meant(find_node(self._ask, node))
        complete = len(starts) <= MOST_NODES
        starts = set(sorted(starts)[:MOST_NODES])
        edges: dict[tuple[str, str], str | None] = {}
        for question in (questions.COLUMNS_BEHIND, *((questions.COLUMNS_BEFORE,) if downstream else ())):
            found, everything = self._columns_along(question, starts, depth)
            edges |= found
            complete = complete and everything
        urns = starts | {urn for pair in edges for urn in pair}
        rows = self._ask.database.run(
            questions.COLUMNS, questions.COLUMNS.params(sorted(urns)), bookmarks=self._ask.bookmarks
        )
        return {"graph": _column_graph(rows, edges), "complete": complete}

    def runs_behind(self, run_id: str, depth: int) -> Json:
        """The runs that made what a run read, and so on: exact versions alone lead further.

        ``complete`` is false where there are more, further away than ``depth`` or beyond MOST_NODES. Raises
        NotFoundError, and InvalidRequestError where runs of two namespaces have that id.
        """
        found: dict[str, Json] = {}
        seen, frontier = set[str](), {Reading(self._ask).run_row(run_id).properties["urn"]}
        for _ in range(depth + 1):
            seen |= frontier
            rows = self._ask.rows(questions.RUNS_BEHIND, urns=sorted(frontier))
            for row in rows:
                found[row.properties["urn"]] = documents.run_behind(row)
            frontier = {item[-1] for row in rows for item in row.inputs if item[-1] is not None} - seen
            if not frontier or len(seen) + len(frontier) > MOST_NODES:
                break
        return {"runs": list(found.values()), "complete": not frontier}

    def _columns_meant(self, start: str) -> set[str]:
        """The columns of what a node id names: of the outputs of a job, of a data set, or that column."""
        kind = parse_urn(start).kind
        if kind == "Field":
            return {start}
        datasets = [row.dataset for row in self._around({start}) if not row.reads] if kind == "Job" else [start]
        return {row.urn for urn in datasets for row in self._ask.rows(questions.COLUMNS_OF, urn=urn)}

    def _columns_along(
        self, question: Query[Any, DerivedRow], starts: set[str], depth: int
    ) -> tuple[dict[tuple[str, str], str | None], bool]:
        """What joins the columns that are reached one way, and whether these are all that there are."""
        edges: dict[tuple[str, str], str | None] = {}
        seen, frontier = set(starts), set(starts)
        for step in range(depth + 1):
            edges |= {(row.made, row.source): row.how for row in self._ask.rows(question, urns=sorted(frontier))}
            frontier = {urn for pair in edges for urn in pair} - seen
            if not frontier or step == depth or len(seen) + len(frontier) > MOST_NODES:
                break
            seen |= frontier
        return {pair: how for pair, how in edges.items() if seen.issuperset(pair)}, not frontier

    def _around(self, urns: set[str]) -> list[AroundRow]:
        jobs = sorted(urn for urn in urns if parse_urn(urn).kind == "Job")
        datasets = sorted(urns.difference(jobs))
        rows = self._ask.rows(questions.AROUND_JOBS, urns=jobs) if jobs else []
        return rows + (self._ask.rows(questions.AROUND_DATASETS, urns=datasets) if datasets else [])

    def _graph(self, urns: set[str], edges: list[tuple[str, str]]) -> list[Json]:
        """The nodes that are there with the edges between them."""
        jobs = [urn for urn in urns if parse_urn(urn).kind == "Job"]
        found = {row.properties["urn"]: job_document(row) for row in self._ask.rows(questions.JOBS_NAMED, urns=jobs)}
        rows = self._ask.rows(questions.DATASETS_NAMED, urns=sorted(urns.difference(jobs)))
        found |= {row.properties["urn"]: documents.dataset(row) for row in rows}
        into: dict[str, list[tuple[str, str]]] = {urn: [] for urn in found}
        out: dict[str, list[tuple[str, str]]] = {urn: [] for urn in found}
        for origin, destination in edges:
            if origin in found and destination in found:
                out[origin].append((origin, destination))
                into[destination].append((origin, destination))
        nodes = [
            {
                "id": node_id(urn), "type": parse_urn(urn).kind.upper(), "data": data,
                "inEdges": _edges(into[urn]), "outEdges": _edges(out[urn]),
            }
            for urn, data in found.items()
        ]  # fmt: skip
        return sorted(nodes, key=lambda node: str(node["id"]))


def _column_graph(rows: list[ColumnRow], edges: dict[tuple[str, str], str | None]) -> list[Json]:
    names = {row.urn: _column(row.namespace, row.name, row.title) for row in rows}
    ids = {urn: f"datasetField:{namespace}:{data}:{column}" for urn, (namespace, data, column) in names.items()}
    nodes = []
    for row in rows:
        namespace, data, column = names[row.urn]
        behind = sorted((source, how) for (made, source), how in edges.items() if made == row.urn and source in ids)
        before = sorted(made for made, source in edges if source == row.urn and made in ids)
        inputs = [
            {"namespace": names[source][0], "dataset": names[source][1], "field": names[source][2],
             "transformationDescription": how, "transformationType": None}
            for source, how in behind
        ]  # fmt: skip
        told = {
            "namespace": namespace, "dataset": data, "field": column, "fieldType": row.data_type, "inputFields": inputs,
        }  # fmt: skip
        nodes.append(
            {
                "id": ids[row.urn],
                "type": "DATASET_FIELD",
                "data": told,
                "inEdges": [{"origin": ids[source], "destination": ids[row.urn]} for source, _ in behind],
                "outEdges": [{"origin": ids[row.urn], "destination": ids[made]} for made in before],
            }
        )
    return sorted(nodes, key=lambda node: str(node["id"]))


def _edges(pairs: list[tuple[str, str]]) -> list[Json]:
    return [{"origin": node_id(a), "destination": node_id(b)} for a, b in sorted(pairs)]


def _column(namespace: str, name: str, title: str | None) -> tuple[str, str, str]:
    if title and name.endswith(f".{title}"):
        return namespace, name[: -len(title) - 1], title
    data, _, column = name.rpartition(".")
    return namespace, data, column
