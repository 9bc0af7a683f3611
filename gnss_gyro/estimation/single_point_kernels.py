"""Kernels of the single point solution: satellites, pseudoranges and clocks as bare arrays."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from gnss_gyro.basics.arrays import Bools, Codes, Floats, Ints
from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.basics.frames import enu_from_ecef
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.basics.ordering import count_of
from gnss_gyro.basics.satellites import SYSTEMS
from gnss_gyro.basics.small_matrices import invert_normal
from gnss_gyro.estimation.noise import code_factor, growth
from gnss_gyro.estimation.path_delay import carrier_hz, slanted
from gnss_gyro.estimation.screening_kernels import screen, solve_weighted, unknowns
from gnss_gyro.models.geometry import elevation_of, look, turned_satellite
from gnss_gyro.models.ionosphere import klobuchar_s, reference_hz
from gnss_gyro.orbits.states import OrbitOutcome

CLOCKS: Final = 6
"""Receiver clocks: GPS with QZSS, GLONASS, Galileo, BeiDou, SBAS, NavIC."""
UNKNOWNS: Final = 3 + CLOCKS
CLOCK_OF_SYSTEM: Final = (0, 1, 2, 3, 0, 4, 5)
"""By index in SYSTEMS."""
USED, NO_CODE, NO_STATE, WEAK, LOW, OUTLIER = range(6)
"""What becomes of a satellite: see single_point.Usage."""
SOLVED, INCONSISTENT, TOO_FEW, SINGULAR, DIVERGED = range(5)
ROWS: Final = 6
RESIDUAL, ELEVATION, AZIMUTH, DELAY, SIGMA, OBSERVED = range(ROWS)
"""Rows of the workspace (6, n): the first three are results, then delay and deviation of the pseudoranges, and these
themselves with the satellites' clocks taken out [m], [rad]."""
CLOCK_RESULTS: Final = slice(0, len(SYSTEMS))
DOP_RESULTS: Final = slice(len(SYSTEMS), len(SYSTEMS) + 4)
RESULTS: Final = len(SYSTEMS) + 4
"""Receiver clocks by system [s], then GDOP, PDOP, HDOP, VDOP."""
_SYSTEMS: Final = len(SYSTEMS)
_OK: Final = int(OrbitOutcome.OK)
_SCREENINGS: Final = 8
_COARSE_SIGMA_M: Final = 30.0
_LINEAR_M: Final = 10.0
"""A step whose successor would be micrometres: errors are squared from step to step, and divided by the satellites' distance."""
_LOWEST_M, _HIGHEST_M = 6.3e6, 7.5e6
"""Receivers are between the ground and 1,100 km of height."""


@kernel
def locate_from(
    coarse: bool, latitude: float, longitude: float, zenith_m: float, is_beidou: bool, alpha: Floats, beta: Floats,
    relative: float, tow_s: float, told: Floats, satellite_m: Floats, clock_s: Floats, variance_m2: Floats, outcome: Ints,
    satellite: Codes, wavelength_m: Floats, code_m: Floats, cn0_dbhz: Floats, geodetic: bool, code_noise_m: float, mask: float,
    cn0_mask_dbhz: float, limits: Floats, x: Floats, out_usage: Ints, out: Floats, out_inverse: Floats, out_results: Floats,
) -> tuple[int, float, float, int]:  # fmt: skip
    """Position and clocks x (9,) [m] from about where they are, refined in place, with the satellites that agree.

    coarse                           : from anywhere, the Earth's centre too; then without atmosphere and elevations
    latitude, longitude, zenith_m    : of x, and the troposphere's delay in its zenith
    is_beidou, alpha, beta, relative : of the ionosphere and how well it is believed;  told : see path_delay.told_delays
    geodetic, code_noise_m           : of the noise model;  mask : of elevation [rad]
    Writes usage (n,), the workspace, the inverse (9, 9) and RESULTS; returns a status, how far x has moved along an axis at most
    [m], chi-square and degrees of freedom.
    """
    x0, y0, z0 = x[0], x[1], x[2]
    observe(satellite, code_m, cn0_dbhz, clock_s, outcome, cn0_mask_dbhz, out_usage, out[OBSERVED])
    if coarse:
        for i in range(len(out_usage)):
            out[ELEVATION, i] = out[AZIMUTH, i] = np.nan
            out[DELAY, i], out[SIGMA, i] = 0.0, _COARSE_SIGMA_M
    else:
        see_from(x, enu_from_ecef(latitude, longitude), satellite_m, mask, out_usage, out)
        weigh(latitude, longitude, zenith_m, is_beidou, alpha, beta, relative, tow_s, told, variance_m2, satellite,
              wavelength_m, cn0_dbhz, geodetic, code_noise_m, out)  # fmt: skip
    status, chi2, dof = locate(satellite_m, satellite, limits, x, out_usage, out, out_inverse)
    if status in (SOLVED, INCONSISTENT):
        finish(satellite_m, satellite, out_usage, x, out, out_results)
    return status, max(abs(x[0] - x0), abs(x[1] - y0), abs(x[2] - z0)), chi2, dof


