"""Scalars: whatever is written on one line comes back as it was, here and from any other YAML reader."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.engine.strict_yaml import parse_yaml, scalar

NUMBER_LIKE = st.from_regex(r"[-+0-9a-zA-Z_.:~<]{1,6}", fullmatch=True)
PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF))
VALUES = NUMBER_LIKE | PRINTABLE | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.none()


@given(VALUES | st.lists(VALUES, max_size=3))
@example("\x85")
@example(["a\u2028b"])
def test_scalars_come_back_from_every_reader(value: object) -> None:
    line = f"key: {scalar(value)}"
    assert parse_yaml(line) == {"key": value}
    assert yaml.safe_load(line) == {"key": value}


@pytest.mark.parametrize(
    ("text", "value"),
    [("1e-4", 1e-4), ("1", 1), ("-0.5", -0.5), ("08", 8.0), ("true", True), ("~", None), ("", None)]
    + [(text, text) for text in ("no", "on", "yes", "12:30", "1.2.3", "2024-01-01", "0x1F", "1_000")],
)
def test_plain_words(text: str, value: object) -> None:
    got = parse_yaml(f"key: {text}")["key"]
    assert got == value
    assert type(got) is type(value)


@pytest.mark.parametrize(
    "text",
    ["a: 1\na: 2", "a: {b: 1, b: 2}", "- {a: 1, a: 1}", "a: [", "a: 1\n b: 2", "!!python/name:os.system", "a: 1\n---\nb: 2"],
)
def test_broken_and_repeated_are_refused_with_their_line(text: str) -> None:
    with pytest.raises(ConfigError, match=r"line \d"):
        parse_yaml(text)
