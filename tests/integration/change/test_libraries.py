"""What is said of an upgrade or a withdrawal agrees with what a real resolver does with the same constraints."""

from __future__ import annotations

from typing import Any

import pytest

from registry.lineage.change.asked import Change, ChangeKind
from tests.unit.lineage.change.shelf import Shelf

_RECORDED = ("1.0", "1.5", "2.0")
_USED = "1.5"
_RANGES = (">=1", "<2", ">=1,<3", "~=1.0", "==1.*", "!=3.0", ">=1.5,!=2.0", ">1.0,<2.0", ">=2", "<=1.5")
_PINS = ("==1.5", "===1.5")


def _names(constraints: tuple[str, ...]) -> dict[str, str]:
    return {constraint: f"Run:{number}" for number, constraint in enumerate(constraints)}


def _record(world: Any, constraints: tuple[str, ...], *, floating: bool) -> dict[str, str]:
    """Consumers by constraint, all found with the version that is used."""
    names = _names(constraints)
    world.say(
        *(world.entity(f"LibraryVersion:thing:{version}", purl=f"pkg:pypi/thing@{version}") for version in _RECORDED),
        *(
            world.edge(
                "DEPENDS_ON", name, f"LibraryVersion:thing:{_USED}", constraint=constraint,
                version_is="floating" if floating else "exact",
            )
            for constraint, name in names.items()
        ),
    )  # fmt: skip
    return names


@pytest.mark.parametrize("floating", [True, False])
@pytest.mark.parametrize("to", ["2.0", "3.0", "1.6"])
def test_who_is_said_to_be_unable_to_take_an_upgrade_is_refused_by_the_resolver(
    world: Any, tmp_path_factory: pytest.TempPathFactory, to: str, floating: bool
) -> None:
    shelf = Shelf(tmp_path_factory.mktemp("shelf"), {*_RECORDED, to})
    names = _record(world, _RANGES, floating=floating)
    verdicts = world.verdicts(world.assess(f"LibraryVersion:thing:{_USED}", Change(ChangeKind.UPGRADE, to=to)))
    for constraint, name in names.items():
        takes_it = shelf.installs(constraint, beside=to) is not None
        uses_it = shelf.installs(constraint, beside=_USED) is not None
        expected = "possible" if takes_it else "certain" if uses_it else "safe"
        assert (constraint, verdicts[name][0]) == (constraint, expected)


def test_a_pin_keeps_its_version_when_a_newer_one_comes_as_it_does_in_the_resolver(
    world: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shelf = Shelf(tmp_path_factory.mktemp("shelf"), {*_RECORDED, "3.0"})
    names = _record(world, _PINS, floating=True)
    verdicts = world.verdicts(world.assess(f"LibraryVersion:thing:{_USED}", Change(ChangeKind.UPGRADE, to="3.0")))
    for constraint, name in names.items():
        assert shelf.installs(constraint) == _USED
        assert verdicts[name] == ("safe", "upgrade-pinned")


def test_who_breaks_when_a_version_is_withdrawn_finds_no_other_in_the_resolver(
    world: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    before = Shelf(tmp_path_factory.mktemp("before"), _RECORDED)
    after = Shelf(tmp_path_factory.mktemp("after"), set(_RECORDED) - {_USED})
    names = _record(world, (*_RANGES, *_PINS, ">1.0,<1.9"), floating=True)
    assessment = world.assess(f"LibraryVersion:thing:{_USED}", Change(ChangeKind.WITHDRAW))
    verdicts = world.verdicts(assessment)
    for constraint, name in names.items():
        verdict, rule = verdicts[name]
        left = after.installs(constraint)
        if verdict == "certain" or rule == "withdraw-cannot-tell":
            assert (constraint, left) == (constraint, None)
        elif rule == "withdraw-moves":
            assert f"gets version {left}," in world.item(assessment, name).reason, constraint
        elif verdict == "possible":  # it would get a newer one, but may still be on this
            assert left is not None
            assert before.installs(constraint) != _USED
        else:
            assert before.installs(constraint, beside=_USED) is None, constraint
    assert {verdicts[names[pin]][0] for pin in _PINS} == {"certain"}
