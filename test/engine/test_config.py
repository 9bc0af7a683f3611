"""Configurations: what is meant loads and comes back unchanged, what cannot be meant is refused with all its reasons."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import fields, is_dataclass
from typing import get_type_hints

import numpy as np
import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from recordings import PROJECT

from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.basics.satellites import System
from gnss_gyro.config_defaults import example_names, example_text
from gnss_gyro.engine.config import (
    EngineConfig,
    FilterConfig,
    GnssConfig,
    Mode,
    ReceiverClass,
    SharePivot,
    Vehicle,
    config_from_dict,
    config_to_dict,
    load_config,
    quick_config,
    with_overrides,
)
from gnss_gyro.engine.config_yaml import config_to_yaml
from gnss_gyro.engine.options import leaves, option_of

PAIR = {"antennas": {"rear": None, "front": None}, "lengths": [{"between": ["rear", "front"], "length_m": 1.0}]}
LEAVES = list(leaves(EngineConfig))
EXACT_M = 1e-9

FULL = """
antennas:
  main: {position_m: [0, 0, 0], sigma_m: 0.002, receiver: geodetic, source: /dev/ttyACM0, frame_id: roof}
  nose: {position_m: [1.5, 0, 0]}
  left: {position_m: [0, 0.5, 0.1]}
