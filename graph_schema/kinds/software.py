"""Environments, containers and libraries."""

from __future__ import annotations

from graph_schema.core import Kind, Property, ValueType
from graph_schema.kinds.shared import DIGEST

_PURL = Property("purl", ValueType.STRING, "Package URL.", pattern=r"^pkg:.+$")

KINDS = (
    Kind(
        "Environment",
        "Where a run or a deployment runs.",
        (
            Property("stage", ValueType.STRING, "development, staging, production, …"),
            Property("hardware", ValueType.JSON, "Processors, accelerators, memory."),
            Property("operating_system", ValueType.STRING, "Operating system with its version."),
            Property("runtime", ValueType.STRING, "Language runtime with its version."),
            Property("inference_engine", ValueType.STRING, "Inference engine with its version."),
            Property("configuration", ValueType.JSON, "Configuration by name."),
        ),
        searchable=True,
    ),
    Kind(
        "Container",
        "A container image by its digest.",
        (DIGEST, Property("image", ValueType.STRING, "Image reference.")),
    ),
    Kind("Library", "A package: the logical asset that library versions belong to.", (_PURL,), searchable=True),
    Kind("LibraryVersion", "One version of a package.", (_PURL, DIGEST), version_of="Library"),
)
