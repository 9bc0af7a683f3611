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
from typing import Final

import numpy as np
from numba import njit

from gnss_gyro.basics.arrays import Floats

KINEMATIC: Final = 9
"""Position, velocity, acceleration."""
_OFTEN_FULL: Final = 0.1
_OFTEN_NONE: Final = 0.4
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


@dataclass(frozen=True, slots=True)
class Step:
    """Transition and process noise of position, velocity and acceleration over a time.

    transition : (9, 9)
    noise      : (9, 9)
    """

    transition: Floats
    noise: Floats


def motion_step(
    model: MotionModel, manoeuvres: Manoeuvres, dt_s: float, velocity_enu_mps: Floats, acceleration_enu_mps2: Floats
) -> Step:
    """How a state in ENU changes over a time [s] (positive), from the velocity (3,) and acceleration (3,) at its start."""
    if model is MotionModel.WHITE:
        return _white_step(manoeuvres, dt_s)
    tau_s = manoeuvres.time_constant_s
    if model is MotionModel.SINGER:
        limits = np.array([manoeuvres.largest_mps2, manoeuvres.largest_mps2, manoeuvres.vertical_mps2])
        variance = limits**2 / 3.0 * (1.0 + 4.0 * _OFTEN_FULL - _OFTEN_NONE)
        return Step(*_singer_step(np.eye(3), variance, tau_s, dt_s, tau_s))
    limits_mps2 = manoeuvres.along_mps2, manoeuvres.cross_mps2, manoeuvres.vertical_mps2
    return Step(*_extended_step(limits_mps2, manoeuvres.turn_radps, tau_s, dt_s, velocity_enu_mps, acceleration_enu_mps2))


@njit(cache=True)
def track_axes(velocity_enu_mps: Floats) -> Floats:
    """Axes (3, 3) along the track, across it and up, as columns in ENU; east, north, up for a body that hardly moves."""
    speed = math.hypot(velocity_enu_mps[0], velocity_enu_mps[1])
    if speed < _SLOW_MPS:
        return np.eye(3)
    east, north = velocity_enu_mps[0] / speed, velocity_enu_mps[1] / speed
    return np.array([[east, -north, 0.0], [north, east, 0.0], [0.0, 0.0, 1.0]])


def initial_variance(manoeuvres: Manoeuvres) -> Floats:
    """Variance (3,) of an acceleration of which nothing is known [m^2/s^4]."""
    return np.array([manoeuvres.largest_mps2, manoeuvres.largest_mps2, manoeuvres.vertical_mps2]) ** 2 / 3.0


def doubted_motion(manoeuvres: Manoeuvres) -> Floats:
    """Variance (9,) to add to position, velocity and acceleration that observations contradict."""
    return np.concatenate([np.full(3, _DOUBT_M**2), np.full(3, _DOUBT_MPS**2), initial_variance(manoeuvres)])


@njit(cache=True)
def _current_variance(
    limits_mps2: tuple[float, float, float], turn_radps: float, velocity_enu_mps: Floats, axes: Floats,
    acceleration_enu_mps2: Floats,
) -> Floats:  # fmt: skip
    """Variance (3,) of the acceleration along, across and up (axes (3, 3), columns) about the one under way [m^2/s^4]."""
    speed = math.hypot(velocity_enu_mps[0], velocity_enu_mps[1])
    along, cross, vertical = limits_mps2
    cross = min(cross, max(speed, _SLOW_MPS) * turn_radps)
    if speed < _SLOW_MPS:  # it may set off in any direction
        cross = along
    variance = np.empty(3)
    for k, limit in enumerate((along, cross, vertical)):
        under_way = abs(np.sum(axes[:, k] * acceleration_enu_mps2))
        variance[k] = _CURRENT * max(limit - under_way, 0.2 * limit) ** 2
    return variance


