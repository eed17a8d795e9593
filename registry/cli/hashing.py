"""Digests of files and folders with a progress bar."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from registry.attestation.artifacts import Artifact, digest_artifact, size_of
from registry.cli.terminal import notices, visible


def digest_paths(paths: Sequence[Path], *, algorithms: Iterable[str] = (), links: bool = False) -> list[Artifact]:
    """Read and digest each, in order. Raises ArtifactError."""
    wanted, found = tuple(algorithms), list[Artifact]()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    console = notices()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Reading", total=sum(size_of(path) for path in paths))
        for path in paths:
            progress.update(task, description=f"Reading {visible(path.name)}")
            found.append(
                digest_artifact(
                    path, algorithms=wanted, links=links, on_bytes=lambda size: progress.advance(task, size)
                )
            )
    return found
