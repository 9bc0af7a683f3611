"""The ephemerides in force at one time, side by side in arrays that the propagation kernel reads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gnss_gyro.basics.arrays import Bools, Floats, Ints
from gnss_gyro.basics.satellites import SYSTEMS, System, system_of
from gnss_gyro.orbits import glonass, kepler
from gnss_gyro.orbits.states import OrbitOutcome
from gnss_gyro.protocols.messages import Ephemeris, KeplerEphemeris

COLUMNS: Final = max(kepler.COLUMNS, glonass.COLUMNS)
CODES: Final = 100 * len(SYSTEMS)
"""Satellite codes are below this."""
NO_ROW: Final = -1

MIN_SQRT_A: Final = 2530.0
"""[m^0.5] of an orbit that just clears the Earth."""
MAX_ECCENTRICITY: Final = 0.5
"""Navigation messages cannot express more: the field ends here (IS-GPS-200, table 20-III)."""

ACCURACY_FLOOR_M: Final = 0.5
"""Broadcast orbits and clocks are not better than this, whatever they say (monthly SISRE figures of the MGEX campaign)."""
ACCURACY_UNKNOWN_M: Final[dict[System, float]] = {System.GLONASS: 4.0, System.BEIDOU: 3.0}
ACCURACY_UNKNOWN_DEFAULT_M: Final = 2.4
"""Where a message gives no accuracy: the first step of URA (IS-GPS-200, 20.3.3.3.1.3), more for the older systems."""


@dataclass(frozen=True, slots=True)
class EphemerisTable:
    """One row per satellite.

    row_of        : (CODES,) row of a satellite code, NO_ROW = nothing known of it
    elements      : (m, COLUMNS) rows of orbits.kepler or orbits.glonass
    is_glonass    : (m,)
    toe_ns        : (m,) reference time, GPS scale [ns]
    group_delay_s : (m,) of the L1 (E1, B1I) signal [s]
    variance_m2   : (m,) [m^2]
    outcome       : (m,) OrbitOutcome: OK, STALE or UNHEALTHY
    issue         : (m,) issue of data
    """

    row_of: NDArray[np.int64]
    elements: Floats
    is_glonass: Bools
    toe_ns: Ints
    group_delay_s: Floats
    variance_m2: Floats
    outcome: Ints
    issue: Ints


def table_of(chosen: Iterable[tuple[Ephemeris, OrbitOutcome]]) -> EphemerisTable:
    """Lay chosen ephemerides, at most one per satellite, into a table."""
    pairs = list(chosen)
    ephemerides = [eph for eph, _ in pairs]
    elements = np.zeros((len(pairs), COLUMNS))
    row_of = np.full(CODES, NO_ROW, np.int64)
    for row, eph in enumerate(ephemerides):
        values = row_values(eph)
        elements[row, : len(values)] = values
        row_of[eph.satellite] = row
    return EphemerisTable(
        row_of=row_of,
        elements=elements,
        is_glonass=np.array([not isinstance(eph, KeplerEphemeris) for eph in ephemerides], np.bool_),
        toe_ns=np.array([eph.toe.ns for eph in ephemerides], np.int64),
        group_delay_s=np.array([group_delay_s(eph) for eph in ephemerides], float),
        variance_m2=np.array([accuracy_m(eph) ** 2 for eph in ephemerides], float),
        outcome=np.array([int(outcome) for _, outcome in pairs], np.int64),
        issue=np.array([eph.issue for eph in ephemerides], np.int64),
    )


def row_values(ephemeris: Ephemeris) -> Floats:
    """The row that the kernel of the ephemeris' kind reads."""
    return kepler.element_row(ephemeris) if isinstance(ephemeris, KeplerEphemeris) else glonass.state_row(ephemeris)


def is_usable(ephemeris: Ephemeris) -> bool:
    """Whether all elements are known and make an orbit around the Earth."""
    if isinstance(ephemeris, KeplerEphemeris):
        plausible = ephemeris.sqrt_a > MIN_SQRT_A and 0.0 <= ephemeris.eccentricity < MAX_ECCENTRICITY
    else:
        plausible = bool(np.linalg.norm(ephemeris.position_m) > MIN_SQRT_A**2)
    return plausible and bool(np.isfinite(row_values(ephemeris)).all())


def group_delay_s(ephemeris: Ephemeris) -> float:
    """Delay [s] to subtract from the broadcast clock for a user of L1, E1 or B1I alone; unknown counts as none."""
    delay = ephemeris.group_delay_s if isinstance(ephemeris, KeplerEphemeris) else 0.0
    return delay if np.isfinite(delay) else 0.0


def accuracy_m(ephemeris: Ephemeris) -> float:
    """Standard deviation [m] of orbit and clock along the line of sight."""
    told = ephemeris.accuracy_m if isinstance(ephemeris, KeplerEphemeris) else float("nan")
    unknown = ACCURACY_UNKNOWN_M.get(system_of(ephemeris.satellite), ACCURACY_UNKNOWN_DEFAULT_M)
    return max(told, ACCURACY_FLOOR_M) if np.isfinite(told) and told > 0.0 else unknown
