"""From receiver bytes to messages: real recordings against their notes and pyubx2, corrupt input, closing the loop."""

from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyubx2 import UBXMessage
from recordings import recording
from test_navigation_lnav import T0, ephemeris, through

from gnss_gyro.basics.satellites import satellite_from_name, satellite_name
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.protocols.messages import KeplerEphemeris, Observations
from gnss_gyro.protocols.navigation.lnav_encode import encode_lnav
from gnss_gyro.protocols.sbas.messages import SbasMessage
from gnss_gyro.protocols.ubx.decoder import ASSEMBLERS, NAV_PVT, NAV_RELPOSNED, RXM_RAWX, RXM_SFRBX, UbxDecoder, UbxMessage
from gnss_gyro.protocols.ubx.framing import UbxFramer, encode_frame
from gnss_gyro.protocols.ubx.nav import CarrierSolution, NavPvt, RelPosNed, decode_nav_pvt, decode_nav_relposned
from gnss_gyro.protocols.ubx.sfrbx import NavigationWords, decode_sfrbx, encode_sfrbx


@cache
def decoded(path: Path) -> tuple[list[UbxMessage], dict[str, int]]:
    decoder = UbxDecoder()
    messages = decoder.feed(path.read_bytes()) + decoder.flush()
    return messages, decoder.counts.by_name


def kinds(messages: list[UbxMessage]) -> Counter:
    return Counter(type(message).__name__ for message in messages)


def test_the_walk_is_read_as_its_notes_say():
    messages, counts = decoded(recording("f9p_walk") / "gnss_1730.ubx")
    assert (counts["RXM-RAWX"], counts["RXM-SFRBX"], counts["NAV-PVT"]) == (536, 2328, 536)
    found = kinds(messages)
    assert (found["Observations"], found["NavPvt"]) == (536, 536)
    assert found["KeplerEphemeris"] >= 15
    observations = [message for message in messages if isinstance(message, Observations)]
    assert {round(b.time - a.time, 2) for a, b in pairwise(observations)} == {0.25}


def test_the_slas_recording_is_read_as_its_notes_say():
    messages, counts = decoded(recording("slas_hiroshima") / "20230919-114418.ubx")
    assert (counts["RXM-RAWX"], counts["RXM-SFRBX"]) == (36, 954)
    names = {satellite_name(message.satellite) for message in messages if hasattr(message, "toe")}
    assert {"G26", "G31", "J02", "J07"} <= names
    assert {name[0] for name in names} >= set("GJER")
    corrections = Counter(satellite_name(m.satellite) for m in messages if isinstance(m, NavigationWords))
    assert sum(number for name, number in corrections.items() if name[0] == "J") == 144 + 4  # + 4 that another signal sent
    sbas = Counter(satellite_name(m.satellite) for m in messages if isinstance(m, SbasMessage))
    assert (sbas["S37"], sbas["S28"]) == (36, 35)  # all 37, 36 after the first time, but type 9 of PRN 128


def test_the_receivers_own_solution_is_where_the_reference_was():
    """Reference: first line of the recording's RTK file; its height is above sea level, here the ellipsoidal one by pyubx2."""
    messages, _ = decoded(recording("f9p_walk") / "gnss_1730.ubx")
    pvt = next(message for message in messages if isinstance(message, NavPvt))
    assert pvt.valid
    assert pvt.carrier is CarrierSolution.FIXED
    np.testing.assert_allclose(pvt.geodetic[:2], np.radians([40.0966916, -105.1471665]), rtol=0, atol=2e-9)
    assert pvt.geodetic[2] == pytest.approx(1580.048)
    observations = next(message for message in messages if isinstance(message, Observations))
    assert abs(pvt.time - observations.time) < 0.5