lengths: [{between: [nose, main], length_m: 1.5, sigma_m: 0.003}]
mode: epoch
gnss: {systems: [G, R], elevation_mask_deg: 15, cn0_mask_dbhz: 0, max_ephemeris_age_s: 7200, exclude: [G05, E11]}
alignment: {tolerance_s: 0.02, wait_s: 1}
fixing: {failure_rate: 1e-5, residual_probability: 0.01, min_double_differences: 5, share_pivot: true}
noise: {learn: false, code_m: 0.3, phase_m: 0.002}
monitor: {enabled: false, window: 30, minimum_share: 0.9}
filter: {vehicle: ship}
"""


def refusal(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(text)
    return str(caught.value)


def rig(**changes: object) -> dict[str, object]:
    return {**PAIR, **changes}


def refusal_of(values: object) -> str:
    with pytest.raises(ConfigError) as caught:
        config_from_dict(values)
    return str(caught.value)


# --- what is meant


def test_every_key_is_read() -> None:
    config = load_config(FULL)
    assert config.names == ("main", "nose", "left")
    assert config.antennas[0].receiver is ReceiverClass.GEODETIC
    assert [antenna.frame for antenna in config.antennas] == ["roof", "gnss_nose", "gnss_left"]
    assert config.mode is Mode.EPOCH
    assert config.gnss.systems == (System.GPS, System.GLONASS)
    assert config.gnss.elevation_mask == pytest.approx(np.radians(15.0))
    assert config.fixing.failure_rate == 1e-5
    assert config.fixing.share_pivot is SharePivot.TRUE
    assert config.filter.vehicle is Vehicle.SHIP


def test_defaults_are_those_of_the_empty_sections() -> None:
    config = config_from_dict(rig(gnss=None, filter={}))
    assert config.gnss == GnssConfig()
    assert config.filter == FilterConfig()
    assert config.gnss.systems == (System.GPS, System.GALILEO, System.QZSS, System.BEIDOU)
    assert config.mode is Mode.FILTER


def test_order_of_antennas_is_kept() -> None:
    assert config_from_dict({"antennas": dict.fromkeys(["z", "a", "m"])}).names == ("z", "a", "m")


@pytest.mark.parametrize("text", [FULL, *map(example_text, example_names())])
def test_round_trips_unchanged(text: str) -> None:
    config = load_config(text)
    written = config_to_yaml(config, header="in force\nversion 0.1.0")
    assert config_from_dict(config_to_dict(config)) == config
    assert load_config(written) == config
    assert config_from_dict(yaml.safe_load(written)) == config, "other YAML readers see the same"
    assert written.startswith("# in force\n# version 0.1.0\n")


@example(1e-6, 0.0, "08")
@example(1e-6, 0.0, "no")
@example(1e-6, 0.0, "1e4")
@given(st.floats(1e-12, 0.1), st.floats(0.0, 100.0), st.from_regex(r"[A-Za-z0-9_]{1,8}", fullmatch=True))
def test_any_number_and_name_round_trips(failure_rate: float, length_m: float, name: str) -> None:
    pair = {"antennas": {name: None, "other__one": None}, "fixing": {"failure_rate": failure_rate}}
    config = config_from_dict({**pair, "lengths": [{"between": [name, "other__one"], "length_m": length_m}]})
    assert load_config(config_to_yaml(config)) == config


@pytest.mark.parametrize("name", ["two_antennas", "four_antennas_tractor"])
def test_examples_load_and_are_the_packaged_ones(name: str) -> None:
    text = (PROJECT / "config" / f"{name}.yaml").read_text(encoding="utf-8")
    assert name in example_names()
    assert text == example_text(name)
    assert load_config(text).array is not None


def test_unknown_example_is_named() -> None:
    with pytest.raises(ConfigError, match="tractor"):
        example_text("ship")


def test_array_from_positions_lengths_or_nothing() -> None:
    tractor = load_config(example_text("four_antennas_tractor")).array
    assert tractor is not None
    assert tractor.length_m("rear_left", "front_left") == pytest.approx(1.0, abs=EXACT_M)
    pair = config_from_dict(PAIR).array
    assert pair is not None
    assert pair.length_m("rear", "front") == pytest.approx(1.0, abs=EXACT_M)
    assert quick_config(antennas=["a", "b"]).array is None
    assert quick_config(antennas=["a"]).array is not None


def test_zero_baseline_is_allowed() -> None:
    assert quick_config([("a", "b", 0.0)]).lengths[0].length_m == 0.0


# --- the command line's way


def test_quick_config_takes_antennas_in_order() -> None:
    assert quick_config([("rover", "base", 0.99)]).names == ("rover", "base")
    assert quick_config([("rover", "base", 0.99)], antennas=["base", "rover"]).names == ("base", "rover")


def test_overrides_change_only_what_is_given() -> None:
    before = config_from_dict(PAIR)
    after = with_overrides(before, systems="G,E", elevation_mask_deg=20, mode=Mode.EPOCH, vehicle=None)
    assert after.gnss.systems == (System.GPS, System.GALILEO)
    assert after.gnss.elevation_mask_deg == 20.0
    assert after.mode is Mode.EPOCH
    assert before == config_from_dict(PAIR)
    assert with_overrides(after, systems=before.gnss.systems, elevation_mask_deg=10, mode="filter") == before


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"elevation_mask": 3}, "did you mean 'elevation_mask_deg'"),
        ({"systems": "G,X"}, r"gnss.systems\[1\]: 'X' is no choice; known are G, E, J, C, R$"),
        ({"elevation_mask_deg": 200}, "outside 0..80 deg"),
    ],
)
def test_overrides_are_checked(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        with_overrides(config_from_dict(PAIR), **changes)


# --- what cannot be meant


def sections() -> list[tuple[str, ...]]:
    """Every section and item of FULL, as a path of keys."""

    def walk(value: object, path: tuple[str, ...]) -> list[tuple[str, ...]]:
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        deeper = [found for key, inner in items for found in walk(inner, (*path, key))]
        return [path, *deeper] if isinstance(value, dict) and path != ("antennas",) else deeper

    return walk(yaml.safe_load(FULL), ())


@pytest.mark.parametrize("path", sections(), ids=str)
def test_unknown_key_is_refused_at_every_depth(path: tuple[str, ...]) -> None:
    values = yaml.safe_load(FULL)
    section = values
    for key in path:
        section = section[key]
    section["no_such_key"] = 1
    assert "no_such_key: unknown key" in refusal_of(values)


@pytest.mark.parametrize("leaf", LEAVES, ids=lambda leaf: leaf.name)
@pytest.mark.parametrize("wrong", [{"x": 1}, [[1]], "no such word"], ids=["mapping", "nested list", "text"])
def test_wrong_type_is_refused_for_every_option(leaf, wrong: object) -> None:
    section, _, name = leaf.name.rpartition(".")
    values = config_to_dict(config_from_dict(PAIR))
    (values[section] if section else values)[name] = wrong
    assert refusal_of(values).startswith(leaf.name)


@pytest.mark.parametrize("leaf", [leaf for leaf in LEAVES if np.isfinite(leaf.option.high)], ids=lambda leaf: leaf.name)
def test_range_is_kept_for_every_number(leaf) -> None:
    section, _, name = leaf.name.rpartition(".")
    values = config_to_dict(config_from_dict(PAIR))
    for outside in (leaf.option.low - 1, leaf.option.high + 1):
        values[section][name] = outside
        assert f"{leaf.name}: " in refusal_of(values)


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("", ["empty"]),
        ("# only a comment", ["empty"]),
        ("- a", ["needs a mapping"]),
        ("antennas: [a", ["line 1"]),
        ("antennas: {a: , a: }", ["line 1", "'a' is given twice"]),
        ("gnss: {}\nantennas: {a: }\ngnss: {}", ["line 3", "'gnss' is given twice"]),
        ("antennas: {}", ["1 to 8"]),
        ("antennas:", ["antennas: needs a mapping"]),
        ("mode: epoch", ["antennas: missing"]),
        (f"antennas: {{{', '.join(f'a{i}: ' for i in range(9))}}}", ["1 to 8, not 9"]),
        ("antennas: {1: }", ["put it in quotes"]),
        ("antennas: {a-b: }", ["letters, digits"]),
        ("antennas: {a: , sigma: }", ["antennas.sigma: this name is taken by columns of solution.csv"]),
        ("antennas: {a: {name: b}}", ["antennas.a.name: unknown key"]),
        ("antennas: {a: 3}", ["antennas.a: needs a mapping"]),
        ("antennas: {a: {positon_m: [1, 2, 3]}}", ["antennas.a.positon_m", "did you mean 'position_m'?"]),
        ("antennas: {a: {position_m: [1, 2]}}", ["antennas.a.position_m", "3 times a number [m]"]),
        ("antennas: {a: {position_m: [1, 2, .nan]}}", ["antennas.a.position_m[2]"]),
        ("antennas: {a: {position_m: [500, 0, 0]}}", ["if these are millimetres, write 0.5"]),
        ("antennas: {a: {receiver: pach}}", ["did you mean 'patch'?"]),
        ("antennas: {a: {source: x}, b: {source: x}}", ["source 'x' is used 2 times"]),
        ("antennas: {a: {frame_id: gnss_b}, b: }", ["frame_id 'gnss_b' is used 2 times"]),
        ("antennas: {a: {position_m: [0, 0, 0]}, b: }", ["antennas.b.position_m: missing, while other"]),
        ("antennas: {a: }\nelevation_mask_deg: 3", ["belongs at 'gnss.elevation_mask_deg'"]),
        ("antennas: {a: }\ngnss: {systems: []}", ["at least one"]),
        ("antennas: {a: }\ngnss: {systems: [S]}", ["gnss.systems[0]: 'S' is no choice; known are G, E, J, C, R"]),
        ("antennas: {a: }\ngnss: {systems: G}", ["gnss.systems: needs a list"]),
        ("antennas: {a: }\ngnss: {exclude: [G5, Q01, G05]}", ["'G5' is no satellite", "'Q01' is no satellite"]),
        ("antennas: {a: }\nnoise: {learn: 1}", ["noise.learn: needs true or false, not 1"]),
        ("antennas: {a: }\nmonitor: {window: 20.0}", ["monitor.window: needs a whole number"]),
        ("antennas: {a: }\nmonitor: {window: true}", ["monitor.window: needs a whole number"]),
        ("antennas: {a: }\nmode: Epoch", ["did you mean 'epoch'?"]),
        ("antennas: {a: {position_m: [1, 2, 3]}\n b: }", ["line"]),
        ("antennas: !!python/object:os.system {}", ["line 1"]),
    ],
)  # fmt: skip
def test_refused_with_its_reason(text: str, reasons: list[str]) -> None:
    message = refusal(text)
    for reason in reasons:
        assert reason in message


@pytest.mark.parametrize(
    ("lengths", "reason"),
    [
        ("{between: [a, b], lenght_m: 1}", "did you mean 'length_m'?"),
        ("{between: [a, b]}", "lengths[0].length_m: missing (a number [m])"),
        ("{between: [a, bb], length_m: 1}", "no antenna 'bb'; did you mean 'b'?"),
        ("{between: [a, a], length_m: 1}", "'a' twice"),
        ("{between: [a], length_m: 1}", "2 times text"),
        ("{between: [a, b], length_m: 990}", "if these are millimetres, write 0.99"),
        ("{between: [a, b], length_m: -1}", "outside 0..100 m"),
        ("{between: [a, b], length_m: '1'}", "needs a number [m], not '1'"),
        ("{between: [a, b], length_m: 1}, {between: [b, a], length_m: 1}", "a-b is given 2 times"),
        ("{between: [a, b], length_m: 1}, {between: [b, c], length_m: 1}, {between: [a, c], length_m: 2.2}", "contradict"),
        ("{between: [a, b], length_m: 1}", "not determined"),
    ],
)  # fmt: skip
def test_lengths_that_cannot_be(lengths: str, reason: str) -> None:
    assert reason in refusal(f"antennas: {{a: , b: , c: }}\nlengths: [{lengths}]")


def test_lengths_that_contradict_positions() -> None:
    rig = "antennas: {a: {position_m: [0, 0, 0]}, b: {position_m: [1, 0, 0]}}\nlengths: [{between: [a, b], length_m: %s}]"
    assert "1.0000 m by the positions but was measured 1.2000 m" in refusal(rig % "1.2")
    load_config(rig % "1.01")


def test_all_problems_come_at_once() -> None:
    message = refusal("antennas: {a: {sigma: 1}}\nmode: x\nfixing: {failure_rate: 2}\ngnsss: {}")
    assert len(message.splitlines()) == 4


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["antennas", "lengths", "gnss", "systems", "a"]), inner)
        ),
        max_leaves=12,
    )
)
def test_nothing_but_config_error_comes_out(values: object) -> None:
    with suppress(ConfigError):
        config_from_dict(values)


@given(st.text(max_size=60))
def test_no_text_does_more_than_config_error(text: str) -> None:
    with pytest.raises(ConfigError):
        load_config(text)


# --- scalars of YAML


def test_scalars_mean_what_people_mean() -> None:
    config = load_config("antennas: {no: {source: 12:30}, on: {source: 1.2.3}}\nfixing: {failure_rate: 1e-4}")
    assert config.names == ("no", "on")
    assert config.antennas[0].source == "12:30"
    assert config.fixing.failure_rate == 1e-4


# --- the declaration


def test_every_option_is_described() -> None:
    def undescribed(kind: type) -> list[str]:
        hints = get_type_hints(kind)
        here = [f"{kind.__name__}.{f.name}" for f in fields(kind) if not option_of(f).text]
        return here + [name for inner in hints.values() if is_dataclass(inner) for name in undescribed(inner)]

    assert undescribed(EngineConfig) == []


def test_option_names_are_unique_across_sections() -> None:
    names = [leaf.name.rpartition(".")[2] for leaf in LEAVES]
    assert len(set(names)) == len(names)
