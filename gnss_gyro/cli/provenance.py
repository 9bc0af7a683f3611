"""Where results come from: versions of what computed them, hashes of what went in."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version

from gnss_gyro import __version__

_PACKAGES = ("numpy", "scipy", "numba", "pyubx2", "hatanaka")


def versions() -> dict[str, str]:
    """gnss_gyro, Python and the packages that decide over digits."""
    found = {"gnss_gyro": __version__, "python": platform.python_version()}
    return found | {package: _version(package) for package in _PACKAGES}


@lru_cache
def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


def config_header(command: str, sha256_by_file: Mapping[str, str]) -> str:
    """The comment above a configuration in force."""
    lines = ["The configuration in force.", *([f"command: {command}"] if command else [])]
    lines += ["versions: " + ", ".join(f"{name} {number}" for name, number in versions().items())]
    lines += ["inputs (sha256):", *(f"  {digest}  {path}" for path, digest in sha256_by_file.items())]
    return "\n".join(lines)
