"""Where Feast reads from: files, tables and streams, named as every capture names them."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any

from graph_schema.urn import Urn
from registry.capture.documents import mapping
from registry.capture.events import version
from registry.capture.naming import dataset_name, table_name

_TABLES = ("bigquery", "snowflake", "redshift", "trino", "athena", "spark")
_STREAMS = (("kafka_options", "kafka_bootstrap_servers", "topic"), ("kinesis_options", "region", "stream_name"))
REQUEST = "REQUEST_SOURCE"


class Sources:
    """``server`` is the namespace of tables (``snowflake://account``), which Feast keeps elsewhere; ``root`` its folder."""

    def __init__(self, options: Mapping[str, str]) -> None:
        self._server = options.get("server")
        self._root = options.get("root")

    def urn_of(self, source: Mapping[str, Any], project: str) -> Urn | None:
        """Some version of what a source reads, or some schema of a stream; None for what comes with a request.

        Raises UrnError, ValueError.
        """
        if source.get("type") == REQUEST or not source:
            return None
        stream = self._stream(source)
        if stream is not None:
            return version("TelemetrySchema", *stream, None)
        place = self._file(source) or self._table(source)
        if place is None:
            inner = mapping(source.get("batch_source"))
            return self.urn_of(inner, project) if inner else version("DatasetVersion", project, _name(source), None)
        return version("DatasetVersion", *place, None)

    def _file(self, source: Mapping[str, Any]) -> tuple[str, str] | None:
        uri = mapping(source.get("file_options")).get("uri") or mapping(source.get("spark_options")).get("path")
        if not uri:
            return None
        if self._root and "://" not in uri:
            uri = posixpath.join(self._root, uri)
        return dataset_name(uri)

    def _table(self, source: Mapping[str, Any]) -> tuple[str, str] | None:
        for name in _TABLES:
            said = mapping(source.get(f"{name}_options"))
            if said.get("table"):
                parts = (str(said[part]) for part in ("database", "schema", "table") if said.get(part))
                return table_name(self._server or name, *parts)
        return None

    def _stream(self, source: Mapping[str, Any]) -> tuple[str, str] | None:
        for options, server, stream in _STREAMS:
            said = mapping(source.get(options))
            if said.get(stream):
                scheme = options.removesuffix("_options")
                first = str(said.get(server) or "").split(",")[0]
                return dataset_name(f"{scheme}://{first}/{said[stream]}")[0], str(said[stream])
        return None


def _name(source: Mapping[str, Any]) -> str:
    return str(source.get("name") or source.get("type") or "source").strip()
