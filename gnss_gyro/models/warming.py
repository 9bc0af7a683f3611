"""Compiles the ionosphere models: their parameters may be heard minutes after the start, when no epoch should wait."""

from __future__ import annotations

import numpy as np

from gnss_gyro.basics.frames import ecef_from_geodetic
from gnss_gyro.basics.signals import L1_HZ
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.models.broadcast_ionosphere import HeardIonosphere, IonosphereModel, SightLines, ionosphere_delay_m
from gnss_gyro.protocols.messages import BdgimCoefficients, NequickCoefficients


def compile_ionosphere_models() -> None:
    """Compute one ray by every model that is compiled."""
    place, above = ecef_from_geodetic(np.array([[0.6, 2.4, 0.0], [0.6, 2.5, 2.0e7]]))
    one = np.ones(1)
    rays = SightLines(GpsTime.from_calendar(2024, 1, 1), place, 0.6, 2.4, one, one, above[None, :], L1_HZ * one)
    heard = HeardIonosphere(nequick=NequickCoefficients(np.array([100.0, 0.0, 0.0])), bdgim=BdgimCoefficients(np.ones(9)))
    for model in (IonosphereModel.NEQUICK, IonosphereModel.BDGIM):
        ionosphere_delay_m(model, heard, rays)
