"""Marquez's questions, answered from the graph."""

from __future__ import annotations

from typing import Any

from graph_schema.times import OPEN
from graph_schema.urn import Urn, UrnError, parse_urn
from registry.errors import InvalidRequestError, NotFoundError
from registry.graph.database import Database
from registry.marquez import documents, questions
from registry.marquez.documents import Json
from registry.marquez.nodes import find_node, node_id

MOST_NODES = 2_000
"""Jobs and data sets, or columns, in one answer; an answer that was cut says so."""


class Marquez:
    """The read side of Marquez over one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def namespaces(self, limit: int, offset: int) -> Json:
        """Every namespace that has data sets or jobs."""
        rows = self._ask(questions.NAMESPACES, limit=limit, offset=offset)
        total = self._ask(questions.COUNT_NAMESPACES)[0][0]
        return {"namespaces": [documents.namespace(*row) for row in rows], "totalCount": total}

    def namespace(self, name: str) -> Json:
        """One namespace. Raises NotFoundError."""
        found = next((item for item in self.namespaces(1_000_000, 0)["namespaces"] if item["name"] == name), None)
        if found is None:
            raise NotFoundError("There is no such namespace.")
        return dict(found)

    def datasets(self, namespace: str, limit: int, offset: int) -> Json:
        """The data sets of a namespace, by name."""
        rows = self._ask(questions.DATASETS, namespace=namespace, limit=limit, offset=offset)
        total = self._ask(questions.COUNT_DATASETS, namespace=namespace)[0][0]
        return {"datasets": [documents.dataset(*row) for row in rows], "totalCount": total}

    def dataset(self, namespace: str, name: str) -> Json:
        """One data set. Raises NotFoundError."""
        rows = self._ask(questions.DATASETS_NAMED, urns=[str(_urn("Dataset", namespace, name))])
        if not rows:
            raise NotFoundError("There is no such data set.")
        return documents.dataset(*rows[0])

    def versions(self, namespace: str, name: str, limit: int, offset: int, version: str | None = None) -> Json:
        """The known versions of a data set, the newest first. Raises NotFoundError."""
        urn = str(_urn("Dataset", namespace, name))
        rows = self._ask(questions.VERSIONS, urn=urn, version=version, limit=limit, offset=offset)
        if not rows:
            self.dataset(namespace, name)
        total = self._ask(questions.COUNT_VERSIONS, urn=urn, version=version)[0][0]
        return {"versions": [documents.version(*row) for row in rows], "totalCount": total}

    def version(self, namespace: str, name: str, version: str) -> Json:
        """One version of a data set. Raises NotFoundError."""
        found: list[Json] = self.versions(namespace, name, 1, 0, version)["versions"]
        if not found:
            raise NotFoundError("There is no such version.")
        return found[0]

    def jobs(self, namespace: str, limit: int, offset: int) -> Json:
        """The jobs of a namespace, by name."""
        rows = self._ask(questions.JOBS, namespace=namespace, limit=limit, offset=offset)
        total = self._ask(questions.COUNT_JOBS, namespace=namespace)[0][0]
        return {"jobs": [_job(row) for row in rows], "totalCount": total}

    def job(self, namespace: str, name: str) -> Json:
        """One job. Raises NotFoundError."""
        rows = self._ask(questions.JOBS_NAMED, urns=[str(_urn("Job", namespace, name))])
        if not rows:
            raise NotFoundError("There is no such job.")
        return _job(rows[0])

    def runs(self, namespace: str, name: str, limit: int, offset: int) -> Json:
        """The runs of a job, the newest first. Raises NotFoundError."""
        urn = str(_urn("Job", namespace, name))
        rows = self._ask(questions.RUNS, urn=urn, limit=limit, offset=offset)
        if not rows:
            self.job(namespace, name)
        total = self._ask(questions.COUNT_RUNS, urn=urn)[0][0]
        return {"runs": [documents.run(*row) for row in rows], "totalCount": total}

    def run(self, run_id: str) -> Json:
        """One run. Raises NotFoundError, and InvalidRequestError where runs of two namespaces have that id."""
        return documents.run(*self._run(run_id))

    def lineage(self, node: str, depth: int) -> Json:
        """Jobs and data sets around one, both ways.

        ``complete`` is false where there are more, further away than ``depth`` or beyond MOST_NODES. Raises InvalidRequestError, NotFoundError.
        """
        start = find_node(self._database, node)
        if parse_urn(start).kind == "Field":
            raise InvalidRequestError("Lineage is asked of a dataset or a job.", hint="Columns: /column-lineage.")
        reads: set[tuple[str, str]] = set()
        writes: set[tuple[str, str]] = set()
        seen, frontier = {start}, {start}
        for step in range(depth + 1):
            found = self._around(frontier)
            for job, dataset, is_read in found:
                (reads if is_read else writes).add((job, dataset))
            frontier = {urn for job, dataset, _ in found for urn in (job, dataset)} - seen
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
        start = find_node(self._database, node)
        kind = parse_urn(start).kind
        if kind == "Job":
            outputs = self._around({start})
            starts = {urn for _, dataset, is_read in outputs if not is_read for urn in self._columns_of(dataset)}
        else:
            starts = {start} if kind == "Field" else set(self._columns_of(start))
        complete = len(starts) <= MOST_NODES
        starts = set(sorted(starts)[:MOST_NODES])
        edges: dict[tuple[str, str], str | None] = {}
        for question in (questions.COLUMNS_BEHIND, *((questions.COLUMNS_BEFORE,) if downstream else ())):
            found, everything = self._columns_along(question, starts, depth)
            edges |= found
            complete = complete and everything
        return {"graph": self._column_graph(starts, edges), "complete": complete}

    def _columns_along(
        self, question: str, starts: set[str], depth: int
    ) -> tuple[dict[tuple[str, str], str | None], bool]:
        """What joins the columns that are reached one way, and whether these are all that there are."""
        edges: dict[tuple[str, str], str | None] = {}
        seen, frontier = set(starts), set(starts)
        for step in range(depth + 1):
            rows = self._ask(question, urns=sorted(frontier))
            edges |= {(made, source): how for made, source, how in rows}
            frontier = {urn for pair in edges for urn in pair} - seen
            if not frontier or step == depth or len(seen) + len(frontier) > MOST_NODES:
                break
            seen |= frontier
        return {pair: how for pair, how in edges.items() if seen.issuperset(pair)}, not frontier

    def runs_behind(self, run_id: str, depth: int) -> Json:
        """The runs that made what a run read, and so on: exact versions alone lead further.

        ``complete`` is false where there are more, further away than ``depth`` or beyond MOST_NODES. Raises
        NotFoundError, and InvalidRequestError where runs of two namespaces have that id.
        """
        found: dict[str, Json] = {}
        seen, frontier = set[str](), {self._run(run_id)[0]["urn"]}
        for _ in range(depth + 1):
            seen |= frontier
            rows = self._ask(questions.RUNS_BEHIND, urns=sorted(frontier))
            for properties, namespace, job, inputs in rows:
                told = [item[:-1] for item in inputs]
                found[properties["urn"]] = documents.run_behind(properties, namespace, job, told)
            frontier = {item[-1] for row in rows for item in row[3] if item[-1] is not None} - seen
            if not frontier or len(seen) + len(frontier) > MOST_NODES:
                break
        return {"runs": list(found.values()), "complete": not frontier}

    def _run(self, run_id: str) -> tuple[Any, ...]:
        rows = self._ask(questions.RUN, name=run_id)
        if not rows:
            raise NotFoundError("There is no such run.")
        if len({row[0]["urn"] for row in rows}) > 1:
            raise InvalidRequestError("Runs of several job namespaces have that id.")
        return rows[0]

    def _ask(self, question: str, **values: Any) -> list[tuple[Any, ...]]:
        return self._database.read_text(question, {"open": OPEN, **values})

    def _around(self, urns: set[str]) -> set[tuple[str, str, bool]]:
        jobs = sorted(urn for urn in urns if parse_urn(urn).kind == "Job")
        datasets = sorted(urns - set(jobs))
        rows = self._ask(questions.AROUND_JOBS, urns=jobs) if jobs else []
        rows += self._ask(questions.AROUND_DATASETS, urns=datasets) if datasets else []
        return {(job, dataset, is_read) for job, dataset, is_read in rows}

    def _columns_of(self, dataset: str) -> list[str]:
        return [row[0] for row in self._ask(questions.COLUMNS_OF, urn=dataset)]

    def _graph(self, urns: set[str], edges: list[tuple[str, str]]) -> list[Json]:
        """The nodes that are there with the edges between them."""
        jobs = [urn for urn in urns if parse_urn(urn).kind == "Job"]
        found = {row[0]["urn"]: _job(row) for row in self._ask(questions.JOBS_NAMED, urns=jobs)}
        rows = self._ask(questions.DATASETS_NAMED, urns=sorted(urns.difference(jobs)))
        found |= {row[0]["urn"]: documents.dataset(*row) for row in rows}
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

    def _column_graph(self, starts: set[str], edges: dict[tuple[str, str], str | None]) -> list[Json]:
        urns = starts | {urn for pair in edges for urn in pair}
        rows = self._ask(questions.COLUMNS, urns=sorted(urns))
        names = {urn: _column(namespace, name, title) for urn, namespace, name, title, _ in rows}
        ids = {urn: f"datasetField:{namespace}:{data}:{column}" for urn, (namespace, data, column) in names.items()}
        nodes = []
        for urn, _, _, _, kind in rows:
            namespace, data, column = names[urn]
            behind = sorted((source, how) for (made, source), how in edges.items() if made == urn and source in ids)
            inputs = [
                {"namespace": names[source][0], "dataset": names[source][1], "field": names[source][2],
                 "transformationDescription": how, "transformationType": None}
                for source, how in behind
            ]  # fmt: skip
            nodes.append(
                {
                    "id": ids[urn],
                    "type": "DATASET_FIELD",
                    "data": {
                        "namespace": namespace, "dataset": data, "field": column, "fieldType": kind,
                        "inputFields": inputs,
                    },
                    "inEdges": [{"origin": ids[source], "destination": ids[urn]} for source, _ in behind],
                    "outEdges": sorted(
                        ({"origin": ids[urn], "destination": ids[made]} for made, source in edges if source == urn and made in ids),
                        key=str,
                    ),
                }
            )  # fmt: skip
        return sorted(nodes, key=lambda node: str(node["id"]))


def _job(row: tuple[Any, ...]) -> Json:
    properties, inputs, outputs, latest = row
    return documents.job(properties, _assets(inputs), _assets(outputs), latest)


def _assets(rows: list[list[Any]]) -> list[list[str]]:
    """Data sets of versions and slices, each once; a slice is named behind its data set."""
    found = {(space, name or parse_urn(urn).name.rsplit("/", 2)[0]) for space, name, urn in rows if space is not None}
    return [list(item) for item in sorted(found)]


def _edges(pairs: Any) -> list[Json]:
    return [{"origin": node_id(a), "destination": node_id(b)} for a, b in sorted(pairs)]


def _column(namespace: str, name: str, title: str | None) -> tuple[str, str, str]:
    if title and name.endswith(f".{title}"):
        return namespace, name[: -len(title) - 1], title
    data, _, column = name.rpartition(".")
    return namespace, data, column


def _urn(kind: str, namespace: str, name: str) -> Urn:
    try:
        return Urn.of(kind, namespace, name)
    except UrnError as error:
        raise InvalidRequestError(f"That is no name: {error}.") from None
