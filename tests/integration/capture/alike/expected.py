"""What each tool can say of the pipeline, and under which names: everything that it says alike is not mentioned."""

from __future__ import annotations

from dataclasses import dataclass, field

from graph_schema.urn import Urn
from tests.integration.capture.alike.pipeline import LIBRARY, MODEL, Pipeline
from tests.integration.capture.alike.tools import COMMIT
from tests.unit.capture.test_dbt import SERVER


@dataclass(frozen=True, slots=True)
class Says:
    """What a tool says. ``raw`` and ``clean`` are its names of the two versions, None where it knows none of them.

    ``models`` are the model version and the file of it, as far as it names them. ``tested``: the test data by name.
    """

    raw: str | None
    clean: str | None
    models: frozenset[str]
    libraries: frozenset[str] = field(default=frozenset())
    tested: str | None = None
    columns: bool = False


def expected(tool: str, pipeline: Pipeline) -> Says:
    """What this tool says."""
    raw, clean, test, artifact = pipeline.raw.urn, pipeline.clean.urn, pipeline.test.urn, pipeline.model.artifact
    model, library = frozenset([MODEL]), frozenset([LIBRARY])
    both = frozenset([MODEL, artifact])
    table = "urn:lineage:DatasetVersion:" + str(Urn.of("Job", SERVER, "x")).split(":")[3] + ":db.main.{}:i1"
    hub = Urn.of("DatasetVersion", "hf://datasets", "/shop/clean", COMMIT)
    return {
        "by_hand": Says(raw, clean, model, library, test, columns=True),
        # An event has data sets and nothing else: one of the type MODEL is the file of a model, not its version.
        "openlineage_file": Says(raw, clean, frozenset([artifact]), columns=True),
        "openlineage_http": Says(raw, clean, frozenset([artifact]), columns=True),
        # The packages that are installed, the library among them, belong to the environment of the run.
        "python": Says(raw, clean, both, library, test, columns=True),
        # Of a database, not of files: which file a table was loaded from dbt does not know. It knows no models.
        "dbt": Says(table.format("raw"), table.format("clean"), frozenset()),
        # By repositories of the hub, the model by that of its card. The raw data are floating: a card names no commit.
        "huggingface": Says(None, str(hub), frozenset([str(Urn.of("ModelVersion", "huggingface", "shop/price", COMMIT))])),
        # A metric of a bill says of which model, and not on which data.
        "cyclonedx": Says(raw, clean, model, library),
        "spdx": Says(raw, clean, model, library, test),
        # Attestations are about files.
        "intoto": Says(raw, clean, frozenset([artifact]), library),
        # The same data sets; versions and models by the ids of the store, which keeps no digest.
        "mlmd": Says(
            pipeline.raw.of_version("mlmd-1"), pipeline.clean.of_version("mlmd-2"),
            frozenset([str(Urn.of("ModelArtifact", "mlmd", "price#3"))]),
        ),
        # A version without a number of its own is told by MLflow's digest, which is of a sample.
        "mlflow": Says(None, pipeline.clean.of_version("5a1d2c3b"), model, library, pipeline.test.of_version("9f8e7d6c")),
        # Features are computed from some version of the table; which models use them is not in Feast's registry.
        "feast": Says(None, pipeline.clean.some, frozenset()),
        "requirements": Says(None, None, model, library),
    }[tool]  # fmt: skip
