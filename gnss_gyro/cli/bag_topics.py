"""What a recorder must know of live topics: their types' definitions, and the quality of service to ask for."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import yaml
from rclpy.duration import Duration
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.streams.bags.writing import BagTopic

_QUEUE: Final = 1000
_BAR: Final = "=" * 80
_FIELD: Final = re.compile(r"^[ \t]*([A-Za-z]\w*(?:/\w+)*)(?:<=\d+)?(?:\[[^\]]*\])?[ \t]+\w+", re.MULTILINE)
_NS: Final = 1_000_000_000


def profile(best_effort: bool = False, latched: bool = False) -> QoSProfile:
    """What is asked for: everything that is offered."""
    return QoSProfile(
        depth=_QUEUE,
        reliability=ReliabilityPolicy.BEST_EFFORT if best_effort else ReliabilityPolicy.RELIABLE,
        durability=DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE,
    )


def suited_profile(offers: Sequence[Any]) -> QoSProfile:
    """The best that all publishers of a topic offer."""
    return profile(
        any(offer.qos_profile.reliability == ReliabilityPolicy.BEST_EFFORT for offer in offers),
        all(offer.qos_profile.durability == DurabilityPolicy.TRANSIENT_LOCAL for offer in offers),
    )


def topic_of(name: str, offers: Sequence[Any]) -> BagTopic:
    """A topic as its publishers describe it. Raises ConfigError where its type is not installed."""
    kind = str(offers[0].topic_type)
    hashed = str(getattr(offers[0], "topic_type_hash", ""))
    profiles = yaml.safe_dump([_plain(offer.qos_profile) for offer in offers])
    return BagTopic(name, kind, definition_of(kind), hashed if hashed.startswith("RIHS01_") else "", profiles)


def message_class(kind: str) -> Any:
    """The class of a type such as std_msgs/msg/String. Raises ConfigError."""
    package, space, name = kind.split("/")
    try:
        return getattr(import_module(f"{package}.{space}"), name)
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"messages {kind} cannot be recorded: their package is not installed ({error})") from None


def definition_of(kind: str) -> str:
    """Definition of a type and, behind bars, of all types in it; "" where the package's .msg files are not installed."""
    texts: dict[str, str] = {}
    try:
        _collect(kind, texts)
    except (OSError, LookupError, ValueError):
        return ""
    own, *others = texts.items()
    return own[1] + "".join(f"\n{_BAR}\nMSG: {name}\n{text}" for name, text in others)


def _collect(kind: str, texts: dict[str, str]) -> None:
    package, _, name = kind.split("/")
    key = f"{package}/{name}"
    if key in texts:
        return
    text = (_share(package) / "msg" / f"{name}.msg").read_text(encoding="utf-8")
    texts[key] = text
    for inner in _types_in(text, package):
        _collect(inner, texts)


def _share(package: str) -> Path:
    """Folder of a package's definitions: by the ament index, or in the environment of the wheels from PyPI."""
    from ament_index_python.packages import PackageNotFoundError, get_package_share_directory

    try:
        return Path(get_package_share_directory(package))
    except (OSError, PackageNotFoundError):
        return Path(sys.prefix) / "share" / package


def _types_in(text: str, package: str) -> Iterator[str]:
    """Types of fields that are messages: they begin with a capital letter, basic types do not."""
    for found in _FIELD.findall(text):
        space, _, name = str(found).rpartition("/")
        if name[:1].isupper():
            yield f"{space.split('/')[0] or package}/msg/{name}"


def _plain(offered: QoSProfile) -> dict[str, Any]:
    """As rosbag2 writes it up to version 8 of its metadata."""
    return {
        "history": int(offered.history), "depth": int(offered.depth), "reliability": int(offered.reliability),
        "durability": int(offered.durability), "deadline": _seconds(offered.deadline), "lifespan": _seconds(offered.lifespan),
        "liveliness": int(offered.liveliness), "liveliness_lease_duration": _seconds(offered.liveliness_lease_duration),
        "avoid_ros_namespace_conventions": bool(offered.avoid_ros_namespace_conventions),
    }  # fmt: skip


def _seconds(duration: Duration) -> dict[str, int]:
    return {"sec": duration.nanoseconds // _NS, "nsec": duration.nanoseconds % _NS}