@kernel(inline="always")
def weigh(
    latitude: float, longitude: float, zenith_m: float, is_beidou: bool, alpha: Floats, beta: Floats, relative: float,
    tow_s: float, told: Floats, variance_m2: Floats, satellite: Codes, wavelength_m: Floats, cn0_dbhz: Floats, geodetic: bool,
    code_noise_m: float, out: Floats,
) -> Any:  # fmt: skip
    """Delays in the atmosphere and deviations of the pseudoranges [m] in the directions already found."""
    seconds = klobuchar_s(is_beidou, alpha, beta, tow_s, latitude, longitude, out[ELEVATION], out[AZIMUTH])
    for i in range(len(seconds)):
        seconds[i] *= SPEED_OF_LIGHT * (reference_hz(is_beidou) / carrier_hz(wavelength_m[i])) ** 2
    slanted(zenith_m, out[ELEVATION], seconds, relative, told, out[DELAY], out[SIGMA])
    for i in range(len(seconds)):
        code_sigma_m = code_noise_m * growth(geodetic, out[ELEVATION, i], cn0_dbhz[i]) * code_factor(satellite[i])
        out[SIGMA, i] = math.sqrt(code_sigma_m**2 + variance_m2[i] + out[SIGMA, i])


@kernel(inline="always")
def observe(
    satellite: Codes, code_m: Floats, cn0_dbhz: Floats, clock_s: Floats, outcome: Ints, cn0_mask_dbhz: float, out_usage: Ints,
    out_observed_m: Floats,
) -> Any:  # fmt: skip
    """Usage (n,) before the place is known, and pseudoranges (n,) with the satellites' clocks taken out [m]."""
    for i in range(len(satellite)):
        out_observed_m[i] = code_m[i] + SPEED_OF_LIGHT * clock_s[i]
        if math.isnan(code_m[i]):
            out_usage[i] = NO_CODE
        elif outcome[i] != _OK:
            out_usage[i] = NO_STATE
        else:
            out_usage[i] = WEAK if cn0_dbhz[i] < cn0_mask_dbhz else USED


@kernel(inline="always")
def see_from(place_m: Floats, enu_from_ecef: Floats, satellite_m: Floats, mask: float, out_usage: Ints, out: Floats) -> Any:
    """Elevations and azimuths [rad] as seen from a place; marks the satellites below the mask."""
    for i in range(len(satellite_m)):
        _, east, north, up = look(place_m, enu_from_ecef, satellite_m, i)
        out[ELEVATION, i], out[AZIMUTH, i] = elevation_of(up), math.atan2(east, north)
        if out_usage[i] == USED and out[ELEVATION, i] < mask:
            out_usage[i] = LOW


@kernel(inline="always")
def locate(
    satellite_m: Floats, satellite: Codes, limits: Floats, x: Floats, out_usage: Ints, out: Floats, out_inverse: Floats
) -> tuple[int, float, int]:
    """Converge, then screen again and again from the place found, until it stays; marks outliers, refines x.

    Outliers of many kilometres put the first place so far off that the problem is not linear; the next one is better.

    Returns a status, chi-square and degrees of freedom.
    """
    n = len(out_usage)
    design, y, step = np.empty((n, UNKNOWNS)), np.empty(n), np.empty(UNKNOWNS)
    candidates, used = np.empty(n, np.bool_), np.empty(n, np.bool_)
    for i in range(n):
        candidates[i] = out_usage[i] == USED
    status = converge(satellite_m, satellite, candidates, x, out, out_inverse, design, y, step)
    if status != SOLVED:
        return status, np.nan, 0
    solved, consistent, chi2, dof = False, False, np.nan, 0
    for _ in range(_SCREENINGS):
        linearise(satellite_m, satellite, candidates, x, out, design, y)
        solved, consistent, chi2, dof = screen(design, y, candidates, limits, used, step, out_inverse)
        if not solved or moved(x, step) < _LINEAR_M:
            break
    for i in range(n):
        if candidates[i] and not used[i]:
            out_usage[i] = OUTLIER
    if not solved:
        return SINGULAR, np.nan, 0
    if not consistent:
        return INCONSISTENT, chi2, dof
    radius_m = math.sqrt(x[0] * x[0] + x[1] * x[1] + x[2] * x[2])
    return SOLVED if _LOWEST_M < radius_m < _HIGHEST_M else DIVERGED, chi2, dof


