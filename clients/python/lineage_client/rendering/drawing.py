"""A drawn graph: shows itself in a notebook, and can be saved."""

from __future__ import annotations

from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path

from lineage_client.answers.answer import Graphical
from lineage_client.rendering.placing import Placement, place
from lineage_client.rendering.plain import title_of
from lineage_client.rendering.sketch import Sketch, sketch_of
from lineage_client.rendering.svg import svg_of


@dataclass(frozen=True, slots=True)
class Drawing:
    """One drawing of an answer. ``caption`` says what is drawn of how much."""

    sketch: Sketch = field(repr=False)
    placement: Placement = field(repr=False)

    @property
    def caption(self) -> str:
        """What is drawn of how much, in words."""
        return self.sketch.caption

    @property
    def svg(self) -> str:
        """The drawing as a file of its own, with a background, for light and dark."""
        return svg_of(self.sketch, self.placement, standalone=True)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the drawing to an SVG file."""
        Path(path).write_text(self.svg, encoding="utf-8")

    def inline(self) -> str:
        """The drawing as a part of a page, in the page's colours, to be scrolled where it is wide."""
        return f'<div style="overflow-x:auto">{svg_of(self.sketch, self.placement)}</div>'

    def _repr_html_(self) -> str:
        return self.inline()

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"<Drawing of {self.sketch.title}: {self.caption}>"


def draw(answer: Graphical, most: int | None = None) -> Drawing:
    """The drawing of an answer. Raises MissingLibraryError, and ValueError for a ``most`` that is none."""
    sketch = sketch_of(answer, title_of(answer), most)
    return Drawing(sketch, place(sketch))
