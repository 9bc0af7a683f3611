"""The satellites over a block of epochs: states, directions and what of them can be received at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from gnss_gyro.basics.arrays import Bools, Codes, Floats
from gnss_gyro.basics.constants import EARTH_ROTATION_RATE, SPEED_OF_LIGHT
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.orbits.glonass import acceleration, glonass_state, state_row
from gnss_gyro.orbits.kepler import MEAN_MOTION, SEMI_MAJOR_AXIS, element_row, kepler_state
from gnss_gyro.protocols.messages import Ephemeris, GlonassEphemeris
from gnss_gyro.simulation.trajectory import BodyStates

EARLIER_S: Final = 0.085
"""Satellite states are taken so much before the epoch: a travel time between GPS (70 ms) and geostationary (125 ms)."""


@dataclass(frozen=True, slots=True)
class SkyTrack:
    """Satellites (s) over the epochs (t) of a block, at the nominal times less EARLIER_S; ECEF of those instants.

    satellite         : (s,) codes, strictly increasing
    ephemerides       : (s) in force, which are the truth
    position_m        : (t, s, 3)
    velocity_mps      : (t, s, 3)
    acceleration_mps2 : (t, s, 3)
    clock_s           : (t, s) for single-frequency users (group delay taken off)
    clock_drift       : (t, s)
    """

    satellite: Codes
    ephemerides: tuple[Ephemeris, ...]
    position_m: Floats
    velocity_mps: Floats
    acceleration_mps2: Floats
    clock_s: Floats
    clock_drift: Floats


def track(ephemerides: tuple[Ephemeris, ...], time: GpsTime, after_s: Floats) -> SkyTrack:
    """States of the satellites of ephemerides (s) at time + after_s (t,) - EARLIER_S."""
    shape = (len(after_s), len(ephemerides))
    states, pull = np.empty((*shape, 8)), np.empty((*shape, 3))
    for column, ephemeris in enumerate(ephemerides):
        since_toe_s = (time - ephemeris.toe - EARLIER_S) + after_s
        if isinstance(ephemeris, GlonassEphemeris):
            _fill_glonass(state_row(ephemeris), since_toe_s, states[:, column], pull[:, column])
        else:
            _fill_kepler(element_row(ephemeris), since_toe_s, states[:, column], pull[:, column])
            states[:, column, 6] -= ephemeris.group_delay_s
    return SkyTrack(
        np.array([e.satellite for e in ephemerides], np.int16), ephemerides,
        np.ascontiguousarray(states[..., :3]), np.ascontiguousarray(states[..., 3:6]), pull, states[..., 6], states[..., 7],
    )  # fmt: skip


@kernel
def _fill_kepler(row: Floats, since_toe_s: Floats, states: Floats, pull: Floats) -> Any:
    mu = row[MEAN_MOTION] ** 2 * row[SEMI_MAJOR_AXIS] ** 3
    for i in range(len(since_toe_s)):
        state = kepler_state(row, since_toe_s[i])
        for k in range(8):
            states[i, k] = state[k]
        x, y, z = state[0], state[1], state[2]
        gravity = -mu / (x * x + y * y + z * z) ** 1.5
        spin = EARTH_ROTATION_RATE
        pull[i, 0] = (gravity + spin * spin) * x + 2.0 * spin * state[4]
        pull[i, 1] = (gravity + spin * spin) * y - 2.0 * spin * state[3]
        pull[i, 2] = gravity * z


@kernel
def _fill_glonass(row: Floats, since_toe_s: Floats, states: Floats, pull: Floats) -> Any:
    for i in range(len(since_toe_s)):
        state = glonass_state(row, since_toe_s[i])
        for k in range(8):
            states[i, k] = state[k]
        ax, ay, az = acceleration(state[0], state[1], state[2], state[3], state[4], row)
        pull[i, 0], pull[i, 1], pull[i, 2] = ax, ay, az


@kernel
def travel(
    position_m: Floats, velocity_mps: Floats, acceleration_mps2: Floats, receiver_m: Floats, receiver_mps: Floats,
    late_s: Floats,
) -> Any:  # fmt: skip
    """Exact signal travel from moving satellites to one moving receiver, in the rotating Earth.

    position_m, velocity_mps, acceleration_mps2 : (t, s, 3) as in SkyTrack
    receiver_m, receiver_mps                    : (t, 3) at the true reception times
    late_s                                      : (t,) reception time minus the time of the satellite states [s]

    Returns travel time (t, s) [s], its rate [s/s], and sent minus the time of the states (t, s) [s].
    """
    epochs, satellites = position_m.shape[:2]
    tau, rate, since = np.empty((epochs, satellites)), np.empty((epochs, satellites)), np.empty((epochs, satellites))
    for i in range(epochs):
        for j in range(satellites):
            p, v, a, w = position_m[i, j], velocity_mps[i, j], acceleration_mps2[i, j], EARTH_ROTATION_RATE
            flight, d, x, y, dx, dy, dz, length = 0.08, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0
            for _ in range(5):  # each turn gains five digits
                d = late_s[i] - flight
                px = p[0] + (v[0] + 0.5 * a[0] * d) * d
                py = p[1] + (v[1] + 0.5 * a[1] * d) * d
                pz = p[2] + (v[2] + 0.5 * a[2] * d) * d
                c, s = np.cos(w * flight), np.sin(w * flight)
                x, y = c * px + s * py, -s * px + c * py
                dx, dy, dz = x - receiver_m[i, 0], y - receiver_m[i, 1], pz - receiver_m[i, 2]
                length = np.sqrt(dx * dx + dy * dy + dz * dz)
                flight = length / SPEED_OF_LIGHT
            c, s = np.cos(w * flight), np.sin(w * flight)
            ux, uy, uz = v[0] + a[0] * d, v[1] + a[1] * d, v[2] + a[2] * d
            along = (dx * (c * ux + s * uy) + dy * (-s * ux + c * uy) + dz * uz) / length
            turning = w * (dx * y - dy * x) / length
            received = (dx * receiver_mps[i, 0] + dy * receiver_mps[i, 1] + dz * receiver_mps[i, 2]) / length
            tau[i, j] = flight
            rate[i, j] = (along - received) / (SPEED_OF_LIGHT + along - turning)
            since[i, j] = late_s[i] - flight
    return tau, rate, since


def directions(sky: SkyTrack, body: BodyStates) -> Floats:
    """Unit vectors (t, s, 3) ECEF from the body to the satellites, as needed for elevations (no light time)."""
    away = sky.position_m - body.position_ecef_m[:, None, :]
    return np.asarray(away / np.linalg.norm(away, axis=-1, keepdims=True))


def azimuth_elevation(direction: Floats, frame_from_ecef: Floats) -> tuple[Floats, Floats]:
    """Azimuth clockwise from the frame's second axis [rad] and elevation over its first two (t, s)."""
    local = np.einsum("tij,tsj->tsi", frame_from_ecef, direction)
    return np.arctan2(local[..., 0], local[..., 1]), np.arcsin(np.clip(local[..., 2], -1.0, 1.0))


def risen(ephemerides: tuple[Ephemeris, ...], time: GpsTime, span_s: float, body: BodyStates, mask: float) -> Bools:
    """Which satellites (n,) are over the mask [rad] at the beginning, middle or end of a span; body (3 states)."""
    sky = track(ephemerides, time, np.array([0.0, 0.5, 1.0]) * span_s)
    _, elevation = azimuth_elevation(directions(sky, body), body.enu_from_ecef)
    return np.asarray(np.any(elevation > mask, axis=0))
