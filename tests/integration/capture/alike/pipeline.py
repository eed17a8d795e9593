"""One small pipeline, whose files are there: a raw table, a cleaned one, and a model made from that and tested apart."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.metadata import version as installed
from pathlib import Path

from graph_schema.urn import Urn

TIME = "2026-05-04T12:00:00Z"
SHOP, PRICE, NUMBER = "shop", "price", "1"
MODEL = str(Urn.of("ModelVersion", SHOP, PRICE, NUMBER))
SKLEARN = installed("scikit-learn")
LIBRARY = str(Urn.of("LibraryVersion", "pypi", "scikit-learn", SKLEARN))
METRIC, VALUE = "mae", 0.25


@dataclass(frozen=True, slots=True)
class File:
    """A file of the pipeline."""

    path: Path

    @property
    def sha256(self) -> str:
        """Its digest, in hexadecimal."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()

    @property
    def number(self) -> str:
        """What its version is called where nobody called it otherwise."""
        return f"sha256-{self.sha256[:16]}"

    @property
    def uri(self) -> str:
        """Its address."""
        return self.path.as_uri()

    @property
    def urn(self) -> str:
        """The version, named by place and content."""
        return str(Urn.of("DatasetVersion", "file", str(self.path), self.number))

    @property
    def some(self) -> str:
        """Some version of it, not known which."""
        return str(Urn.of("DatasetVersion", "file", str(self.path), version_unknown=True))

    @property
    def asset(self) -> str:
        """The data set."""
        return str(Urn.of("Dataset", "file", str(self.path)))

    @property
    def artifact(self) -> str:
        """The file of a model."""
        return str(Urn.of("ModelArtifact", "file", f"{self.path}@{self.number}"))

    def column(self, name: str) -> str:
        """A column of it."""
        return str(Urn.of("Field", "file", f"{self.path}.{name}"))

    def of_version(self, number: str) -> str:
        """A version of it that is called so."""
        return str(Urn.of("DatasetVersion", "file", str(self.path), number))


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The files by what they are."""

    folder: Path
    raw: File
    clean: File
    test: File
    model: File


def make_pipeline(folder: Path) -> Pipeline:
    """The files, each with other content."""
    contents = {
        "raw.csv": "id,price\n1,2\n2,n/a\n",
        "clean.csv": "id,price\n1,2\n",
        "test.csv": "id,price\n3,4\n",
        "model.joblib": "a model",
    }
    for name, content in contents.items():
        (folder / name).write_text(content, encoding="utf-8")
    raw, clean, test, model = (File(folder / name) for name in contents)
    return Pipeline(folder, raw, clean, test, model)
