"""The two shapes of which the model is built: a soft step, and the Epstein layer."""

from __future__ import annotations

import math
from typing import Final

from gnss_gyro.basics.kernels import kernel

_STEEPEST: Final = 80.0
"""Exponents beyond are cut (algorithm document, F.2.12.2)."""


@kernel
def blend(above: float, below: float, steepness: float, x: float) -> float:
    """`below` for x far below zero, `above` for x far above it, smooth between (algorithm document, F.2.12.1)."""
    step = math.exp(min(max(steepness * x, -_STEEPEST), _STEEPEST))
    return (above * step + below) / (step + 1.0)


@kernel
def epstein(amplitude: float, x: float) -> float:
    """Layer of an amplitude at x thicknesses from its peak, where it is a quarter of it."""
    rise = math.exp(min(max(x, -_STEEPEST), _STEEPEST))
    return amplitude * rise / ((1.0 + rise) * (1.0 + rise))