@kernel(inline="always")
def converge(
    satellite_m: Floats, satellite: Codes, candidates: Bools, x: Floats, out: Floats, inverse: Floats, design: Floats,
    y: Floats, step: Floats,
) -> int:  # fmt: skip
    """Gauss-Newton on all candidates; refines x, returns a status."""
    weight = np.empty(len(candidates))
    for i in range(len(weight)):
        weight[i] = 1.0 if candidates[i] else 0.0
    if count_of(candidates) < 4:
        return TOO_FEW
    for _ in range(20):
        linearise(satellite_m, satellite, candidates, x, out, design, y)
        if count_of(candidates) < unknowns(design, candidates):
            return TOO_FEW
        if not solve_weighted(design, y, weight, step, inverse):
            return SINGULAR
        if moved(x, step) < _LINEAR_M:
            return SOLVED
    return DIVERGED


@kernel(inline="always")
def moved(x: Floats, step: Floats) -> float:
    """Take a step; returns its largest component in position, the clocks being linear."""
    largest = 0.0
    for j in range(len(x)):
        x[j] += step[j]
        if j < 3 and not abs(step[j]) <= largest:  # neither may NaN pass for small
            largest = abs(step[j])
    return largest


@kernel
def linearise(satellite_m: Floats, satellite: Codes, rows: Bools, x: Floats, out: Floats, design: Floats, y: Floats) -> Any:
    """Whitened design (n, 9) and misclosure (n,) at x; rows not asked for are zero."""
    for i in range(len(rows)):
        y[i] = 0.0
        for j in range(UNKNOWNS):
            design[i, j] = 0.0
        if rows[i]:
            group = CLOCK_OF_SYSTEM[satellite[i] // 100]
            sx, sy, sz, distance = turned_satellite(x, satellite_m, i)
            scale = 1.0 / out[SIGMA, i]
            design[i, 0] = (x[0] - sx) / distance * scale
            design[i, 1] = (x[1] - sy) / distance * scale
            design[i, 2] = (x[2] - sz) / distance * scale
            design[i, 3 + group] = scale
            y[i] = (out[OBSERVED, i] - out[DELAY, i] - distance - x[3 + group]) * scale


@kernel(inline="always")
def finish(satellite_m: Floats, satellite: Codes, usage: Ints, x: Floats, out: Floats, out_results: Floats) -> Any:
    """Residuals (n,) [m], RESULTS at a solution; NaN = not seen, or no geometry."""
    normal, row = np.zeros((UNKNOWNS, UNKNOWNS)), np.zeros(UNKNOWNS)
    for k in range(RESULTS):
        out_results[k] = np.nan
    first = -1
    for i in range(len(usage)):
        system = satellite[i] // 100
        group = CLOCK_OF_SYSTEM[system]
        sx, sy, sz, distance = turned_satellite(x, satellite_m, i)
        out[RESIDUAL, i] = out[OBSERVED, i] - out[DELAY, i] - distance - x[3 + group]
        if usage[i] == USED:
            row[0], row[1], row[2] = (x[0] - sx) / distance, (x[1] - sy) / distance, (x[2] - sz) / distance
            row[3 + group] = 1.0
            for j in range(UNKNOWNS):
                for k in range(j + 1):
                    normal[j, k] += row[j] * row[k]
            row[3 + group] = 0.0
            first = group if first < 0 else first
            for other in range(_SYSTEMS):
                if CLOCK_OF_SYSTEM[other] == group:
                    out_results[other] = x[3 + group] / SPEED_OF_LIGHT
    if invert_normal(normal, normal):
        dilute(normal, x, first, out_results)


@kernel(inline="always")
def dilute(cofactor: Floats, x: Floats, first: int, out_results: Floats) -> Any:
    """Dilutions of precision, by the inverse (9, 9) of the normal matrix with equal weights and the first clock."""
    radius2 = x[0] * x[0] + x[1] * x[1] + x[2] * x[2]
    vertical = 0.0
    for a in range(3):
        for b in range(3):
            vertical += x[a] * cofactor[a, b] * x[b] / radius2
    position = cofactor[0, 0] + cofactor[1, 1] + cofactor[2, 2]
    out_results[_SYSTEMS], out_results[_SYSTEMS + 1] = math.sqrt(position + cofactor[3 + first, 3 + first]), math.sqrt(position)
    out_results[_SYSTEMS + 2] = math.sqrt(max(position - vertical, 0.0))
    out_results[_SYSTEMS + 3] = math.sqrt(vertical)
