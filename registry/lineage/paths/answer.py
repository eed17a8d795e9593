"""What is answered about the ways between two entities."""

from __future__ import annotations

from dataclasses import dataclass

from registry.lineage.answer import Certainty, Direction, Node, PathStep, Reason


@dataclass(frozen=True, slots=True)
class Path:
    """One way, told from the first entity that was asked about to the second.

    ``direction`` is where the second lies. Depths of the nodes count along the path; ``length`` does not count
    ``SAME_AS`` steps, which join two names for one thing. ``certainty`` of a node is that of the way to it.
    """

    direction: Direction
    start: Node
    steps: tuple[PathStep, ...]
    length: int
    certainty: Certainty
    summary: str


@dataclass(frozen=True, slots=True)
class Paths:
    """The ways between two entities: the shortest first, of equal ones the surest, then by name.

    ``count`` is how many there are, or where ``count_is_exact`` is false how many there are at least.
    ``complete`` exactly where ``paths`` are all there are, else ``reasons`` say why not: SIZE (there are more, or
    the walk was cut), DEPTH (longer ones than asked for), TIME (the work budget was spent).
    ``both`` says that each is upstream of the other; then the downstream paths come first.
    """

    paths: tuple[Path, ...]
    count: int
    count_is_exact: bool
    both: bool
    complete: bool
    reasons: tuple[Reason, ...]

    @property
    def direction(self) -> Direction | None:
        """Where the second entity lies from the first; None where no way is known."""
        return self.paths[0].direction if self.paths else None

    @property
    def shortest(self) -> int | None:
        """The length of the shortest way; None where none is known."""
        return min((path.length for path in self.paths), default=None)


@dataclass(frozen=True, slots=True)
class PathsRequest:
    """A question about the ways between two entities, whichever is upstream of the other.

    ``most`` paths are listed (1 to 1,000), none with more than ``max_length`` steps (None: any). The rest means
    what it means for a walk; software is followed too where either end is software.
    """

    from_urn: str
    to_urn: str
    most: int = 20
    max_length: int | None = None
    software: bool = False
    possible: bool = True
    same_as: float = 0.9
    as_of: int | None = None
    known_at: int | None = None
    max_walked: int = 100_000
    channels: tuple[str, ...] | None = None
