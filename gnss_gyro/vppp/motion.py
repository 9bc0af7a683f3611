"""How the body's position moves: white acceleration, Singer's model, and an extended Singer model of vehicles.

Singer (1970): acceleration is a first-order Gauss-Markov process, da/dt = -a / tau + w, whose variance follows from the
largest acceleration A, the probability P_max of using it and the probability P_0 of none: A^2 / 3 (1 + 4 P_max - P_0).

Extended, as this project reads it (Kubo, Sugimoto et al., ION GNSS+ 2014 to 2017; Zhou and Kumar 1984 for the adaptation):
statistics of their own along the track, across it and vertically; the acceleration across the track is bounded by what the
speed allows (speed x fastest turn); and the manoeuvre under way is the mean about which the acceleration varies ("current
statistical model"), fading over twice the time constant: its variance shrinks as the acceleration nears its bound,
(4 - pi) / pi (A - |a|)^2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.kernels import kernel

KINEMATIC: Final = 9
"""Position, velocity, acceleration."""
_OFTEN_FULL: Final = 0.1
_OFTEN_NONE: Final = 0.4
_USUAL: Final = (1.0 + 4.0 * _OFTEN_FULL - _OFTEN_NONE) / 3.0
"""Variance of the acceleration as a share of the largest one's square."""
_CURRENT: Final = (4.0 - math.pi) / math.pi
_DOUBT_M, _DOUBT_MPS = 30.0, 10.0
"""How far a body may be from where it was foreseen when all speaks against it."""
_MEAN_LASTS: Final = 2.0
"""A manoeuvre under way is over after so many of its time constants; held for good it would carry an outage far away."""
_SLOW_MPS: Final = 0.5
"""Below this speed a direction of travel means nothing."""


class MotionModel(str, Enum):
    """What is believed about the acceleration."""

    WHITE = "white"
    SINGER = "singer"
    EXTENDED = "extended-singer"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Manoeuvres:
    """What a vehicle does.

    along_mps2, cross_mps2, vertical_mps2 : largest accelerations [m/s^2]
    turn_radps      : fastest turn, which bounds the acceleration across the track by the speed [rad/s]
    time_constant_s : how long a manoeuvre lasts [s]
    """

    along_mps2: float
    cross_mps2: float
    vertical_mps2: float
    turn_radps: float
    time_constant_s: float

    @property
    def largest_mps2(self) -> float:
        """Largest horizontal acceleration [m/s^2]."""
        return max(self.along_mps2, self.cross_mps2)


MANOEUVRES: Final = {
    "static": Manoeuvres(1e-3, 1e-3, 1e-3, 0.0, 1.0),
    "pedestrian": Manoeuvres(2.5, 2.5, 2.5, 3.0, 0.4),
    "tractor": Manoeuvres(2.5, 2.5, 4.0, 1.0, 0.5),
    "vehicle": Manoeuvres(5.0, 7.0, 3.0, 0.8, 1.5),
    "ship": Manoeuvres(0.4, 0.4, 1.5, 0.1, 2.0),
    "drone": Manoeuvres(20.0, 20.0, 12.0, 3.0, 0.7),
}
"""Presets by the name used in the configuration: braking and cornering limits of such vehicles, rounded up; vertically what a
rough ground does to an antenna on the roof."""


Motion: TypeAlias = tuple[int, float, float, float, float, float]
"""A model and a vehicle as kernels see them: number of the model, Manoeuvres."""
_WHITE, _SINGER, _EXTENDED = range(3)


@dataclass(frozen=True, slots=True)
class Step:
    """Transition and process noise of position, velocity and acceleration over a time.

    transition : (9, 9)
    noise      : (9, 9)
    """

    transition: Floats
    noise: Floats


def motion_of(model: MotionModel, manoeuvres: Manoeuvres) -> Motion:
    """A model and a vehicle as kernels see them; only the extended model tells along the track from across it."""
    end = manoeuvres.vertical_mps2, manoeuvres.turn_radps, manoeuvres.time_constant_s
    if model is MotionModel.EXTENDED:
        return _EXTENDED, manoeuvres.along_mps2, manoeuvres.cross_mps2, *end
    return _WHITE if model is MotionModel.WHITE else _SINGER, manoeuvres.largest_mps2, manoeuvres.largest_mps2, *end


def motion_step(
    model: MotionModel, manoeuvres: Manoeuvres, dt_s: float, velocity_enu_mps: Floats, acceleration_enu_mps2: Floats
) -> Step:
    """How a state in ENU changes over a time [s] (positive), from the velocity (3,) and acceleration (3,) at its start."""
    step = Step(np.zeros((KINEMATIC, KINEMATIC)), np.zeros((KINEMATIC, KINEMATIC)))
    start = np.concatenate([np.zeros(3), velocity_enu_mps, acceleration_enu_mps2])
    write_motion(motion_of(model, manoeuvres), dt_s, start, step.transition, step.noise)
    return step


def initial_variance(manoeuvres: Manoeuvres) -> Floats:
    """Variance (3,) of an acceleration of which nothing is known [m^2/s^4]."""
    return np.array([manoeuvres.largest_mps2, manoeuvres.largest_mps2, manoeuvres.vertical_mps2]) ** 2 / 3.0


def doubted_motion(manoeuvres: Manoeuvres) -> Floats:
    """Variance (9,) to add to position, velocity and acceleration that observations contradict."""
    return np.concatenate([np.full(3, _DOUBT_M**2), np.full(3, _DOUBT_MPS**2), initial_variance(manoeuvres)])


