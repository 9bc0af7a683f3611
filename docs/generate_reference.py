"""Writes docs/ros2_reference.md, topics, services and parameters, from the code: python docs/generate_reference.py"""

# ruff: noqa: E402

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator
from enum import Enum
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[1])]

from gnss_gyro.engine.options import Leaf, leaves
from gnss_gyro.estimation.outcome import Outcome
from gnss_gyro.ros.declaring import CONFIG_FILE
from gnss_gyro.ros.driver_options import DRIVER_LEAVES
from gnss_gyro.ros.options import FusionOptions
from gnss_gyro.ros.outputs import TOPICS
from gnss_gyro.ros.parameter_values import as_parameter
from gnss_gyro.ros.parameters import ANTENNA_NAMES, LENGTHS, antenna_leaves, engine_leaves
from gnss_gyro.ros.services import DEEDS

TARGET = Path(__file__).with_name("ros2_reference.md")
MEANINGS = {
    "fix": "position of the reference antenna with full covariance; STATUS_NO_FIX with NaN where there is none",
    "heading": "orientation of base_link in ENU, nothing else (-1 in the other covariances); only while validated",
    "attitude": "orientation of base_link in the map; only while validated",
    "pose": "base_link in the map, position and attitude with covariance; only while validated",
    "velocity": "velocity of the reference antenna in the axes of the map, with covariance",
    "odometry": "pose in the map, velocity of base_link in its own axes; only while validated",
    "path": "where base_link has been; at most once a second, and only for who listens",
    "markers": "antennas, baselines, heading arrow, outcome in words and colour",
}
FRAMED = {"/tf": "map -> base_link with every pose; withheld with it", "/tf_static": "base_link -> each antenna"}


def reference() -> str:
    """The whole page."""
    return "\n".join([
        "# Reference of the nodes", "",
        "Generated from the code by `python docs/generate_reference.py`; a test fails where it is out of date.", "",
        "## fusion", "", "### Topics published", "", *_topics(), "",
        "### Topics taken", "",
        "For each antenna, by `antennas.NAME.input`: `NAME/raw` (std_msgs/msg/UInt8MultiArray: UBX frames of our driver),",
        "`NAME/raw_data_stream` (the same type, of ublox_gps), or",
        "`NAME/ubx_rxm_rawx` and `NAME/ubx_rxm_sfrbx` (of ublox_dgnss).", "",
        "### Services", "", "| service | type | does |", "|---|---|---|",
        *(f"| `{name}` | std_srvs/srv/Trigger | {_sentence(deed)} |" for name, deed in DEEDS.items()), "",
        "### Outcomes", "", "What `/diagnostics` says of an epoch: " + ", ".join(f"*{outcome}*" for outcome in Outcome) + ".", "",
        "### Parameters", "",
        "They take effect at configure: `ros2 lifecycle set /fusion deactivate`, then `cleanup`, `configure`, `activate`.", "",
        *_table([*_named(), *leaves(FusionOptions)]), "",
        "Of each antenna:", "", *_table(antenna_leaves("NAME")), "",
        "Of the engine, the same words as in the rig YAML:", "", *_table(engine_leaves()), "",
        "## antenna_driver", "", "### Topics published", "", "| topic | type | what |", "|---|---|---|",
        "| `~/raw` | std_msgs/msg/UInt8MultiArray | one complete UBX frame each (RTCM 3 too with `publish_rtcm`) |",
        "| `~/fix` | sensor_msgs/msg/NavSatFix | the antenna's own position; with `publish_fix` |",
        "| `/diagnostics` | diagnostic_msgs/msg/DiagnosticArray | link, receiver, configuration |", "",
        "### Parameters", "", *_table(DRIVER_LEAVES), "",
        "Both nodes have `autostart` (default true): configure and activate by themselves.", "",
    ])  # fmt: skip


def _topics() -> Iterator[str]:
    yield from ("| topic | type | what |", "|---|---|---|")
    for topic, kind in TOPICS.items():
        package = kind.__module__.partition(".")[0]
        yield f"| `{topic}` | {package}/msg/{kind.__name__} | {MEANINGS[topic]} |"
    for topic, meaning in FRAMED.items():
        yield f"| `{topic}` | tf2_msgs/msg/TFMessage | {meaning} |"
    yield "| `~/ready` | builtin_interfaces/msg/Time | computer time since which the node listens; latched |"
    yield "| `/diagnostics` | diagnostic_msgs/msg/DiagnosticArray | attitude, position, geometry, each antenna |"


def _named() -> list[Leaf]:
    """The parameters that are no options of a section."""
    from gnss_gyro.engine.options import Option

    return [
        Leaf(CONFIG_FILE, str, "", Option("rig YAML; parameters given besides overrule it")),
        Leaf(ANTENNA_NAMES, tuple[str, ...], (), Option("antennas of the rig, the reference first, where there is no rig YAML")),
        Leaf(LENGTHS, tuple[str, ...], (), Option('measured distances: "{between: [rear, front], length_m: 1.0}"')),
    ]


def _table(items: Iterable[Leaf]) -> Iterator[str]:
    yield from ("| parameter | default | meaning |", "|---|---|---|")
    for leaf in items:
        yield f"| `{leaf.name}` | {_default(leaf)} | {_text(leaf.option.text)}{_range(leaf)} |"


def _default(leaf: Leaf) -> str:
    try:
        value: Any = as_parameter(leaf, leaf.default)
    except TypeError:
        value = leaf.default
    if isinstance(value, Enum):
        value = value.value
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return "unset" if value is None or value == "" else "nan"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _range(leaf: Leaf) -> str:
    about = leaf.option
    bounded = not (math.isinf(about.low) or math.isinf(about.high))
    parts = [about.unit, f"{about.low:g} to {about.high:g}" if bounded else ""]
    inside = ", ".join(part for part in parts if part)
    return f" [{inside}]" if inside else ""


def _sentence(deed: Any) -> str:
    return _text(str(deed.__doc__).strip().splitlines()[0].rstrip("."))


def _text(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    TARGET.write_text(reference(), encoding="utf-8")
