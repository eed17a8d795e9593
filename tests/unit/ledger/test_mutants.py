"""Broken copies of what verifies: every one of them is noticed by some case."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from registry.errors import InvalidLedgerError, InvalidRequestError
from tests.unit.ledger.exported import outcome
from tests.unit.ledger.mutants import mutants, survives
from tests.unit.ledger.trees import definition
from tests.unit.ledger.verifier_cases import CASES
from tests.unit.ledger.verifier_parts import consistency, inclusion

ROOT = Path(__file__).resolve().parents[3]
# Changes that leave the meaning as it is: the line, and what becomes of a part of it.
_HARMLESS = {
    # What keys are joined with before they are looked at for what is not ASCII.
    ('if not "".join(found).isascii():', "''  ->  'x' (0)"),
    ("return False", "return False  ->  return None (0)"),
    # A key that was adopted cannot be replaced by the entry that adopted it.
    (
        "if not any(key.same in trusted and key.first <= size <= key.last for key in (old, new)):",
        "key.first <= size <= key.last  ->  key.first < size <= key.last (0)",
    ),
    # All checkpoints have one origin: any of them will do.
    ("if len(proofs) != len(heads) - 1 or any(item.origin != heads[0].origin for item in heads):", "0  ->  -1 (1)"),
    ("report = Report(heads[-1].origin, trust)", "1  ->  0 (1)"),
    # Their lengths have just been compared.
    ("for digest, level in zip(hashes, levels, strict=True):", "True  ->  False (0)"),
    # What was decoded is encoded again and compared.
    ("content = base64.b64decode(shaped(text, str, what), validate=True)", "True  ->  False (0)"),
    ('content = decode(parts[2], "the verifier key") if len(parts) == 3 else b""', "b''  ->  b'x' (0)"),
    # What was read is written again and compared: a key that came twice, or what stands for a number that is not whole,
    # comes out otherwise.
    (
        "if len(found) != len(pairs):",
        "if len(found) != len(pairs):\n    raise ValueError('a key comes twice')  ->  "
        "if False:\n    raise ValueError('a key comes twice') (1)",
    ),
    ('raise ValueError("a key comes twice")', "raise ValueError('a key comes twice')  ->  print() (0)"),
    ('raise ValueError("a number is not whole")', "raise ValueError('a number is not whole')  ->  print() (0)"),
    # It keeps what is much too long from being made a number; one of 18 digits is refused for its size.
    ("if len(text) > 17 or abs(int(text)) >= 2**53:", "17  ->  18 (0)"),
    # Only for systems without that flag.
    *(
        ('with open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:', change)
        for change in ("0  ->  1 (0)", "0  ->  -1 (1)")
    ),
    # One byte too many tells as much as two.
    ("content = file.read(limit + 1)", "1  ->  2 (0)"),
    # Only where it is run as a program, which no case does.
    (
        'if __name__ == "__main__":',
        "if __name__ == '__main__':\n    sys.exit(main())  ->  if False:\n    sys.exit(main()) (1)",
    ),
    ('if __name__ == "__main__":', "'__main__'  ->  '__main__x' (0)"),
    # A negative beginning leads to another root as well.
    ("if not 0 <= first < end <= head.size:", "0  ->  -1 (1)"),
}
# What only writes for people, or reads arguments.
_SHOWN = {"describe", "_moment", "_complaint", "_keys", "main"}


def _proofs(module: ModuleType) -> Any:
    return SimpleNamespace(**vars(module), RefutedError=InvalidLedgerError, MalformedError=InvalidRequestError)


def _equal_sizes(v: Any) -> None:
    """Trees of one size, hashes of another length, sizes that cannot be: the registry's own rules."""
    root, other = definition([b"a", b"b"]), definition([b"a"])
    for size in (2, 3):
        v.verify_consistency(size, size, root, root, ())
    for arguments in (
        (2, 2, root, other, ()), (2, 2, root, root, (root,)), (0, 2, root, root, ()), (0, 0, root, root, ()), (2, 1, root, other, ()),
        (2, 2**63, root, root, (root,)), (1, 2, b"", root, (other,)), (1, 2, other, root, (b"",)), (1, 2, other, b"", (other,)),
    ):  # fmt: skip
        assert outcome(v, partial(v.verify_consistency, *arguments)) == "refuted"
    for placed in (
        (b"", 0, 1, (), root), (root, 0, 1, (), b""), (b"", 0, 1, (), b""), (root, 0, 2, (b"",), root), (root, 0, 2**63, (), root),
    ):  # fmt: skip
        assert outcome(v, partial(v.verify_inclusion, *placed)) == "refuted"
    v.verify_inclusion(other, 0, 1, (), other)
    big = 2**63 - 1
    with pytest.raises(InvalidLedgerError, match="shorter"):
        v.verify_inclusion(other, big - 1, big, (), other)
    with pytest.raises(InvalidLedgerError, match="empty"):
        v.verify_consistency(big - 1, big, other, root, ())


def test_the_cases_hold_for_the_registrys_own_verification() -> None:
    from registry.ledger import proofs

    for case in (inclusion, consistency, _equal_sizes):
        case(_proofs(proofs))


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_every_broken_verifier_is_noticed() -> None:
    made = list(mutants(ROOT / "clients/verifier/lineage_verify.py", lambda name: name not in _SHOWN))
    assert len(made) > 800
    unnoticed = [item for item in made if survives(item, CASES, lambda module: module)]
    assert [str(item) for item in unnoticed if (item.code, item.change) not in _HARMLESS] == []


@pytest.mark.nightly
@pytest.mark.timeout(900)
def test_every_broken_verification_of_the_registry_is_noticed() -> None:
    names = {"verify_inclusion", "verify_consistency", "_climb_consistency", "_climb", "_check_hashes"}
    made = list(mutants(ROOT / "registry/ledger/proofs.py", lambda name: name in names))
    assert len(made) > 80
    cases = [_equal_sizes, inclusion, consistency]
    assert [str(item) for item in made if survives(item, cases, _proofs)] == []
