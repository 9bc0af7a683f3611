"""Where the real recordings are: the environment variable GNSS_GYRO_DATA, else ../shared/data beside the project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]


def data_folder() -> Path | None:
    """The folder of recordings, or None where this machine has none."""
    named = os.environ.get("GNSS_GYRO_DATA")
    folder = Path(named) if named else PROJECT.parent / "shared" / "data"
    return folder if folder.is_dir() else None


def recording(name: str) -> Path:
    """The folder of one recording; where it is not to be had the test is skipped, or fails under GNSS_GYRO_REQUIRE_DATA=1."""
    folder = data_folder()
    if folder is None or not (folder / name).is_dir():
        refuse = pytest.fail if os.environ.get("GNSS_GYRO_REQUIRE_DATA") == "1" else pytest.skip
        refuse(f"recording {name!r} is not here: set GNSS_GYRO_DATA to the folder of recordings")
    return folder / name
