"""A driver stays small, there being one for each antenna: what computes is imported only where no NAV-PVT comes."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = (
    "numba", "llvmlite", "scipy", "pyproj", "matplotlib", "pyubx2", "gnss_gyro.estimation", "gnss_gyro.orbits",
    "gnss_gyro.engine.engine", "gnss_gyro.engine.config", "gnss_gyro.engine.positioning",
)  # fmt: skip
"""pyubx2 is for configuring."""
STREAM = """
import struct, sys
from gnss_gyro.protocols.ubx.framing import FrameSplitter, encode_frame
from gnss_gyro.ros.own_positions import OwnPositions
from gnss_gyro.streams.receiver_session import ReceiverSession

def pvt(second):
    return encode_frame(1, 7, struct.pack("<IHBBBBBB", second * 1000, 2026, 1, 4, 0, 0, second, 3) + bytes(76))

def rawx(second):
    row = struct.pack("<ddfBBBBHBBBBBx", 2e7, 1e8, 0.0, 0, 5, 0, 0, 900, 40, 4, 2, 5, 7)
    return encode_frame(2, 0x15, struct.pack("<dHbBBB2x", float(second), 2400, 18, 1, 1, 1) + row)

positions, count = OwnPositions(), []
session = ReceiverSession(lambda frame: count.extend(positions.feed(frame)))
for second in range(20):
    session.received(rawx(second) + (pvt(second) if "NAV-PVT" in sys.argv else b""))
assert session.statistics.snapshot(0.0).epochs == len(count) == 20
"""
"""Twenty seconds of a receiver, without ROS."""
LIST = "import sys; print(*sys.modules)"


def loaded(program: str, *words: str) -> list[str]:
    """Modules of a Python that ran a program."""
    process = subprocess.run([sys.executable, "-c", f"{program}\n{LIST}", *words], capture_output=True, text=True, timeout=60.0)
    assert process.returncode == 0, process.stderr
    return process.stdout.split()


def test_the_driver_imports_nothing_that_computes() -> None:
    modules = loaded("import gnss_gyro.ros.antenna_driver")
    assert "gnss_gyro.ros.antenna_driver" in modules
    assert [name for name in modules if name.startswith(HEAVY)] == []


@pytest.mark.parametrize(("words", "heavy"), [(["NAV-PVT"], False), ([], True)])
def test_only_a_stream_without_nav_pvt_needs_it(words: list[str], heavy: bool) -> None:
    modules = loaded(STREAM, *words)
    assert ("gnss_gyro.ros.single_points" in modules) is heavy
    assert any(name.startswith(HEAVY) for name in modules) is heavy
