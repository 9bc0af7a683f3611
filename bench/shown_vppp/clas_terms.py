"""Terms of clas_static by CLAS: what its correction data, unpacked by CLASLIB, say of each GPS satellite every second.

Columns of claslib_osr_1hz.csv.gz, read so that PRC1 and PRC2 come out of the others: trop and iono are slant delays, iono of a
code at the geometric mean of L1 and L2 (times f2 / f1 on L1, f1 / f2 on L2); cbias is zero on L1 and the difference of the two
codes on L2; orb is a range that is too long, clk a clock that is ahead. CLAS keeps the satellites' biases between L1 and L2 in
its ionosphere. Where ionosphere and clock are to be told apart, they are moved to the convention of the broadcast message:
clock of the ionosphere-free combination, the L1 code late by the broadcast group delay TGD (IS-GPS-200, 20.3.3.3.3.2). Their
sum is not touched by that. CLAS corrects the ephemeris that was sent last, which is the engine's choice too.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from shown.recordings import tick

from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.basics.satellites import System
from gnss_gyro.basics.satellites import satellite as satellite_code
from gnss_gyro.basics.signals import L1_HZ
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.orbits.store import EphemerisStore
from gnss_gyro.protocols.messages import KeplerEphemeris
from shown_vppp.sites import Site, navigation
from shown_vppp.terms import IONOSPHERE, Terms, modelled

WEEK: Final = 2149
FILE: Final = "claslib_osr_1hz.csv.gz"
_GPS: Final = "1"
_L2_HZ: Final = 1_227.6e6
_DISPERSION: Final = (L1_HZ / _L2_HZ) ** 2 - 1.0
ORBIT: Final = "orbit"
CLOCK: Final = "clock"
TROPOSPHERE: Final = "troposphere"
TIDE: Final = "Earth tide"


def clas_terms(site: Site, folder: Path) -> Terms:
    """By satellite and tick."""
    told = dict(_lines(folder / "clas_static" / FILE))
    store = EphemerisStore()
    store.extend(navigation(site.nav))
    found = {}
    for observed, model in modelled(site, (System.GPS,)):
        when = tick(observed.time)
        for i, satellite in enumerate(model.satellite.tolist()):
            row, ephemeris = told.get((satellite, when)), store.choose(satellite, observed.time)[0]
            if row is None or not isinstance(ephemeris, KeplerEphemeris):
                continue
            moved = row["cbias2"] / _DISPERSION
            delay = row["iono"] * (_L2_HZ / L1_HZ) + moved - SPEED_OF_LIGHT * ephemeris.group_delay_s
            found[satellite, when] = {
                ORBIT: row["orb"],
                CLOCK: -(row["clk"] + moved),
                IONOSPHERE: delay - float(model.ionosphere_m[i]),
                TROPOSPHERE: row["trop"] - float(model.troposphere_m[i]),
                TIDE: float(model.tide_m[i]),
            }
    return found


def _lines(path: Path) -> Iterator[tuple[tuple[int, int], dict[str, float]]]:
    with gzip.open(path, "rt", encoding="ascii") as file:
        for row in csv.DictReader(file):
            if row["sys"] == _GPS:
                key = satellite_code(System.GPS, int(row["prn"])), tick(GpsTime.from_week_tow(WEEK, float(row["tow"])))
                yield key, {name: float(row[name]) for name in ("orb", "clk", "iono", "trop", "cbias2")}
