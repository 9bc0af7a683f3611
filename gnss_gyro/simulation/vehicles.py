"""Ready trajectories: static, tractor, car, ship and drone. Every one is drawn from a seeded generator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.simulation.motion import Line, Sines, Spline, Sum, random_sines
from gnss_gyro.simulation.trajectory import LocalTrajectory

SAMPLE_S: Final = 0.2
ROW_M: Final = (80.0, 200.0)
TURN_RADIUS_M: Final = (4.0, 8.0)
TRACTOR_SPEED_MPS: Final = (1.0, 3.0)
MARGIN_S: Final = 5.0


def static(origin: Floats, duration_s: float, rng: np.random.Generator) -> LocalTrajectory:
    """At rest, with a random heading and up to 5 degrees of pitch and roll."""
    tilt = np.radians(rng.uniform(-5.0, 5.0, 2))
    return LocalTrajectory(origin, heading=Line(rng.uniform(0.0, 2.0 * np.pi)), pitch=Line(tilt[0]), roll=Line(tilt[1]))


def tractor(origin: Floats, duration_s: float, rng: np.random.Generator) -> LocalTrajectory:
    """Rows up and down a field at 1 to 3 m/s, with U-turns on the headland and rough ground."""
    time = _samples(duration_s)
    speed = rng.uniform(*TRACTOR_SPEED_MPS)
    heading = _serpentine_heading(time, speed, rng) + rng.uniform(0.0, 2.0 * np.pi)
    east, north = _track(time, heading, np.full(len(time), speed))
    return LocalTrajectory(
        origin,
        east=east,
        north=north,
        up=random_sines(rng, 0.03, (1.0, 8.0)),
        heading=Sum((Spline.through(time, heading), random_sines(rng, np.radians(0.5), (2.0, 10.0)))),
        pitch=Sum((Line(np.radians(rng.uniform(-3.0, 3.0))), random_sines(rng, np.radians(1.5), (0.8, 6.0)))),
        roll=Sum((Line(np.radians(rng.uniform(-3.0, 3.0))), random_sines(rng, np.radians(2.0), (0.8, 6.0)))),
    )


def car(origin: Floats, duration_s: float, rng: np.random.Generator) -> LocalTrajectory:
    """A road vehicle between 2 and 22 m/s with bends, hills and a little body roll."""
    time = _samples(duration_s)
    bends = random_sines(rng, 1.0, (15.0, 120.0), 6)
    heading = rng.uniform(0.0, 2.0 * np.pi) + bends(time)[0]
    speed = 12.0 + np.clip(random_sines(rng, 5.0, (20.0, 90.0))(time)[0], -10.0, 10.0)
    east, north = _track(time, heading, speed)
    return LocalTrajectory(
        origin,
        east=east,
        north=north,
        up=random_sines(rng, 3.0, (60.0, 300.0)),
        heading=Spline.through(time, heading),
        pitch=random_sines(rng, np.radians(1.5), (2.0, 60.0)),
        roll=random_sines(rng, np.radians(1.5), (1.5, 20.0)),
    )


def ship(origin: Floats, duration_s: float, rng: np.random.Generator) -> LocalTrajectory:
    """Six m/s through waves: roll of 12 degrees at 8 to 11 s, pitch, yaw and heave."""
    time = _samples(duration_s)
    heading = rng.uniform(0.0, 2.0 * np.pi) + random_sines(rng, np.radians(4.0), (20.0, 60.0))(time)[0]
    east, north = _track(time, heading, np.full(len(time), 6.0))
    return LocalTrajectory(
        origin,
        east=east,
        north=north,
        up=random_sines(rng, 0.8, (6.0, 12.0)),
        heading=Spline.through(time, heading),
        pitch=random_sines(rng, np.radians(3.0), (5.0, 9.0)),
        roll=random_sines(rng, np.radians(12.0), (8.0, 11.0)),
    )


def drone(origin: Floats, duration_s: float, rng: np.random.Generator) -> LocalTrajectory:
    """Aerobatics: loops, rolls and spins through all attitudes, up to some radians a second."""
    return LocalTrajectory(
        origin,
        east=random_sines(rng, 8.0, (4.0, 15.0)),
        north=random_sines(rng, 8.0, (4.0, 15.0)),
        up=Sum((Line(40.0), random_sines(rng, 4.0, (4.0, 15.0)))),
        heading=Sum((Line(rng.uniform(0.0, 6.0), rng.uniform(-0.5, 0.5)), random_sines(rng, 1.0, (2.0, 10.0)))),
        pitch=_tumble(rng, 1.2),
        roll=_tumble(rng, 1.5),
    )


VEHICLES: Final[dict[str, Callable[[Floats, float, np.random.Generator], LocalTrajectory]]] = {
    "static": static,
    "tractor": tractor,
    "car": car,
    "ship": ship,
    "drone": drone,
}


def _samples(duration_s: float) -> Floats:
    """Times [s] that cover the run with a margin on both sides."""
    return np.asarray(np.arange(-MARGIN_S, duration_s + MARGIN_S + 2.0 * SAMPLE_S, SAMPLE_S), np.float64)


def _tumble(rng: np.random.Generator, amplitude: float) -> Sines:
    return random_sines(rng, amplitude, (3.0, 12.0), 4)


def _track(time: Floats, heading: Floats, speed: Floats) -> tuple[Spline, Spline]:
    """East and north of a vehicle that drives where it points."""
    from scipy.integrate import cumulative_simpson  # late: slow to import, and bodies at rest do without

    east = cumulative_simpson(speed * np.sin(heading), x=time, initial=np.zeros(1))
    north = cumulative_simpson(speed * np.cos(heading), x=time, initial=np.zeros(1))
    zero = int(np.searchsorted(time, 0.0))
    return Spline.through(time, east - east[zero]), Spline.through(time, north - north[zero])


def _serpentine_heading(time: Floats, speed: float, rng: np.random.Generator) -> Floats:
    """Heading 0 and pi in turn: rows joined by half circles, right and left; begins anywhere in a cycle."""
    row_s = rng.uniform(*ROW_M) / speed
    turn_s = np.pi * rng.uniform(*TURN_RADIUS_M) / speed
    phase = (time - time[0] + rng.uniform(0.0, 2.0 * (row_s + turn_s))) / (row_s + turn_s)
    half, within = np.divmod(phase, 1.0)
    share = np.clip((within * (row_s + turn_s) - row_s) / turn_s, 0.0, 1.0)
    turned = share**3 * (10.0 - 15.0 * share + 6.0 * share**2)  # smooth in rate and acceleration
    return np.asarray(np.pi * np.where(half % 2 == 0, turned, 1.0 - turned))
