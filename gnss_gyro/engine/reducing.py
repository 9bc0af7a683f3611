"""Located antennas reduced to what baselines have to explain."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gnss_gyro.basics.frames import enu_from_ecef_at
from gnss_gyro.engine.positioning import Located
from gnss_gyro.engine.receivers import Receivers
from gnss_gyro.estimation.noise import NoiseLearner
from gnss_gyro.estimation.prefit import Prefit, prefit


def prefits_of(
    located: Mapping[str, Located], reference: str, receivers: Receivers, learner: NoiseLearner, elevation_mask: float
) -> dict[str, Prefit]:
    """Observed minus computed of all antennas, each at its own time of sampling (the vehicle moves in between)."""
    base = located[reference]
    origin = base.epoch.time
    enu_from_ecef = enu_from_ecef_at(base.place.position_ecef_m)
    velocity_mps = np.nan_to_num(base.velocity.velocity_ecef_mps)
    result = {}
    for name, antenna in located.items():
        offset_s = antenna.sampled_at_s(origin) - base.sampled_at_s(origin)
        result[name] = prefit(
            antenna.epoch, antenna.states, base.place.position_ecef_m + velocity_mps * offset_s, enu_from_ecef,
            receivers.noise(antenna.epoch, learner), elevation_mask, receivers.cn0_mask_dbhz(antenna.epoch),
        )  # fmt: skip
    return result
