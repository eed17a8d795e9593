"""What two parsers could read differently is refused, and everything else is read as it always was."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.strict_json import NotJsonError, read_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4),
)  # fmt: skip


@given(VALUES, st.booleans())
def test_it_reads_what_the_standard_library_does(value: Any, escaped: bool) -> None:
    text = json.dumps(value, ensure_ascii=escaped)
    assert read_json(text.encode()) == json.loads(text)


@given(st.dictionaries(st.text('ab\\"é\n', max_size=3), VALUES, min_size=1, max_size=3), st.data())
def test_a_name_twice_is_refused_wherever_it_is(members: dict[str, Any], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(members)))
    pairs = data.draw(st.permutations([*members.items(), (name, 1)]))
    written = ",".join(f"{_spelled(key, data)}:{json.dumps(item)}" for key, item in pairs)
    around = data.draw(st.sampled_from(["{%s}", "[1,{%s}]", '{"x":{"y":[{%s}]}}']))
    with pytest.raises(NotJsonError, match="twice"):
        read_json((around % written).encode())


def _spelled(text: str, data: st.DataObject) -> str:
    """The same name in one of its spellings."""
    return data.draw(st.sampled_from([json.dumps(text), json.dumps(text, ensure_ascii=False), "".join(['"', *(f"\\u{ord(c):04x}" for c in text), '"'])]))  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        b"", b" ", b"nul", b"NaN", b"[Infinity]", b"-Infinity", b"1e400", b"-1e400", b"{,}", b"[1,]", b'{"a":1,}', b"'a'", b"01",
        b'{"a" 1}', b'"\\ud800"', b'"\\udc00\\ud800"', b'"\xed\xa0\x80"', b'"\xc0\xaf"', b'"\xff"', b'"\t"', b"[1] x", b"\x00",
        b"[" * 10_000 + b"]" * 10_000, b'{"a":' * 10_000 + b"1" + b"}" * 10_000, b"[" * 100_000, b"\xef\xbb\xbf[]", b"[1] // x",
        '{"a": 1}'.encode("utf-16"), b'{"a":1,"a":1}', b'{"a":{"b":1,"c":2,"b":3}}', b'{"\\u0061":1,"a":1}', b'{"":1,"":2}',
    ],
)  # fmt: skip
def test_what_is_refused(content: bytes) -> None:
    with pytest.raises(NotJsonError) as raised:
        read_json(content)
    assert 0 < len(str(raised.value)) < 200


def test_as_deep_as_a_thousand_and_no_stack_overflows() -> None:
    assert read_json(b"[" * 200 + b"]" * 200) == json.loads("[" * 200 + "]" * 200)
    for depth in (900, 1_000, 1_024, 1_025, 1_200):
        try:
            read_json(b'{"a":' * depth + b"1" + b"}" * depth)
        except NotJsonError:
            assert depth > 500