@kernel
def write_motion(motion: Motion, dt_s: float, start: Floats, transition: Floats, noise: Floats) -> None:
    """The first nine rows and columns of a transition and its noise (k, k), zero before.

    start : (k,) position, velocity, acceleration at the beginning, then what moves otherwise
    """
    model, along, cross, vertical, turn_radps, tau_s = motion
    east, north, lasts_s = 1.0, 0.0, tau_s
    variance = _USUAL * along**2, _USUAL * cross**2, _USUAL * vertical**2
    if model == _EXTENDED:
        east, north, lasts_s = *track_direction(start[3], start[4]), _MEAN_LASTS * tau_s
        variance = _current_variance(along, cross, vertical, turn_radps, start, east, north)
    if model == _WHITE:
        _write_transition(dt_s, (0.0, 0.0, 0.0), transition)
        _write_noise(_white_noise(tau_s, dt_s), variance, east, north, noise)
    else:
        _write_transition(dt_s, _singer_transition(lasts_s, dt_s), transition)
        _write_noise(_singer_noise(tau_s, dt_s), variance, east, north, noise)


@kernel
def track_direction(east_mps: float, north_mps: float) -> tuple[float, float]:
    """East and north of the unit vector along the track; east for a body that hardly moves."""
    speed = math.hypot(east_mps, north_mps)
    if speed < _SLOW_MPS:
        return 1.0, 0.0
    return east_mps / speed, north_mps / speed


@kernel
def _current_variance(
    along: float, cross: float, vertical: float, turn_radps: float, start: Floats, east: float, north: float
) -> tuple[float, float, float]:
    """Variance of the acceleration along, across and up about the one under way, which start (k,) has [m^2/s^4]."""
    speed = math.hypot(start[3], start[4])
    cross = min(cross, max(speed, _SLOW_MPS) * turn_radps)
    if speed < _SLOW_MPS:  # it may set off in any direction
        cross = along
    return (
        _varying(along, east * start[6] + north * start[7]), _varying(cross, east * start[7] - north * start[6]),
        _varying(vertical, start[8]),
    )  # fmt: skip


@kernel
def _varying(limit: float, under_way: float) -> float:
    """Variance of an acceleration about the one under way."""
    return _CURRENT * max(limit - abs(under_way), 0.2 * limit) ** 2


@kernel
def _write_transition(dt_s: float, acceleration: tuple[float, float, float], out: Floats) -> None:
    """On every axis; acceleration: what it does to position, velocity and itself."""
    for axis in range(3):
        out[axis, axis] = out[3 + axis, 3 + axis] = 1.0
        out[axis, 3 + axis] = dt_s
        out[axis, 6 + axis], out[3 + axis, 6 + axis], out[6 + axis, 6 + axis] = acceleration


@kernel
def _write_noise(
    unit: tuple[float, float, float, float, float, float], variance: tuple[float, float, float], east: float, north: float,
    out: Floats,
) -> None:  # fmt: skip
    """Noise of unit variance on one axis (pp, pv, pa, vv, va, aa), with variances along a track, across it and up."""
    along, cross, vertical = variance
    level = (along - cross) * east * north
    spread = (
        (along * east**2 + cross * north**2, level, 0.0), (level, along * north**2 + cross * east**2, 0.0),
        (0.0, 0.0, vertical),
    )  # fmt: skip
    pp, pv, pa, vv, va, aa = unit
    for k in range(3):
        for axis in range(3):
            s = spread[k][axis]
            out[k, axis], out[k, 3 + axis], out[k, 6 + axis] = pp * s, pv * s, pa * s
            out[3 + k, axis], out[3 + k, 3 + axis], out[3 + k, 6 + axis] = pv * s, vv * s, va * s
            out[6 + k, axis], out[6 + k, 3 + axis], out[6 + k, 6 + axis] = pa * s, va * s, aa * s


@kernel
def _white_noise(tau_s: float, dt_s: float) -> tuple[float, float, float, float, float, float]:
    """pp, pv, pa, vv, va, aa of a white acceleration with the spectral density that Singer's has at low frequencies."""
    density = 2.0 * tau_s
    return density * dt_s**3 / 3.0, density * dt_s**2 / 2.0, 0.0, density * dt_s, 0.0, 0.0


@kernel
def _singer_transition(tau_s: float, dt_s: float) -> tuple[float, float, float]:
    """What an acceleration does to position, velocity and itself (Singer 1970, equation 9)."""
    x = dt_s / tau_s
    decay = math.exp(-x)
    return tau_s**2 * (x - 1.0 + decay), tau_s * (1.0 - decay), decay


@kernel
def _singer_noise(tau_s: float, dt_s: float) -> tuple[float, float, float, float, float, float]:
    """pp, pv, pa, vv, va, aa of an acceleration of unit variance.

    Singer 1970, equation 14; a series replaces the closed form where that loses its digits.
    """
    x, t = dt_s / tau_s, dt_s
    if x < 0.01:
        density = 2.0 / tau_s
        return (
            density * t**5 / 20.0, density * t**4 / 8.0, density * t**3 / 6.0, density * t**3 / 3.0, density * t**2 / 2.0,
            density * t,
        )  # fmt: skip
    decay = math.exp(-x)
    squared = decay * decay
    pp = tau_s**4 * (1.0 - squared + 2.0 * x + 2.0 * x**3 / 3.0 - 2.0 * x**2 - 4.0 * x * decay)
    pv = tau_s**3 * (squared + 1.0 - 2.0 * decay + 2.0 * x * decay - 2.0 * x + x**2)
    pa = tau_s**2 * (1.0 - squared - 2.0 * x * decay)
    vv = tau_s**2 * (4.0 * decay - 3.0 - squared + 2.0 * x)
    va = tau_s * (squared + 1.0 - 2.0 * decay)
    return pp, pv, pa, vv, va, 1.0 - squared
