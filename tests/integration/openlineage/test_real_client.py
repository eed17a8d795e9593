"""The real ``openlineage-python`` client against the real server. It has no call for batches; those are sent as HTTP."""

from __future__ import annotations

import os
from typing import Any

import httpx
import pytest
from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import (
    DatasetEvent,
    InputDataset,
    Job,
    JobEvent,
    OutputDataset,
    Run,
    RunEvent,
    RunState,
    StaticDataset,
)
from openlineage.client.facet_v2 import documentation_dataset, output_statistics_output_dataset, schema_dataset
from openlineage.client.serde import Serde
from openlineage.client.transport.http import ApiKeyTokenProvider, HttpCompression, HttpConfig, HttpTransport

from registry.graph.database import Database
from tests.integration.openlineage.conftest import URL, Graph

_PRODUCER = "https://example.org/producer"
_RUN = "01968c3a-7d2e-7b41-9d5e-0c5d3f1f7a11"


def client(url: str, compression: HttpCompression | None) -> OpenLineageClient:
    config = HttpConfig(
        url=url,
        compression=compression,
        retry={"total": 0},
        auth=ApiKeyTokenProvider({"apiKey": os.environ["LINEAGE_TOKEN"]}),
    )
    return OpenLineageClient(transport=HttpTransport(config))


def run_event(state: RunState, second: int, **more: Any) -> RunEvent:
    return RunEvent(
        eventTime=f"2026-05-04T12:00:{second:02d}.123456789+02:00",
        producer=_PRODUCER,
        run=Run(runId=_RUN),
        job=Job(namespace="jobs", name="etl"),
        eventType=state,
        **more,
    )


def events() -> list[Any]:
    schema = schema_dataset.SchemaDatasetFacet(fields=[schema_dataset.SchemaDatasetFacetFields(name="id", type="int")])
    statistics = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(rowCount=178, size=4096)
    report = OutputDataset(namespace="s3://b", name="report", outputFacets={"outputStatistics": statistics})
    described = documentation_dataset.DocumentationDatasetFacet(description="All orders.")
    facets = {"schema": schema, "documentation": described}
    orders = InputDataset(namespace="s3://b", name="orders", facets=facets)
    common = {"eventTime": "2026-05-04T10:00:00Z", "producer": _PRODUCER}
    return [
        run_event(RunState.START, 1, inputs=[orders]),
        run_event(RunState.COMPLETE, 2, outputs=[report]),
        JobEvent(job=Job(namespace="jobs", name="nightly"), inputs=[orders], outputs=[report], **common),
        DatasetEvent(dataset=StaticDataset(namespace="s3://b", name="orders", facets=facets), **common),
    ]


@pytest.mark.parametrize("compression", [None, HttpCompression.GZIP], ids=["plain", "gzip"])
def test_events_of_the_client_arrive(api_url: str, database: Database, compression: HttpCompression | None) -> None:
    sender = client(api_url, compression)
    for event in events():
        sender.emit(event)
    check(Graph(database))


def test_a_batch_of_the_clients_events(api: httpx.Client, database: Database) -> None:
    body = b"[" + b",".join(Serde.to_json(event).encode() for event in reversed(events())) + b"]"
    answer = api.post(f"{URL}/batch", content=body, headers={"content-type": "application/json"}).json()
    assert answer["summary"] == {"received": 4, "successful": 4, "failed": 0, "retriable": 0, "non_retriable": 0}
    check(Graph(database))


def check(graph: Graph) -> None:
    made = f"DatasetVersion:s3%3A//b:report:{_RUN}"
    assert graph.joined("GENERATED_BY") == {(made, f"Run:jobs:{_RUN}")}
    assert graph.joined("USED") == {(f"Run:jobs:{_RUN}", "DatasetVersion:s3%3A//b:orders:*")}
    assert (graph.of(made)["rows"], graph.of(made)["size_bytes"]) == (178, 4096)
    assert graph.of(f"Run:jobs:{_RUN}")["started_at"] == 1_777_888_801_123_456
    assert graph.of("Dataset:s3%3A//b:orders")["description"] == "All orders."
    assert graph.of("Field:s3%3A//b:orders.id")["data_type"] == "int"
    # The job event has no run: its outputs come from its inputs by design.
    assert ("DatasetVersion:s3%3A//b:report:*", "DatasetVersion:s3%3A//b:orders:*") in graph.joined("DERIVED_FROM")
