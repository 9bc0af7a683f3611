"""metadata.yaml of a bag, version 8: the newest that ROS 2 Humble reads."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from gnss_gyro.basics.errors import DataError

NAME: Final = "metadata.yaml"
_FILES: Final = (".mcap", ".db3")
VERSION: Final = 8
_TOP: Final = "rosbag2_bagfile_information"


def is_bag(path: Path) -> bool:
    """Does this look like a bag?"""
    if path.is_dir():
        return (path / NAME).exists() or any(path.glob("*.mcap")) or any(path.glob("*.db3"))
    return path.suffix in _FILES


@dataclass(frozen=True, slots=True)
class FileFacts:
    """One finished file of a bag: log times of its first and last message [ns], messages."""

    name: str
    first_ns: int
    last_ns: int
    messages: int


@dataclass(frozen=True, slots=True)
class TopicFacts:
    """One topic: its type, hash of the type ("" = unknown), what publishers offer (YAML, as in version 8)."""

    name: str
    type: str
    type_hash: str
    qos: str
    messages: int


def write_metadata(folder: Path, files: Sequence[FileFacts], topics: Sequence[TopicFacts]) -> None:
    """Write metadata.yaml whole or not at all. Raises OSError."""
    holding = [file for file in files if file.messages]
    first = min((file.first_ns for file in holding), default=0)
    last = max((file.last_ns for file in holding), default=0)
    facts = {
        "version": VERSION,
        "storage_identifier": "mcap",
        "duration": {"nanoseconds": last - first},
        "starting_time": {"nanoseconds_since_epoch": first},
        "message_count": sum(file.messages for file in files),
        "topics_with_message_count": [_topic(topic) for topic in topics],
        "compression_format": "",
        "compression_mode": "",
        "relative_file_paths": [file.name for file in files],
        "files": [_file(file) for file in files],
        "custom_data": None,
        "ros_distro": os.environ.get("ROS_DISTRO", "unknown"),
    }
    temporary = folder / f"{NAME}.tmp"
    try:
        temporary.write_text(yaml.safe_dump({_TOP: facts}, sort_keys=False), encoding="utf-8")
        temporary.replace(folder / NAME)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def read_metadata(folder: Path) -> Mapping[str, Any]:
    """What metadata.yaml says; nothing where there is none. Raises DataError where it cannot be read."""
    try:
        found = yaml.safe_load((folder / NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DataError(f"{folder / NAME} cannot be read: {error}") from error
    facts = found.get(_TOP) if isinstance(found, dict) else None
    if not isinstance(facts, dict):
        raise DataError(f"{folder / NAME} is no description of a bag")
    return facts


def _topic(topic: TopicFacts) -> dict[str, Any]:
    about = {
        "name": topic.name, "type": topic.type, "serialization_format": "cdr", "offered_qos_profiles": topic.qos,
        "type_description_hash": topic.type_hash,
    }  # fmt: skip
    return {"topic_metadata": about, "message_count": topic.messages}


def _file(file: FileFacts) -> dict[str, Any]:
    return {
        "path": file.name,
        "starting_time": {"nanoseconds_since_epoch": file.first_ns if file.messages else 0},
        "duration": {"nanoseconds": file.last_ns - file.first_ns if file.messages else 0},
        "message_count": file.messages,
    }
