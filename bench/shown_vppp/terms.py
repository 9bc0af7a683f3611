"""Per-satellite errors of what is broadcast, as far as something better tells them; taken out of the observations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Final, TypeAlias

import numpy as np
from shown.recordings import tick

from gnss_gyro.basics.arrays import Codes, Floats, Ints
from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.basics.frames import enu_from_ecef_at
from gnss_gyro.basics.satellites import System
from gnss_gyro.basics.signals import L1_HZ
from gnss_gyro.models.broadcast_ionosphere import HeardIonosphere
from gnss_gyro.models.geometry import elevation_azimuth, lines_of_sight
from gnss_gyro.models.tides import solid_earth_tide_m
from gnss_gyro.observation.selection import select_l1
from gnss_gyro.orbits.propagation import states_at
from gnss_gyro.orbits.states import OrbitOutcome
from gnss_gyro.orbits.store import EphemerisStore
from gnss_gyro.protocols.messages import Observations
from gnss_gyro.vppp.signal_errors import clock_group
from gnss_gyro.vppp.sky_delays import DelayTrack, Sky, states_near
from shown_vppp.sites import Site, navigation

IONOSPHERE: Final = "ionosphere"
"""The term that advances phases by as much as it delays codes."""
Terms: TypeAlias = Mapping[tuple[int, int], Mapping[str, float]]
"""By satellite and tick: by name, what the code is too long by [m]."""


@dataclass(frozen=True, slots=True, eq=False)
class Modelled:
    """What the engine computes at the known place, n satellites of an epoch.

    residual_m : (n,) code less all that is computed, receiver clock included [m]
    ionosphere_m, troposphere_m : (n,) by the models
    tide_m     : (n,) what the ground's tide makes ranges longer by
    """

    satellite: Codes
    residual_m: Floats
    ionosphere_m: Floats
    troposphere_m: Floats
    tide_m: Floats


@cache
def modelled(site: Site, systems: tuple[System, ...]) -> tuple[tuple[Observations, Modelled], ...]:
    """All epochs of the first antenna, computed once."""
    return tuple(_modelled(site, systems))


def _modelled(site: Site, systems: tuple[System, ...]) -> Iterator[tuple[Observations, Modelled]]:
    store, track = EphemerisStore(), DelayTrack()
    store.extend(navigation(site.nav))
    heard = HeardIonosphere(store.klobuchar, store.nequick, store.bdgim)
    axes = enu_from_ecef_at(site.truth_ecef_m)
    for observed in site.epochs():
        epoch = select_l1("a", observed, systems)
        states = states_at(store, epoch.time, epoch.satellite, epoch.code_m)
        range_m, unit, _ = lines_of_sight(site.truth_ecef_m, states.position_m)
        elevation, _ = elevation_azimuth(unit, axes)
        rows = np.flatnonzero((states.outcome == OrbitOutcome.OK) & (elevation > 0.1))
        hz = SPEED_OF_LIGHT / epoch.wavelength_m[rows]
        states_of = partial(states_near, store.table_at(epoch.time), epoch.time)
        sky = Sky(epoch.time, site.truth_ecef_m, epoch.satellite[rows], elevation[rows], hz, states_of)
        delays = track.at(sky, heard)
        tide = -unit[rows] @ solid_earth_tide_m(epoch.time, site.truth_ecef_m)
        computed = range_m - SPEED_OF_LIGHT * states.clock_s
        left = (epoch.code_m - computed)[rows] - delays.ionosphere_m - delays.troposphere_m
        yield observed, Modelled(sky.satellite, left, delays.ionosphere_m, delays.troposphere_m, tide)


def residuals_m(site: Site, systems: tuple[System, ...], terms: Terms, names: Iterable[str]) -> Floats:
    """Code residuals (k,) at the known place with terms taken out, clocks out too; satellites without terms left out."""
    names, found = tuple(names), []
    for observed, model in modelled(site, systems):
        when = tick(observed.time)
        rows = [i for i, s in enumerate(model.satellite) if (int(s), when) in terms]
        out = np.array([sum(terms[int(model.satellite[i]), when].get(name, 0.0) for name in names) for i in rows])
        found.append(without_clocks(model.satellite[rows], model.residual_m[rows] - out))
    return np.concatenate(found)


def without_clocks(satellite: Codes, values: Floats) -> Floats:
    """Values (n,) less their mean over each clock group."""
    group, out = clock_group(satellite), values.copy()
    for each in np.unique(group):
        out[group == each] -= np.nanmean(values[group == each])
    return out


def corrected(observed: Observations, terms: Terms, names: Iterable[str]) -> Observations:
    """Observations of the satellites that have terms, some terms taken out of code and phase."""
    when = tick(observed.time)
    rows = np.flatnonzero([(int(s), when) in terms for s in observed.satellite])
    own = [terms[int(s), when] for s in observed.satellite[rows]]
    code = np.array([sum(term.get(name, 0.0) for name in names) for term in own])
    phase = np.array([sum(term.get(name, 0.0) * (-1.0 if name == IONOSPHERE else 1.0) for name in names) for term in own])
    return replace(
        _rows(observed, rows),
        pseudorange_m=observed.pseudorange_m[rows] - code,
        phase_cycles=observed.phase_cycles[rows] - phase * (L1_HZ / SPEED_OF_LIGHT),
    )


def _rows(observed: Observations, rows: Ints) -> Observations:
    columns = (
        "satellite", "signal", "pseudorange_m", "phase_cycles", "doppler_hz", "cn0_dbhz", "lock_time_s", "pseudorange_std_m",
        "phase_std_cycles", "glonass_channel", "flags",
    )  # fmt: skip
    return replace(observed, **{name: getattr(observed, name)[rows] for name in columns})
