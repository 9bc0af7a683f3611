"""A driver stays small, there being one for each antenna: what computes is imported only where its own position is asked for."""

from __future__ import annotations

import subprocess
import sys

HEAVY = (
    "pyproj", "matplotlib", "scipy.", "gnss_gyro.estimation", "gnss_gyro.orbits", "gnss_gyro.engine.engine",
    "gnss_gyro.engine.config",
)  # fmt: skip
LIGHT = ("scipy._", "scipy.version", "scipy.__config__")
"""What `import scipy` alone loads: numba does that."""
PROGRAM = "import sys, gnss_gyro.ros.antenna_driver; print(*sys.modules)"


def test_the_driver_imports_nothing_that_computes() -> None:
    process = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=60.0)
    modules = process.stdout.split()
    assert "gnss_gyro.ros.antenna_driver" in modules
    assert [name for name in modules if name.startswith(HEAVY) and not name.startswith(LIGHT)] == []
