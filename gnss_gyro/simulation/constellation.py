"""Broadcast ephemerides of a simulated sky: cut from nominal slots, rounded as the navigation messages round them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final, Protocol

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.basics.satellites import System, number_of, system_of
from gnss_gyro.basics.time import BEIDOU_MINUS_GPS_S, DAY_S, NS, GpsTime, leap_seconds_at
from gnss_gyro.orbits.glonass import acceleration
from gnss_gyro.orbits.kepler import element_row, gravity_and_spin, is_geostationary, kepler_state
from gnss_gyro.protocols.messages import Ephemeris, GlonassEphemeris, KeplerEphemeris
from gnss_gyro.simulation.quantise import quantised
from gnss_gyro.simulation.slots import GLONASS_CHANNELS, REFERENCE, Slot, mean_motion, slots

KEPLER_ISSUE_S: Final = 7200
GLONASS_ISSUE_S: Final = 1800
ISSUE_CELL_S: Final = 900.0
_CELL_OFFSET_NS: Final = 7_537_500_000
_CELL_DELAY_S: Final = 15.0
_SOURCE: Final = {System.GPS: "LNAV", System.QZSS: "LNAV", System.GALILEO: "INAV", System.BEIDOU: "D1", System.GLONASS: ""}
_GLONASS_YEARS: Final = range(1996, 2119)
"""GLONASS counts 31 intervals of four years (ICD 4.4, N4); the last year is left to recordings that began in the one before."""
_TILT: Final = np.radians(5.0)
_CLOCK_STEP_S: Final = 20.0 * 365.0 * DAY_S
"""Satellite clocks are set back so often, before their drift leads out of the field of LNAV (1 ms)."""


class Constellation(Protocol):
    """A sky: which ephemeris every satellite broadcasts at a time."""

    satellites: tuple[int, ...]

    def ephemeris(self, satellite: int, time: GpsTime) -> Ephemeris | None:
        """The ephemeris in force, which is also the truth; None = the satellite is not there."""
        ...


class NominalConstellation:
    """Synthetic satellites of some systems; ephemerides are made when asked for and kept.

    since : GLONASS, which is integrated day by day, is to be had from this day on; the others at any time
    """

    def __init__(self, systems: Iterable[System], since: GpsTime, seed: int = 1) -> None:
        """Raise ConfigError for a system without a simulated sky, at all or in that year."""
        wanted = set(systems)
        if not wanted <= set(_SOURCE):
            raise ConfigError(f"no simulated sky for system {', '.join(sorted(str(s) for s in wanted - set(_SOURCE)))}")
        year = since.calendar().year
        if System.GLONASS in wanted and year not in _GLONASS_YEARS:
            years = f"{_GLONASS_YEARS.start} to {_GLONASS_YEARS.stop - 1}"
            raise ConfigError(f"no simulated sky for system R in the year {year}: its messages can tell {years}")
        self._slots = {slot.satellite: slot for slot in slots(seed) if system_of(slot.satellite) in wanted}
        self._kept: dict[tuple[int, int], Ephemeris] = {}
        self._glonass = GlonassOrbits([s for s in slots(seed) if system_of(s.satellite) is System.GLONASS], since)
        self.satellites = tuple(sorted(self._slots))

    def ephemeris(self, satellite: int, time: GpsTime) -> Ephemeris | None:
        """The ephemeris whose reference time is nearest."""
        slot = self._slots.get(satellite)
        if slot is None:
            return None
        toe = reference_time(system_of(satellite), time)
        key = (satellite, toe.ns)
        if key not in self._kept:
            self._kept[key] = quantised(self._made(slot, toe))
        return self._kept[key]

    def _made(self, slot: Slot, toe: GpsTime) -> Ephemeris:
        if system_of(slot.satellite) is System.GLONASS:
            return self._glonass.ephemeris(slot, toe)
        return kepler_ephemeris(slot, toe)


class RecordedConstellation:
    """Satellites as given by ephemerides, e.g. of a RINEX navigation file: the one of the nearest toe holds."""

    def __init__(self, ephemerides: Iterable[Ephemeris]) -> None:
        """Unhealthy satellites are left out."""
        self._sets: dict[int, list[Ephemeris]] = {}
        for ephemeris in ephemerides:
            if ephemeris.health == 0:
                self._sets.setdefault(ephemeris.satellite, []).append(ephemeris)
        self.satellites = tuple(sorted(self._sets))

    def ephemeris(self, satellite: int, time: GpsTime) -> Ephemeris | None:
        """The ephemeris whose reference time is nearest, if it is within 4 hours (GLONASS: half an hour)."""
        limit = GLONASS_ISSUE_S if system_of(satellite) is System.GLONASS else 2 * KEPLER_ISSUE_S
        best = min(self._sets.get(satellite, ()), key=lambda e: abs(e.toe - time), default=None)
        return best if best is not None and abs(best.toe - time) <= limit else None


def issue_cell(time: GpsTime) -> GpsTime:
    """Beginning of the quarter of an hour within which no ephemeris changes: where receivers' stores change theirs."""
    cell_ns = round(ISSUE_CELL_S * NS)
    return GpsTime((time.ns - _CELL_OFFSET_NS) // cell_ns * cell_ns + _CELL_OFFSET_NS)


def in_force(constellation: Constellation, time: GpsTime) -> list[Ephemeris | None]:
    """What each satellite of a constellation broadcasts at a time, and moves by."""
    chosen_at = issue_cell(time) + _CELL_DELAY_S
    return [constellation.ephemeris(code, chosen_at) for code in constellation.satellites]


def reference_time(system: System, time: GpsTime) -> GpsTime:
    """Reference time (toe) of the issue in force: whole intervals of the system's own time scale."""
    interval, offset = KEPLER_ISSUE_S, 0
    if system is System.BEIDOU:
        offset = -BEIDOU_MINUS_GPS_S
    elif system is System.GLONASS:
        interval, offset = GLONASS_ISSUE_S, leap_seconds_at(time.utc())
    return GpsTime(round((time.ns - offset * NS) / (interval * NS)) * interval * NS + offset * NS)


def kepler_ephemeris(slot: Slot, toe: GpsTime) -> KeplerEphemeris:
    """The elements of a slot at a reference time, not yet rounded."""
    system = system_of(slot.satellite)
    mu, spin = gravity_and_spin(system)
    elapsed_s = toe - REFERENCE
    drifting_s = (elapsed_s + _CLOCK_STEP_S / 2.0) % _CLOCK_STEP_S - _CLOCK_STEP_S / 2.0
    week_time_s = (toe + (BEIDOU_MINUS_GPS_S if system is System.BEIDOU else 0)).tow_s
    motion = mean_motion(slot, system)
    semi_major_axis = (mu / (motion - slot.mean_motion_difference) ** 2) ** (1.0 / 3.0)
    cuc, cus, crc, crs, cic, cis = slot.harmonics
    ephemeris = KeplerEphemeris(
        satellite=slot.satellite, source=_SOURCE[system], toe=toe, toc=toe, transmitted=toe - KEPLER_ISSUE_S / 2,
        issue=_issue(system, toe), issue_clock=_issue(system, toe), sqrt_a=float(np.sqrt(semi_major_axis)),
        eccentricity=slot.eccentricity, mean_anomaly=_turn(slot.mean_anomaly + motion * elapsed_s),
        mean_motion_difference=slot.mean_motion_difference, inclination=slot.inclination, inclination_rate=0.0,
        ascending_node=_turn(slot.node + (slot.node_rate - spin) * elapsed_s + spin * week_time_s),
        ascending_node_rate=slot.node_rate, perigee=_turn(slot.perigee),
        cuc=cuc, cus=cus, crc=crc, crs=crs, cic=cic, cis=cis,
        af0=slot.af0 + slot.af1 * drifting_s, af1=slot.af1, af2=0.0,
        group_delay_s=slot.group_delay_s, group_delay_2_s=0.9 * slot.group_delay_s,
        accuracy_m=3.12 if system is System.GALILEO else 2.0,
        fit_interval_s=14_400.0 if system is System.GPS else float("nan"),
    )  # fmt: skip
    return _tilted(ephemeris, slot, week_time_s) if is_geostationary(slot.satellite) else ephemeris


def _tilted(ephemeris: KeplerEphemeris, slot: Slot, week_time_s: float) -> KeplerEphemeris:
    """BeiDou GEO: the same orbit in elements of the frame tilted by 5 degrees (BDS-SIS-ICD B1I, table 5-11).

    A satellite over the equator runs there in a plane of 5 degrees, whose node lies opposite the x axis.
    """
    _, spin = gravity_and_spin(System.BEIDOU)
    longitude = slot.node + slot.perigee + slot.mean_anomaly
    anomaly = slot.mean_anomaly + spin * (ephemeris.toe - REFERENCE)
    return replace(
        ephemeris, source="D2", inclination=_TILT, inclination_rate=0.0, ascending_node=_turn(np.pi + spin * week_time_s),
        ascending_node_rate=0.0, mean_motion_difference=0.0,
        mean_anomaly=_turn(anomaly), perigee=_turn(longitude - np.pi - anomaly),
        sqrt_a=float(np.sqrt(_SIDEREAL_A_BEIDOU_M)), cuc=0.0, cus=0.0, crc=0.0, crs=0.0, cic=0.0, cis=0.0,
    )  # fmt: skip


_SIDEREAL_A_BEIDOU_M: Final = (gravity_and_spin(System.BEIDOU)[0] / gravity_and_spin(System.BEIDOU)[1] ** 2) ** (1.0 / 3.0)


def _turn(angle: float) -> float:
    """The same angle in [-pi, pi)."""
    return float((angle + np.pi) % (2.0 * np.pi) - np.pi)


def _issue(system: System, toe: GpsTime) -> int:
    """Issue number, different from one set to the next."""
    if system is System.BEIDOU:
        return 1
    count = toe.ns // (KEPLER_ISSUE_S * NS)
    return int(count % (100 if system is System.GALILEO else 240))


class GlonassOrbits:
    """GLONASS satellites under the ICD's own force model, so that one issue runs on into the next.

    Integration starts from the Kepler orbits on the day before `since` and is kept in pieces of a day.
    """

    def __init__(self, orbits: list[Slot], since: GpsTime) -> None:
        self._index = {slot.satellite: k for k, slot in enumerate(orbits)}
        self._orbits = orbits
        self._first = GpsTime((since.ns // (DAY_S * NS) - 1) * DAY_S * NS)
        self._days: list[Callable[[float], Floats]] = []

    def ephemeris(self, slot: Slot, toe: GpsTime) -> GlonassEphemeris:
        """State, clock and channel of a satellite at a reference time, not yet rounded."""
        state = self._state(toe)[self._index[slot.satellite]]
        number = number_of(slot.satellite)
        return GlonassEphemeris(
            satellite=slot.satellite, toe=toe, transmitted=toe - GLONASS_ISSUE_S / 2, issue=_glonass_issue(toe),
            position_m=state[:3].copy(), velocity_mps=state[3:].copy(), acceleration_mps2=np.zeros(3),
            clock_bias_s=slot.af0, frequency_bias=0.0, channel=GLONASS_CHANNELS[number - 1],
        )  # fmt: skip

    def _state(self, time: GpsTime) -> Floats:
        """Position and velocity (24, 6) at a time. Raises ValueError for one too early."""
        if time < self._first:
            raise ValueError(f"no GLONASS orbits before {self._first}")
        elapsed_s = time - self._first
        while elapsed_s > DAY_S * len(self._days):
            self._days.append(self._integrated())
        day = min(int(elapsed_s // DAY_S), len(self._days) - 1)
        return self._days[day](elapsed_s - day * DAY_S).reshape(-1, 6)

    def _integrated(self) -> Callable[[float], Floats]:
        from scipy.integrate import solve_ivp  # late: slow to import, and skies without GLONASS do without

        start = self._days[-1](DAY_S) if self._days else self._start()
        solution = solve_ivp(_forces, (0.0, float(DAY_S)), start, method="DOP853", rtol=1e-11, atol=1e-4, dense_output=True)
        assert solution.sol is not None
        return solution.sol

    def _start(self) -> Floats:
        rows = [element_row(kepler_ephemeris(slot, self._first)) for slot in self._orbits]
        return np.concatenate([kepler_state(row, 0.0)[:6] for row in rows])


def _glonass_issue(toe: GpsTime) -> int:
    """Number t_b of the quarter of an hour within the day of Moscow (GLONASS ICD, 4.4)."""
    moscow_s = (toe.ns // NS - leap_seconds_at(toe.utc()) + 3 * 3600) % DAY_S
    return int(moscow_s // 900)


def _forces(_: float, state: Floats) -> Floats:
    """Derivative of stacked states (24 * 6,) without sun and moon."""
    body = np.zeros(9)
    rows = state.reshape(-1, 6)
    rate = np.empty_like(rows)
    rate[:, :3] = rows[:, 3:]
    for k, (x, y, z, vx, vy, _vz) in enumerate(rows):
        rate[k, 3:] = acceleration(x, y, z, vx, vy, body)
    return rate.ravel()