def _white_step(manoeuvres: Manoeuvres, dt_s: float) -> Step:
    """White acceleration of the spectral density that Singer's model has at low frequencies."""
    limits = np.array([manoeuvres.largest_mps2, manoeuvres.largest_mps2, manoeuvres.vertical_mps2])
    density = 2.0 * manoeuvres.time_constant_s * limits**2 / 3.0 * (1.0 + 4.0 * _OFTEN_FULL - _OFTEN_NONE)
    transition, noise = np.zeros((9, 9)), np.zeros((9, 9))
    transition[:6, :6] = np.eye(6)
    transition[:3, 3:6] = np.eye(3) * dt_s
    noise[:3, :3] = np.diag(density * dt_s**3 / 3.0)
    noise[:3, 3:6] = noise[3:6, :3] = np.diag(density * dt_s**2 / 2.0)
    noise[3:6, 3:6] = np.diag(density * dt_s)
    return Step(transition, noise)


@njit(cache=True)
def _extended_step(
    limits_mps2: tuple[float, float, float], turn_radps: float, tau_s: float, dt_s: float, velocity_enu_mps: Floats,
    acceleration_enu_mps2: Floats,
) -> tuple[Floats, Floats]:  # fmt: skip
    """The fields of Step in their order, about the acceleration under way."""
    axes = track_axes(velocity_enu_mps)
    variance = _current_variance(limits_mps2, turn_radps, velocity_enu_mps, axes, acceleration_enu_mps2)
    return _singer_step(axes, variance, tau_s, dt_s, _MEAN_LASTS * tau_s)


@njit(cache=True)
def _singer_step(axes: Floats, variance: Floats, tau_s: float, dt_s: float, mean_s: float) -> tuple[Floats, Floats]:
    """The fields of Step in their order: Singer's, along axes (3, 3), columns, with a variance (3,) along each.

    mean_s : time constant with which the acceleration at the start goes back to zero [s]
    """
    transition, noise = _singer(mean_s, dt_s)[0], _singer(tau_s, dt_s)[1]
    return _on_axes(transition, np.eye(3)), _on_axes(noise, np.dot(axes * variance, axes.T))


@njit(cache=True)
def _on_axes(scalar: Floats, spread: Floats) -> Floats:
    """A matrix of position, velocity, acceleration on one axis (3, 3) on all of them: Kronecker product (9, 9) with (3, 3)."""
    out = np.empty((9, 9))
    for row in range(9):
        for column in range(9):
            out[row, column] = scalar[row // 3, column // 3] * spread[row % 3, column % 3]
    return out


@njit(cache=True)
def _singer(tau_s: float, dt_s: float) -> tuple[Floats, Floats]:
    """Transition (3, 3) of position, velocity, acceleration on one axis and its noise for an acceleration of unit variance.

    Singer 1970, equations 9 and 14; a series replaces the closed form where that loses its digits.
    """
    x = dt_s / tau_s
    decay = math.exp(-x)
    transition = np.array([
        [1.0, dt_s, tau_s**2 * (x - 1.0 + decay)], [0.0, 1.0, tau_s * (1.0 - decay)], [0.0, 0.0, decay],
    ])  # fmt: skip
    if x < 0.01:
        t = dt_s
        noise = 2.0 / tau_s * np.array([
            [t**5 / 20.0, t**4 / 8.0, t**3 / 6.0], [t**4 / 8.0, t**3 / 3.0, t**2 / 2.0], [t**3 / 6.0, t**2 / 2.0, t],
        ])  # fmt: skip
        return transition, noise
    squared = decay * decay
    pp = tau_s**4 * (1.0 - squared + 2.0 * x + 2.0 * x**3 / 3.0 - 2.0 * x**2 - 4.0 * x * decay)
    pv = tau_s**3 * (squared + 1.0 - 2.0 * decay + 2.0 * x * decay - 2.0 * x + x**2)
    pa = tau_s**2 * (1.0 - squared - 2.0 * x * decay)
    vv = tau_s**2 * (4.0 * decay - 3.0 - squared + 2.0 * x)
    va = tau_s * (squared + 1.0 - 2.0 * decay)
    return transition, np.array([[pp, pv, pa], [pv, vv, va], [pa, va, 1.0 - squared]])
