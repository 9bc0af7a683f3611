"""Located antennas reduced to what baselines have to explain."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gnss_gyro.basics.frames import enu_from_ecef_at
from gnss_gyro.engine.positioning import Located
from gnss_gyro.estimation.prefit import Prefit, prefit


def prefits_of(located: Mapping[str, Located], reference: str, elevation_mask: float) -> dict[str, Prefit]:
    """Observed minus computed of all antennas, each at its own time of sampling (the vehicle moves in between)."""
    base = located[reference]
    origin, place_ecef_m = base.epoch.time, base.place.position_ecef_m
    enu_from_ecef = enu_from_ecef_at(place_ecef_m)
    sampled_at_s = base.sampled_at_s(origin)
    velocity_mps = base.velocity.velocity_ecef_mps if base.velocity.is_known else np.zeros(3)
    return {
        name: prefit(
            antenna.epoch, antenna.states, place_ecef_m + velocity_mps * (antenna.sampled_at_s(origin) - sampled_at_s),
            enu_from_ecef, antenna.noise, elevation_mask, antenna.cn0_mask_dbhz, antenna.place.usage,
        )
        for name, antenna in located.items()
    }  # fmt: skip
