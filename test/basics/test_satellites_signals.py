"""Laws of satellite and signal codes: names return, carriers are those of the interface documents."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gnss_gyro.basics.satellites import (
    SYSTEMS,
    System,
    in_system,
    number_of,
    satellite,
    satellite_from_name,
    satellite_name,
    system_index,
    system_of,
)
from gnss_gyro.basics.signals import L1_PREFERENCE, carrier_hz, signal, signal_name, wavelength_m


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("number", [1, 9, 10, 63, 99])
def test_satellites_return_from_code_and_name(system: System, number: int) -> None:
    code = satellite(system, number)
    assert (system_of(code), number_of(code)) == (system, number)
    assert satellite_from_name(satellite_name(code)) == code
    assert code < np.iinfo(np.int16).max


def test_codes_are_stable_and_names_are_those_of_rinex() -> None:
    assert satellite("G", 5) == 5
    assert satellite("E", 11) == 211
    assert satellite_name(satellite("J", 2)) == "J02"
    assert satellite_from_name("G 5") == 5
    assert str(System.BEIDOU) == "C"


@pytest.mark.parametrize("name", ["X01", "G00", "Gxy", ""])
def test_bad_names_are_refused(name: str) -> None:
    with pytest.raises((ValueError, IndexError)):
        satellite_from_name(name)


@pytest.mark.parametrize("number", [0, 100, -1])
def test_bad_numbers_are_refused(number: int) -> None:
    with pytest.raises(ValueError, match="outside"):
        satellite(System.GPS, number)


def test_masks_of_arrays() -> None:
    codes = np.array([satellite("G", 1), satellite("E", 1), satellite("G", 32), satellite("C", 60)], np.int16)
    assert in_system(codes, System.GPS).tolist() == [True, False, True, False]
    assert [SYSTEMS[i].value for i in system_index(codes)] == ["G", "E", "G", "C"]


@pytest.mark.parametrize("name", [f"{band}{letter}" for band in "123456789" for letter in "ABCDEILMNPQSWXYZ"])
def test_signals_return(name: str) -> None:
    assert signal_name(signal(name)) == name


def test_signal_codes_differ_and_fit_into_16_bits() -> None:
    codes = {signal(f"{band}{chr(letter)}") for band in range(1, 10) for letter in range(65, 91)}
    assert len(codes) == 9 * 26
    assert max(codes) < np.iinfo(np.int16).max


@pytest.mark.parametrize(
    ("system", "name", "channel", "hertz"),
    [
        (System.GPS, "1C", 0, 1575.42e6),
        (System.GPS, "2L", 0, 1227.60e6),
        (System.GALILEO, "1X", 0, 1575.42e6),
        (System.QZSS, "6L", 0, 1278.75e6),
        (System.BEIDOU, "2I", 0, 1561.098e6),
        (System.BEIDOU, "1P", 0, 1575.42e6),
        (System.GLONASS, "1C", 0, 1602.0e6),
        (System.GLONASS, "1C", -7, 1598.0625e6),
        (System.GLONASS, "1C", 6, 1605.375e6),
        (System.GLONASS, "2C", 1, 1246.4375e6),
    ],
)
def test_carriers(system: System, name: str, channel: int, hertz: float) -> None:
    assert carrier_hz(system, signal(name), channel) == pytest.approx(hertz, abs=1e-3)


def test_wavelengths_and_unknown_bands() -> None:
    assert wavelength_m(System.GPS, signal("1C")) == pytest.approx(0.190293672798365, abs=1e-15)
    assert math.isnan(carrier_hz(System.GPS, signal("7I")))
    assert math.isnan(wavelength_m(System.GLONASS, signal("9A")))


@pytest.mark.parametrize("system", L1_PREFERENCE)
def test_preferred_signals_have_a_carrier_near_l1(system: System) -> None:
    for name in L1_PREFERENCE[system]:
        assert 1.55e9 < carrier_hz(system, signal(name)) < 1.61e9