@pytest.mark.parametrize("name", ["Hello_RoverA.raw", "Toilet_RoverB.raw"])
def test_relative_positions_are_those_pyubx2_reads(name):
    frames = UbxFramer().feed((recording("stylus") / name).read_bytes())
    assert len(frames) > 7000
    for frame in frames[::500]:
        ours, theirs = decode_nav_relposned(frame.payload), UBXMessage("NAV", "NAV-RELPOSNED", 0, payload=frame.payload)
        assert round(ours.tow_s * 1e3) == int.from_bytes(frame.payload[4:8], "little")
        assert (ours.valid, int(ours.carrier)) == (bool(theirs.relPosValid), theirs.carrSoln)
        vector_cm = [theirs.relPosE, theirs.relPosN, -theirs.relPosD]
        std_mm = [theirs.accE, theirs.accN, theirs.accD]
        np.testing.assert_allclose(ours.vector_enu_m, np.array(vector_cm) * 1e-2 if ours.valid else np.nan, atol=1e-9)
        np.testing.assert_allclose(ours.std_enu_m, np.array(std_mm) * 1e-3, atol=1e-9)


def test_a_rigid_stick_keeps_its_length():
    """Both antennas' vectors from one base differ by the stick: 1.9152 m, spread 8.6 mm (notes of the recording)."""
    fixed = []
    for rover in "AB":
        messages, _ = decoded(recording("stylus") / f"Hello_Rover{rover}.raw")
        vectors = [message for message in messages if isinstance(message, RelPosNed)]
        fixed.append({m.tow_s: m.vector_enu_m for m in vectors if m.carrier is CarrierSolution.FIXED})
    lengths = [np.linalg.norm(fixed[1][tow] - vector) for tow, vector in fixed[0].items() if tow in fixed[1]]
    assert len(lengths) > 6000
    assert np.mean(lengths) == pytest.approx(1.9152, abs=5e-4)
    assert np.std(lengths) == pytest.approx(0.0086, abs=5e-4)


def test_relposned_version_1():
    payload = bytearray(64)
    payload[0] = 1
    payload[4:8] = (123_000).to_bytes(4, "little")
    for at, centimetres in ((8, 150), (12, -250), (16, 30)):
        payload[at : at + 4] = centimetres.to_bytes(4, "little", signed=True)
    payload[32:36] = np.array([12, -34, 5, 0], np.int8).tobytes()
    for at, tenths in ((36, 100), (40, 200), (44, 300)):
        payload[at : at + 4] = tenths.to_bytes(4, "little")
    payload[60:64] = (1 | 4 | 2 << 3 | 0x20).to_bytes(4, "little")
    message = decode_nav_relposned(bytes(payload))
    np.testing.assert_allclose(message.vector_enu_m, [-2.5034, 1.5012, -0.3005], atol=1e-9)
    np.testing.assert_allclose(message.std_enu_m, [0.02, 0.01, 0.03])
    assert (message.tow_s, message.carrier, message.valid, message.moving_base) == (123.0, CarrierSolution.FIXED, True, True)


def test_position_has_no_time_before_the_receiver_knows_it():
    payload = bytearray(92)
    payload[4:11] = (2024).to_bytes(2, "little") + bytes((1, 1, 0, 0, 0))
    assert decode_nav_pvt(bytes(payload)).time is None
    payload[11] = 3
    assert decode_nav_pvt(bytes(payload)).time == GpsTime.from_calendar(2023, 12, 31)  # of two weeks the nearer one
    payload[6] = 13
    decoder = UbxDecoder()
    assert decoder.feed(encode_frame(*NAV_PVT, bytes(payload))) == []
    assert decoder.counts.by_name["malformed messages"] == 1
    payload[4:7] = (9999).to_bytes(2, "little") + bytes((1,))
    assert decoder.feed(encode_frame(*NAV_PVT, bytes(payload))) == []
    assert decoder.counts.by_name["malformed messages"] == 2


def stream_of_ephemeris() -> bytes:
    frames = [encode_frame(*RXM_SFRBX, encode_sfrbx(NavigationWords(7, 0, 0, words))) for words in encode_lnav(ephemeris(), T0)]
    return b"".join(frames)


def test_an_ephemeris_comes_back_from_bytes():
    assert repr(UbxDecoder(T0).feed(stream_of_ephemeris())) == repr([through(ephemeris())])  # exact too, and NaN is NaN


