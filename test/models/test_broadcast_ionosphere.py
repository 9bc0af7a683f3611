"""The front door of the ionosphere models: what was heard decides, and each model gives what its own function gives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gnss_gyro.basics.frames import ecef_from_geodetic
from gnss_gyro.basics.signals import B1I_HZ, L1_HZ
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.models.bdgim import bdgim_delay_m
from gnss_gyro.models.broadcast_ionosphere import PREFERENCE, HeardIonosphere, IonosphereModel, SightLines, ionosphere_delay_m
from gnss_gyro.models.ionosphere import klobuchar_delay_m
from gnss_gyro.models.nequick.delay import nequick_delay_m
from gnss_gyro.protocols.messages import BdgimCoefficients, Klobuchar, NequickCoefficients

ALPHA, BETA = np.array([1.1e-8, 2.2e-8, -6e-8, -1.2e-7]), np.array([9.6e4, 1.3e5, -6.5e4, -5.9e5])
HEARD = HeardIonosphere(
    {letter: Klobuchar(letter, ALPHA * factor, BETA) for letter, factor in (("G", 1.0), ("J", 1.5), ("C", 2.0), ("I", 9.0))},
    NequickCoefficients(np.array([161.75, 0.66016, 0.019379])),
    BdgimCoefficients(np.array([30.0, -2.0, 8.0, 3.0, -6.0, 0.3, 0.0, 1.2, 0.4])),
)
REAL = [model for model in IonosphereModel if model not in (IonosphereModel.AUTO, IonosphereModel.NONE)]
TIME = GpsTime.from_calendar(2024, 6, 24, 5)
LATITUDE, LONGITUDE = np.radians([35.0, 137.0])
RAYS = SightLines(
    TIME, ecef_from_geodetic(np.array([LATITUDE, LONGITUDE, 80.0])), LATITUDE, LONGITUDE,
    np.radians([90.0, 20.0]), np.radians([0.0, 180.0]),
    ecef_from_geodetic(np.array([[LATITUDE, LONGITUDE, 20_200e3], [np.radians(-18.9), LONGITUDE, 20_200e3]])),
    np.array([L1_HZ, B1I_HZ]),
)  # fmt: skip
EXPECTED = {
    IonosphereModel.KLOBUCHAR: lambda *at: klobuchar_delay_m(HEARD.klobuchar["G"], *at),
    IonosphereModel.QZSS: lambda *at: klobuchar_delay_m(HEARD.klobuchar["J"], *at),
    IonosphereModel.BEIDOU: lambda *at: klobuchar_delay_m(HEARD.klobuchar["C"], *at),
    IonosphereModel.BDGIM: lambda *at: bdgim_delay_m(HEARD.bdgim, *at),
    IonosphereModel.NEQUICK: lambda time, *_: nequick_delay_m(
        HEARD.nequick.ai, time, RAYS.receiver_ecef_m, RAYS.satellite_ecef_m, RAYS.carrier_hz
    ),
}


@pytest.mark.parametrize("model", REAL)
def test_each_model_gives_what_its_own_function_gives(model):
    delay, used = ionosphere_delay_m(model, HEARD, RAYS)
    assert used is model
    at = TIME, LATITUDE, LONGITUDE, RAYS.elevation, RAYS.azimuth, RAYS.carrier_hz
    np.testing.assert_array_equal(delay, EXPECTED[model](*at))


@pytest.mark.parametrize("model", REAL)
def test_on_a_summer_afternoon_all_are_metres_and_more_so_low_in_the_sky(model):
    delay, _ = ionosphere_delay_m(model, HEARD, RAYS)
    assert 1.0 < delay[0] < 15.0
    assert 1.8 * delay[0] < delay[1] < 8.0 * delay[0]


@pytest.mark.parametrize("model", [*REAL, IonosphereModel.AUTO])
def test_nothing_heard_nothing_said(model):
    assert ionosphere_delay_m(model, HeardIonosphere(), RAYS) is None


def test_no_model_is_no_delay_and_needs_nothing():
    delay, used = ionosphere_delay_m(IonosphereModel.NONE, HeardIonosphere(), RAYS)
    assert used is IonosphereModel.NONE
    assert delay.tolist() == [0.0, 0.0]


def test_auto_takes_the_first_of_its_preference_that_was_heard():
    left = HEARD
    for model in PREFERENCE:
        assert left.resolve(IonosphereModel.AUTO) is model
        used = ionosphere_delay_m(IonosphereModel.AUTO, left, RAYS)[1]
        assert used is (IonosphereModel.AUTO if model is IonosphereModel.NEQUICK else model)  # a mean is nobody's
        left = without(left, model)
    assert left.resolve(IonosphereModel.AUTO) is None  # NavIC's is never taken


def without(heard, model):
    letters = {IonosphereModel.KLOBUCHAR: "G", IonosphereModel.QZSS: "J", IonosphereModel.BEIDOU: "C"}
    if model in letters:
        return replace(heard, klobuchar={k: v for k, v in heard.klobuchar.items() if k != letters[model]})
    return replace(heard, **{str(model): None})


def test_auto_lies_half_way_between_two_models_by_day_and_takes_nequick_alone_by_night():
    both = HeardIonosphere(klobuchar={"G": HEARD.klobuchar["G"]}, nequick=HEARD.nequick)
    blended, used = ionosphere_delay_m(IonosphereModel.AUTO, both, RAYS)
    nequick, _ = ionosphere_delay_m(IonosphereModel.NEQUICK, both, RAYS)
    klobuchar, _ = ionosphere_delay_m(IonosphereModel.KLOBUCHAR, both, RAYS)
    assert used is IonosphereModel.AUTO
    low, high = np.minimum(nequick, klobuchar), np.maximum(nequick, klobuchar)
    middle = 0.5 * (low + high)
    between = np.minimum(nequick, middle), np.maximum(nequick, middle)
    assert np.all((blended >= between[0] - 1e-9) & (blended <= between[1] + 1e-9))

    night = replace(HEARD.klobuchar["G"], alpha=np.zeros(4))  # 5 ns overhead, whatever the hour
    by_night, _ = ionosphere_delay_m(IonosphereModel.AUTO, replace(both, klobuchar={"G": night}), RAYS)
    np.testing.assert_allclose(by_night, nequick, rtol=0.0, atol=1e-9)
