"""What is measured of the database, for Prometheus."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

QUERY_SECONDS = Histogram(
    "lineage_query_seconds", "Time that a question took in Neo4j and the driver.", ["query"], buckets=_BUCKETS
)
WRITE_SECONDS = Histogram("lineage_write_seconds", "Time that a write transaction took.", buckets=_BUCKETS)
RECORDS_WRITTEN = Counter("lineage_records_total", "Records by what became of them.", ["outcome"])
