"""RXM-RAWX: against pyubx2 on real frames, round trip, tables, corrupt payloads."""

from contextlib import suppress
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyubx2 import UBXMessage
from recordings import recording

from gnss_gyro.basics.errors import DecodeError
from gnss_gyro.basics.satellites import satellite, satellite_from_name
from gnss_gyro.basics.signals import signal, signal_name
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.protocols.messages import HALF_CYCLE, SLIP, Observations
from gnss_gyro.protocols.ubx.framing import UbxFramer
from gnss_gyro.protocols.ubx.identifiers import SYSTEM_OF_GNSS
from gnss_gyro.protocols.ubx.rawx import decode_rawx, encode_rawx

RECORDINGS = [("f9p_walk", "gnss_1730.ubx"), ("slas_hiroshima", "20230919-114418.ubx")]


def rawx_payloads(folder: str, name: str) -> list[bytes]:
    frames = UbxFramer().feed((recording(folder) / name).read_bytes())
    return [frame.payload for frame in frames if (frame.message_class, frame.message_id) == (2, 0x15)]


def assert_equal(one: Observations, other: Observations) -> None:
    for field in fields(Observations):
        np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name), err_msg=field.name)


@pytest.mark.parametrize(("folder", "name"), RECORDINGS)
def test_every_value_is_the_one_pyubx2_reads(folder, name):
    for payload in rawx_payloads(folder, name)[::12]:
        ours, theirs = decode_rawx(payload), UBXMessage("RXM", "RXM-RAWX", 0, payload=payload)
        assert ours.time == GpsTime.from_week_tow(theirs.week, theirs.rcvTow)
        assert (ours.leap_s, ours.clock_reset) == (theirs.leapS if theirs.leapSec else None, bool(theirs.clkReset))
        rows = [{key: getattr(theirs, f"{key}_{i:02d}") for key in KEYS} for i in range(1, theirs.numMeas + 1)]
        rows = [row for row in rows if not (row["gnssId"] == 6 and row["svId"] == 255)]
        assert len(ours) == len(rows)
        for i, row in enumerate(rows):
            offset = 100 if row["gnssId"] == 1 else 0
            assert ours.satellite[i] == satellite(SYSTEM_OF_GNSS[row["gnssId"]], row["svId"] - offset)
            assert ours.doppler_hz[i] == row["doMes"]
            assert ours.cn0_dbhz[i] == row["cno"]
            assert ours.lock_time_s[i] == pytest.approx(row["locktime"] * 1e-3)
            assert ours.glonass_channel[i] == (row["freqId"] - 7 if row["gnssId"] == 6 else 0)
            np.testing.assert_equal(ours.pseudorange_m[i], row["prMes"] if row["prValid"] else np.nan)
            np.testing.assert_equal(ours.phase_cycles[i], row["cpMes"] if row["cpValid"] else np.nan)
            assert bool(ours.flags[i] & HALF_CYCLE) == (row["cpValid"] and not row["halfCyc"])


KEYS = (
    "gnssId", "svId", "sigId", "freqId", "prMes", "cpMes", "doMes", "locktime", "cno", "prValid", "cpValid", "halfCyc",
)  # fmt: skip


@pytest.mark.parametrize(("folder", "name"), RECORDINGS)
def test_real_observations_survive_encoding(folder, name):
    for payload in rawx_payloads(folder, name)[::20]:
        observations = decode_rawx(payload)
        assert_equal(decode_rawx(encode_rawx(observations)), observations)


@pytest.mark.parametrize(("folder", "name"), RECORDINGS)
def test_phase_grows_with_the_range_and_doppler_is_its_negative_rate(folder, name):
    """Over one epoch of well-tracked GPS L1, the change of phase follows -Doppler and the pseudorange follows the phase."""
    first, second = (decode_rawx(payload) for payload in rawx_payloads(folder, name)[10:12])
    gap_s = second.time - first.time
    for i in np.flatnonzero((first.signal == signal("1C")) & (first.satellite < 100) & (first.cn0_dbhz > 40)):
        j = np.flatnonzero((second.satellite == first.satellite[i]) & (second.signal == first.signal[i]))
        if len(j) == 1:
            rate_hz = (second.phase_cycles[j[0]] - first.phase_cycles[i]) / gap_s
            assert rate_hz == pytest.approx(-(first.doppler_hz[i] + second.doppler_hz[j[0]]) / 2.0, abs=2.0)
            moved_m = second.pseudorange_m[j[0]] - first.pseudorange_m[i]
            assert moved_m == pytest.approx(rate_hz * gap_s * 0.1903, abs=3.0)


def one_of_each() -> Observations:
    names = "G05:1C G05:2L S33:1C E11:1C E11:7Q C36:2I C36:1P J07:1C J03:1E R14:1C R14:2C I05:5A".split()
    n = len(names)
    values = np.arange(n, dtype=float)
    return Observations(
        time=GpsTime.from_week_tow(2280, 123456.75),
        satellite=np.array([satellite_from_name(name[:3]) for name in names], np.int16),
        signal=np.array([signal(name[4:]) for name in names], np.int16),
        pseudorange_m=2e7 + values,
        phase_cycles=np.where(values == 3, np.nan, 1e8 + values),
        doppler_hz=100.0 * values,
        cn0_dbhz=30.0 + values,
        lock_time_s=1.0 + values,
        pseudorange_std_m=np.full(n, 0.32),
        phase_std_cycles=np.full(n, 0.008),
        glonass_channel=np.where(values // 1 == 9, -7, np.where(values == 10, 6, 0)).astype(np.int8),
        flags=np.where(values == 5, HALF_CYCLE, 0).astype(np.uint8),
        leap_s=18,
    )


def test_every_system_survives_encoding():
    assert_equal(decode_rawx(encode_rawx(one_of_each())), one_of_each())


def test_a_slip_is_told_by_the_lock_time():
    flags = np.where(np.arange(12) == 7, SLIP, 0).astype(np.uint8)
    back = decode_rawx(encode_rawx(replace(one_of_each(), flags=flags)))
    assert (back.flags == flags).all()
    assert back.lock_time_s[7] == 0.0


def test_version_0_has_no_signal_numbers():
    payload = bytearray(encode_rawx(one_of_each()))
    payload[13] = 0
    assert {signal_name(code) for code in decode_rawx(bytes(payload)).signal} == {"1C", "2I", "5A"}


@pytest.mark.parametrize("week", [10_000, 65_535])
def test_a_week_in_which_nobody_measures_is_refused(week):
    payload = bytearray(encode_rawx(one_of_each()))
    payload[8:10] = week.to_bytes(2, "little")
    with pytest.raises(DecodeError, match=str(week)):
        decode_rawx(bytes(payload))


def test_a_glonass_satellite_without_number_is_left_out():
    payload = bytearray(encode_rawx(one_of_each()))
    payload[16 + 9 * 32 + 21] = 255
    assert len(decode_rawx(bytes(payload))) == 11


@given(st.binary(max_size=120))
@settings(deadline=None)
def test_noise_is_decoded_or_refused(noise):
    for payload in (noise, noise[:11] + bytes([max(len(noise) - 16, 0) // 32]) + noise[12:]):
        with suppress(DecodeError):
            decode_rawx(payload)
