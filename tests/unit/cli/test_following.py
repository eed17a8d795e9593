"""How often `--follow` looks."""

from __future__ import annotations

import pytest
import typer

from registry.cli.following import read_seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [(None, 30), ("30s", 30), ("30", 30), ("5m", 300), ("1h", 3600), ("200ms", 0.2), (" 1.5s ", 1.5), ("24h", 86_400)],
)
def test_times_to_wait(text: str | None, seconds: float) -> None:
    assert read_seconds(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "0", "0s", "-5s", "50ms", "25h", "1d", "s", "5 m", "1e3", "nan", "٣s", "1s\n2s"])
def test_what_is_no_time_to_wait(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        read_seconds(text)
