"""The published tables of the model, read once and only when somebody asks."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from io import BytesIO

import numpy as np

from gnss_gyro.basics.arrays import Floats

_FILE = "ccir_modip.npz"


@lru_cache(maxsize=1)
def tables() -> tuple[Floats, Floats, Floats]:
    """Maps of foF2 (12, 2, 76, 13) and M(3000)F2 (12, 2, 49, 9), and the dip latitudes (39, 39) [degrees]; see README.md."""
    with np.load(BytesIO(files(__package__).joinpath(_FILE).read_bytes())) as stored:
        f2, m3, modip_deg = (np.ascontiguousarray(stored[name], np.float64) for name in ("f2", "m3", "modip_deg"))
    return f2, m3, modip_deg