def test_without_any_time_ephemerides_wait():
    decoder = UbxDecoder()
    assert decoder.feed(stream_of_ephemeris()) == []
    assert decoder.counts.by_name["RXM-SFRBX before the first time"] == 3


@given(st.sampled_from(["G01", "J03", "E36", "C63", "R24", "S20", "I14"]), st.integers(-7, 6), st.integers(0, 20))
@settings(deadline=None)
def test_words_round_trip(name, channel, count):
    words = np.arange(count, dtype=np.uint32) * np.uint32(2**27)
    message = NavigationWords(satellite_from_name(name), 3, channel if name[0] == "R" else 0, words)
    back = decode_sfrbx(encode_sfrbx(message))
    assert (back.satellite, back.signal_id, back.glonass_channel) == (message.satellite, 3, message.glonass_channel)
    np.testing.assert_array_equal(back.words, words)


@cache
def a_piece() -> bytes:
    return (recording("slas_hiroshima") / "20230919-114418.ubx").read_bytes()[:30_000]


def summary(data: bytes, size: int) -> tuple[list[str], dict[str, int]]:
    decoder, messages = UbxDecoder(T0), []
    for at in range(0, len(data), size):
        messages += decoder.feed(data[at : at + size])
    messages += decoder.flush()
    return [repr(message) for message in messages], decoder.counts.by_name


@given(st.lists(st.tuples(st.integers(0, 29_999), st.integers(1, 255)), min_size=1, max_size=40), st.integers(200, 30_000))
@settings(deadline=None, max_examples=25)
def test_flipped_and_cut_recordings_never_raise_and_do_not_depend_on_chunks(flips, length):
    data = bytearray(a_piece()[:length])
    for at, mask in flips:
        data[at % length] ^= mask
    assert summary(bytes(data), 137) == summary(bytes(data), length)


keys = st.sampled_from([RXM_RAWX, RXM_SFRBX, NAV_PVT, NAV_RELPOSNED])


@given(st.lists(st.tuples(keys, st.binary(max_size=120)), max_size=10))
@settings(deadline=None)
def test_nonsense_under_a_good_checksum_is_counted(frames):
    decoder = UbxDecoder(T0)
    decoder.feed(b"".join(encode_frame(*key, payload) for key, payload in frames))
    assert "checksum errors" not in decoder.counts.by_name


@given(st.sampled_from(list(ASSEMBLERS)), st.lists(st.integers(0, 2**32 - 1), min_size=10, max_size=10), st.integers(0, 65535))
@settings(deadline=None)
def test_nonsense_words_reach_every_assembler_and_come_to_nothing(key, words, week):
    system, count = key
    message = NavigationWords(satellite_from_name(f"{system.value}05"), 0, 0, np.array(words[:count], np.uint32))
    decoder = UbxDecoder(GpsTime.from_week_tow(week, 0.0))
    assert decoder.feed(encode_frame(*RXM_SFRBX, encode_sfrbx(message))) == []


def test_real_words_with_a_flipped_bit_make_no_other_ephemeris():
    """Ten thousand single-bit faults under a good checksum: no value appears that the clean recording does not have."""
    frames = UbxFramer().feed((recording("slas_hiroshima") / "20230919-114418.ubx").read_bytes())
    clean, _ = decoded(recording("slas_hiroshima") / "20230919-114418.ubx")
    known = {repr(message) for message in clean if isinstance(message, KeplerEphemeris)}
    rng = np.random.default_rng(11)
    for _ in range(10):
        decoder = UbxDecoder()
        for frame in frames:
            payload = bytearray(frame.payload)
            if (frame.message_class, frame.message_id) == RXM_SFRBX:
                payload[8 + rng.integers(len(payload) - 8)] ^= 1 << rng.integers(8)
            for message in decoder.decode(frame._replace(payload=bytes(payload))):
                assert not isinstance(message, KeplerEphemeris) or repr(message) in known
