"""What a file is by the end of its name, whoever captures it. The Python client has its own copy of the rule."""

from __future__ import annotations

from pathlib import PurePosixPath

MODELS = frozenset({
    ".joblib", ".pkl", ".pickle", ".onnx", ".pt", ".pth", ".ckpt", ".safetensors", ".h5", ".keras", ".pb", ".tflite",
    ".mlmodel", ".bst", ".ubj", ".cbm", ".gguf",
})  # fmt: skip
DATA = frozenset({
    ".csv", ".tsv", ".parquet", ".pq", ".feather", ".arrow", ".ipc", ".orc", ".avro", ".xlsx", ".xls", ".ods", ".npy",
    ".npz", ".hdf5", ".nc", ".db", ".sqlite", ".sqlite3", ".duckdb", ".json", ".jsonl", ".ndjson", ".dta", ".sas7bdat",
    ".sav", ".txt", ".xml", ".tfrecord",
})  # fmt: skip
COMPRESSED = frozenset({".gz", ".bz2", ".xz", ".zst", ".zip"})


def kind_of(name: str) -> str | None:
    """``ModelArtifact`` or ``DatasetVersion``; None where the name does not tell."""
    path = PurePosixPath(name.split("?")[0].rstrip("/"))
    suffix = path.suffix.lower()
    if suffix in COMPRESSED:
        suffix = path.with_suffix("").suffix.lower() or suffix
    return "ModelArtifact" if suffix in MODELS else "DatasetVersion" if suffix in DATA else None
