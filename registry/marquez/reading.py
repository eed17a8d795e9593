"""Marquez's questions about single things and lists of them, answered from the graph."""

from __future__ import annotations

from typing import Any

from graph_schema.urn import parse_urn
from queries import marquez as questions
from queries.marquez.rows import JobRow, RunRow
from registry.errors import InvalidRequestError, NotFoundError
from registry.marquez import documents
from registry.marquez.asking import Asking, urn_of
from registry.marquez.documents import Json


class Reading:
    """Namespaces, data sets, versions, jobs and runs."""

    def __init__(self, asking: Asking) -> None:
        self._ask = asking

    def namespaces(self, limit: int, offset: int) -> Json:
        """Every namespace that has data sets or jobs."""
        rows = self._ask.rows(questions.NAMESPACES, limit=limit, offset=offset)
        total = self._ask.count(questions.NAMESPACE_COUNT)
        return {"namespaces": [documents.namespace(row) for row in rows], "totalCount": total}

    def namespace(self, name: str) -> Json:
        """One namespace. Raises NotFoundError."""
        rows = self._ask.rows(questions.NAMESPACE, namespace=name)
        if not rows:
            raise NotFoundError("There is no such namespace.")
        return documents.namespace(rows[0])

    def datasets(self, namespace: str, limit: int, offset: int) -> Json:
        """The data sets of a namespace, by name."""
        rows = self._ask.rows(questions.DATASETS, namespace=namespace, limit=limit, offset=offset)
        total = self._ask.count(questions.DATASET_COUNT, namespace=namespace)
        return {"datasets": [documents.dataset(row) for row in rows], "totalCount": total}

    def dataset(self, namespace: str, name: str) -> Json:
        """One data set. Raises NotFoundError."""
        rows = self._ask.rows(questions.DATASETS_NAMED, urns=[urn_of("Dataset", namespace, name)])
        if not rows:
            raise NotFoundError("There is no such data set.")
        return documents.dataset(rows[0])

    def versions(self, namespace: str, name: str, limit: int, offset: int) -> Json:
        """The known versions of a data set, the newest first. Raises NotFoundError."""
        urn = urn_of("Dataset", namespace, name)
        rows = self._ask.rows(questions.VERSIONS, urn=urn, version=None, limit=limit, offset=offset)
        if not rows:
            self.dataset(namespace, name)
        total = self._ask.count(questions.VERSION_COUNT, urn=urn)
        return {"versions": [documents.version(row) for row in rows], "totalCount": total}

    def version(self, namespace: str, name: str, version: str) -> Json:
        """One version of a data set. Raises NotFoundError."""
        urn = urn_of("Dataset", namespace, name)
        rows = self._ask.rows(questions.VERSIONS, urn=urn, version=version, limit=1, offset=0)
        if not rows:
            raise NotFoundError("There is no such version.")
        return documents.version(rows[0])

    def jobs(self, namespace: str, limit: int, offset: int) -> Json:
        """The jobs of a namespace, by name."""
        rows = self._ask.rows(questions.JOBS, namespace=namespace, limit=limit, offset=offset)
        total = self._ask.count(questions.JOB_COUNT, namespace=namespace)
        return {"jobs": [job_document(row) for row in rows], "totalCount": total}

    def job(self, namespace: str, name: str) -> Json:
        """One job. Raises NotFoundError."""
        rows = self._ask.rows(questions.JOBS_NAMED, urns=[urn_of("Job", namespace, name)])
        if not rows:
            raise NotFoundError("There is no such job.")
        return job_document(rows[0])

    def job_versions(self, namespace: str, name: str, limit: int, offset: int) -> Json:
        """The versions of a job: the present one, since older ones are told of runs alone. Raises NotFoundError."""
        found = [documents.job_version(self.job(namespace, name))]
        return {"versions": found[offset:][:limit], "totalCount": len(found)}

    def job_version(self, namespace: str, name: str, version: str) -> Json:
        """The present version of a job, by its id. Raises NotFoundError."""
        found = documents.job_version(self.job(namespace, name))
        if found["version"] != version:
            raise NotFoundError("There is no such version, or it is not the present one.")
        return found

    def runs(self, namespace: str, name: str, limit: int, offset: int) -> Json:
        """The runs of a job, the newest first. Raises NotFoundError."""
        urn = urn_of("Job", namespace, name)
        rows = self._ask.rows(questions.RUNS, urn=urn, limit=limit, offset=offset)
        if not rows:
            self.job(namespace, name)
        total = self._ask.count(questions.RUN_COUNT, urn=urn)
        return {"runs": [documents.whole_run(row) for row in rows], "totalCount": total}

    def run(self, run_id: str) -> Json:
        """One run. Raises NotFoundError, and InvalidRequestError where runs of two namespaces have that id."""
        return documents.whole_run(self.run_row(run_id))

    def run_facets(self, run_id: str, sort: str) -> Json:
        """The facets of a run that are kept, or those of its job. Raises as :meth:`run`."""
        row = self.run_row(run_id)
        if sort == "run":
            return {"runId": run_id, "facets": documents.facets(row.properties)}
        return {"runId": run_id, "facets": self.job(row.job_namespace, row.job_name)["facets"]}

    def run_row(self, run_id: str) -> RunRow:
        """One run as the graph has it. Raises as :meth:`run`."""
        rows = self._ask.rows(questions.RUN, name=run_id)
        if not rows:
            raise NotFoundError("There is no such run.")
        if len({row.properties["urn"] for row in rows}) > 1:
            raise InvalidRequestError("Runs of several job namespaces have that id.")
        return rows[0]


def job_document(row: JobRow) -> Json:
    """A job with what its runs read and made, and its latest run."""
    return documents.job(row.properties, _assets(row.inputs), _assets(row.outputs), row.latest)


def _assets(rows: list[list[Any]]) -> list[list[str]]:
    """Data sets of versions and slices, each once; a slice is named behind its data set."""
    found = {(space, name or parse_urn(urn).name.rsplit("/", 2)[0]) for space, name, urn in rows if space is not None}
    return [list(item) for item in sorted(found)]
