"""Ephemerides as satellites send them, and the navigation words of real recordings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from gnss_gyro.basics.satellites import System, satellite, system_of
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.protocols.messages import GlonassEphemeris, KeplerEphemeris
from gnss_gyro.protocols.ubx.framing import UbxFramer
from gnss_gyro.protocols.ubx.sfrbx import NavigationWords, decode_sfrbx

RXM_RAWX = (0x02, 0x15)
RXM_SFRBX = (0x02, 0x13)


def kepler(code: int, source: str, toe: GpsTime, rng: np.random.Generator) -> KeplerEphemeris:
    """A random ephemeris within the ranges of the ICDs."""
    angle = rng.uniform(-np.pi, np.pi, 3)
    small = rng.normal(size=12)
    sqrt_a = 6493.4 if code % 100 <= 5 or code % 100 >= 59 else 5282.6
    return KeplerEphemeris(
        satellite=code, source=source, toe=toe, toc=toe, transmitted=toe, issue=int(rng.integers(0, 32)),
        issue_clock=int(rng.integers(0, 32)), sqrt_a=sqrt_a + small[0], eccentricity=abs(small[1]) * 1e-2,
        mean_anomaly=angle[0], ascending_node=angle[1], perigee=angle[2], inclination=0.96 + 0.01 * small[2],
        mean_motion_difference=3e-9 * small[3], inclination_rate=3e-10 * small[4], ascending_node_rate=-5e-9 * small[5],
        cuc=3e-6 * small[6], cus=3e-6 * small[7], crc=200.0 * small[8], crs=100.0 * small[9], cic=1e-7 * small[10],
        cis=1e-7 * small[11], af0=float(rng.normal()) * 3e-4, af1=float(rng.normal()) * 1e-11, af2=0.0,
        group_delay_s=float(rng.normal()) * 5e-9, group_delay_2_s=float(rng.normal()) * 5e-9, accuracy_m=2.0, health=0,
    )  # fmt: skip


def glonass(number: int, toe: GpsTime, rng: np.random.Generator) -> GlonassEphemeris:
    """A random ephemeris of the size of GLONASS orbits."""
    direction = rng.normal(size=(2, 3))
    position, velocity = (direction / np.linalg.norm(direction, axis=1)[:, None]) * np.array([[25.5e6], [3.4e3]])
    return GlonassEphemeris(
        satellite=satellite(System.GLONASS, number), toe=toe, transmitted=toe, issue=0, position_m=position,
        velocity_mps=velocity,
        acceleration_mps2=rng.normal(size=3) * 1e-6, clock_bias_s=float(rng.normal()) * 1e-4,
        frequency_bias=float(rng.normal()) * 1e-12, channel=int(rng.integers(-7, 7)), health=0, age_days=1.0,
    )  # fmt: skip


def sfrbx_words(path: Path, system: System) -> Iterator[tuple[NavigationWords, GpsTime]]:
    """All navigation words of a system in a UBX file, with the time of the RAWX before them."""
    time = None
    for frame in UbxFramer().feed(path.read_bytes()):
        kind = (frame.message_class, frame.message_id)
        if kind == RXM_RAWX:
            time = GpsTime.from_week_tow(
                int.from_bytes(frame.payload[8:10], "little"), float(np.frombuffer(frame.payload[:8], "<f8")[0])
            )
        elif kind == RXM_SFRBX and time is not None:
            words = decode_sfrbx(frame.payload)
            if words is not None and system_of(words.satellite) is system:
                yield words, time


def flipped(words: np.ndarray, bit: int, width: int) -> np.ndarray:
    """The words with one of their bits flipped; bit 0 is the first of the lower `width` bits of word 0."""
    damaged = words.copy()
    damaged[bit // width] ^= np.uint32(1 << (width - 1 - bit % width))
    return damaged
