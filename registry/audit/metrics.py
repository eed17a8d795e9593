"""What is measured of the ledger, for Prometheus."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

LEDGER_SIZE = Gauge("lineage_ledger_size", "Entries of the ledger that were committed when it was last looked at.")
SIGNED_SIZE = Gauge("lineage_ledger_signed_size", "Entries under the last signed checkpoint.")
SIGNED_AT = Gauge("lineage_ledger_signed_timestamp_seconds", "When a checkpoint was last made sure of.")
LAG = Gauge("lineage_ledger_unsigned_entries", "Entries that are committed and not yet under a signed checkpoint.")
ALARM = Gauge("lineage_ledger_alarm", "1 where the ledger shrank or was rewritten, so that writes are refused.")
FAILURES = Counter("lineage_ledger_publish_failures_total", "Attempts to publish that failed, by error code.", ["code"])
GROUPED = Counter("lineage_ledger_grouped_total", "Denied attempts, readings and exports that were noted, by what was done.", ["action"])  # fmt: skip
COSIGNATURES = Counter("lineage_ledger_witness_requests_total", "Checkpoints sent to witnesses, by outcome.", ["outcome"])  # fmt: skip
ANCHORS = Counter("lineage_ledger_anchor_requests_total", "Heads sent to the transparency log, by outcome.", ["outcome"])  # fmt: skip
ANCHORED_SIZE = Gauge("lineage_ledger_anchored_size", "Entries under the last head that the transparency log took up.")
ANCHORED_AT = Gauge("lineage_ledger_anchored_timestamp_seconds", "When the transparency log last took up a head.")
