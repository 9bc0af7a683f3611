"""Kernels of the single point solution: satellites, pseudoranges and clocks as bare arrays."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

from gnss_gyro.basics.arrays import Bools, Codes, Floats, Ints
from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.basics.frames import enu_from_ecef
from gnss_gyro.estimation.noise import deviations
from gnss_gyro.estimation.path_delay import carriers_hz, slanted
from gnss_gyro.estimation.screening_kernels import invert_normal, screen, solve_weighted, unknowns
from gnss_gyro.models.geometry import turned_satellite, view
from gnss_gyro.models.ionosphere import klobuchar_s, reference_hz
from gnss_gyro.orbits.states import OrbitOutcome

CLOCKS: Final = 6
"""Receiver clocks: GPS with QZSS, GLONASS, Galileo, BeiDou, SBAS, NavIC."""
UNKNOWNS: Final = 3 + CLOCKS
CLOCK_OF_SYSTEM: Final = (0, 1, 2, 3, 0, 4, 5)
"""By index in SYSTEMS."""
USED, NO_CODE, NO_STATE, WEAK, LOW, OUTLIER = range(6)
"""What becomes of a satellite: see single_point.Usage."""
_OK: Final = int(OrbitOutcome.OK)
_SCREENINGS: Final = 8
SOLVED, INCONSISTENT, TOO_FEW, SINGULAR, DIVERGED = range(5)


@njit(cache=True)
def unweighted_cofactor(unit: Floats, group: Ints, used: Bools, cofactor: Floats) -> bool:
    """Inverse (9, 9) of the normal matrix of position and clocks with equal weights."""
    design = np.zeros((len(unit), UNKNOWNS))
    for i in range(len(unit)):
        if used[i]:
            design[i, :3] = -unit[i]
            design[i, 3 + group[i]] = 1.0
    return bool(invert_normal(design.T @ design, cofactor))


@njit(cache=True)
def observed(
    satellite: Codes, code_m: Floats, cn0_dbhz: Floats, clock_s: Floats, outcome: Ints, cn0_mask_dbhz: float
) -> tuple[Ints, Ints, Floats]:
    """Usage (n,) before the place is known, clock group (n,), and pseudorange (n,) with the satellite's clock taken out [m]."""
    n = len(satellite)
    usage, group, pseudorange_m = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n)
    for i in range(n):
        group[i] = CLOCK_OF_SYSTEM[satellite[i] // 100]
        pseudorange_m[i] = code_m[i] + SPEED_OF_LIGHT * clock_s[i]
        if np.isnan(code_m[i]):
            usage[i] = NO_CODE
        elif outcome[i] != _OK:
            usage[i] = NO_STATE
        else:
            usage[i] = WEAK if cn0_dbhz[i] < cn0_mask_dbhz else USED
    return usage, group, pseudorange_m


@njit(cache=True)
def mark_low(elevation: Floats, mask: float, out_usage: Ints) -> None:
    """Judge usage anew by the elevations [rad]: satellites below the mask, those once low or outlying given another chance."""
    for i in range(len(elevation)):
        if out_usage[i] >= LOW:
            out_usage[i] = USED
        if out_usage[i] == USED and elevation[i] < mask:
            out_usage[i] = LOW


@njit(cache=True)
def seen_from(
    place_ecef_m: Floats, latitude: float, longitude: float, satellite_m: Floats, state_variance_m2: Floats,
    satellite: Codes, cn0_dbhz: Floats, wavelength_m: Floats, geodetic: bool, code_noise_m: float, zenith_m: float,
    is_beidou: bool, alpha: Floats, beta: Floats, relative: float, tow_s: float, mask: float, out_usage: Ints,
) -> tuple[Floats, Floats, Floats, Floats]:  # fmt: skip
    """Elevation, azimuth (n,) [rad], delay in the atmosphere and deviation of the pseudoranges (n,) [m] as seen from a place.

    geodetic, code_noise_m : of the noise model;  zenith_m : of the troposphere
    is_beidou, alpha, beta, relative : of the ionosphere and how well it is believed
    mask : [rad] by which usage is judged anew, in place
    """
    _, _, elevation, azimuth = view(place_ecef_m, enu_from_ecef(latitude, longitude), satellite_m)
    mark_low(elevation, mask, out_usage)
    seconds = klobuchar_s(is_beidou, alpha, beta, tow_s, latitude, longitude, elevation, azimuth)
    ionosphere_m = SPEED_OF_LIGHT * seconds * (reference_hz(is_beidou) / carriers_hz(wavelength_m)) ** 2
    delay_m, delay_sigma_m = slanted(zenith_m, elevation, ionosphere_m, relative)
    code_sigma_m, _ = deviations(geodetic, code_noise_m, code_noise_m, satellite, cn0_dbhz, elevation)
    return elevation, azimuth, delay_m, np.sqrt(code_sigma_m**2 + state_variance_m2 + delay_sigma_m**2)


@njit(cache=True)
def locate_with(
    satellite_m: Floats, observed_m: Floats, delay_m: Floats, sigma_m: Floats, group: Ints, limits: Floats, usage: Ints,
    x: Floats, inverse: Floats,
) -> tuple[int, float, int, float]:  # fmt: skip
    """locate() with what usage (n,) allows; marks outliers there. Returns the distance from the Earth's centre [m] as well."""
    candidates = usage == USED
    used = candidates.copy()
    status, chi2, dof = locate(satellite_m, observed_m - delay_m, sigma_m, group, candidates, limits, used, x, inverse)
    for i in range(len(usage)):
        if candidates[i] and not used[i]:
            usage[i] = OUTLIER
    return status, chi2, dof, np.sqrt(x[0] * x[0] + x[1] * x[1] + x[2] * x[2])


@njit(cache=True)
def finish(
    satellite_m: Floats, pseudorange_m: Floats, group: Ints, used: Bools, x: Floats, out_dop: Floats
) -> tuple[Floats, Floats, bool]:
    """Clocks (6,) [s], NaN = not seen, and residuals (n,) [m] at a solution; writes GDOP, PDOP, HDOP, VDOP if it is solved."""
    n = len(used)
    clock_s, residual, unit = np.full(CLOCKS, np.nan), np.empty(n), np.empty((n, 3))
    first = -1
    for i in range(n):
        sx, sy, sz, distance = turned_satellite(x[:3], satellite_m[i])
        unit[i, 0], unit[i, 1], unit[i, 2] = (sx - x[0]) / distance, (sy - x[1]) / distance, (sz - x[2]) / distance
        residual[i] = pseudorange_m[i] - distance - x[3 + group[i]]
        if used[i]:
            clock_s[group[i]] = x[3 + group[i]] / SPEED_OF_LIGHT
            first = group[i] if first < 0 else first
    cofactor = np.empty((UNKNOWNS, UNKNOWNS))
    if not unweighted_cofactor(unit, group, used, cofactor):
        return clock_s, residual, False
    up = x[:3] / np.sqrt(x[0] * x[0] + x[1] * x[1] + x[2] * x[2])
    vertical = 0.0
    for a in range(3):
        for b in range(3):
            vertical += up[a] * cofactor[a, b] * up[b]
    position = cofactor[0, 0] + cofactor[1, 1] + cofactor[2, 2]
    out_dop[0], out_dop[1] = np.sqrt(position + cofactor[3 + first, 3 + first]), np.sqrt(position)
    out_dop[2], out_dop[3] = np.sqrt(max(position - vertical, 0.0)), np.sqrt(vertical)
    return clock_s, residual, True


@njit(cache=True)
def linearise(
    satellite_m: Floats, observed_m: Floats, sigma_m: Floats, group: Ints, rows: Bools, x: Floats, design: Floats, y: Floats
) -> Any:
    """Whitened design (n, 9) and misclosure (n,) at x; rows not asked for are zero."""
    for i in range(len(rows)):
        design[i] = 0.0
        y[i] = 0.0
        if rows[i]:
            sx, sy, sz, distance = turned_satellite(x[:3], satellite_m[i])
            scale = 1.0 / sigma_m[i]
            design[i, 0] = (x[0] - sx) / distance * scale
            design[i, 1] = (x[1] - sy) / distance * scale
            design[i, 2] = (x[2] - sz) / distance * scale
            design[i, 3 + group[i]] = scale
            y[i] = (observed_m[i] - distance - x[3 + group[i]]) * scale


@njit(cache=True)
def converge(
    satellite_m: Floats, observed_m: Floats, sigma_m: Floats, group: Ints, used: Bools, x: Floats, inverse: Floats,
    design: Floats, y: Floats,
) -> int:  # fmt: skip
    """Gauss-Newton on the used rows; refines x, returns a status."""
    weight = used.astype(np.float64)
    step = np.zeros(len(x))
    for _ in range(20):
        linearise(satellite_m, observed_m, sigma_m, group, used, x, design, y)
        if int(weight.sum()) < unknowns(design, used):
            return TOO_FEW
        if not solve_weighted(design, y, weight, step, inverse):
            return SINGULAR
        x += step
        if np.abs(step).max() < 1e-3:
            return SOLVED
    return DIVERGED


@njit(cache=True)
def locate(
    satellite_m: Floats, observed_m: Floats, sigma_m: Floats, group: Ints, candidates: Bools, limits: Floats, used: Bools,
    x: Floats, inverse: Floats,
) -> tuple[int, float, int]:  # fmt: skip
    """Converge, then screen again and again from the place found, until it stays; writes used, x, inverse.

    Outliers of many kilometres put the first place so far off that the problem is not linear; the next one is better.

    Returns a status, chi-square and degrees of freedom.
    """
    n = len(candidates)
    design, y = np.zeros((n, len(x))), np.zeros(n)
    step = np.zeros(len(x))
    consistent, chi2, dof = False, np.nan, 0
    if candidates.sum() < 4:
        return TOO_FEW, chi2, dof
    status = converge(satellite_m, observed_m, sigma_m, group, used, x, inverse, design, y)
    if status != SOLVED:
        return status, chi2, dof
    for _ in range(_SCREENINGS):
        linearise(satellite_m, observed_m, sigma_m, group, candidates, x, design, y)
        solved, consistent, chi2, dof = screen(design, y, candidates, limits, used, step, inverse)
        if not solved:
            return SINGULAR, np.nan, 0
        x += step
        if np.abs(step).max() < 1e-2:
            break
    return SOLVED if consistent else INCONSISTENT, chi2, dof
