"""Signals that tell less than one hopes, or the wrong thing: flags, slips, half cycles, NaN, multipath, few satellites."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest
from rigs import QUIET, START, Edit, Run, Session, pair, replay, session, tractor

from gnss_gyro.basics.satellites import System
from gnss_gyro.estimation.outcome import Outcome
from gnss_gyro.protocols.messages import BOC, HALF_CYCLE, SLIP, Observations
from gnss_gyro.protocols.ubx.framing import encode_frame
from gnss_gyro.protocols.ubx.identifiers import RXM_RAWX
from gnss_gyro.protocols.ubx.rawx import encode_rawx
from gnss_gyro.simulation.scenario import Scenario

RIGS: Mapping[str, Callable[..., Scenario]] = {"pair": pair, "tractor": tractor}
both_rigs = pytest.mark.parametrize("rig", RIGS)


def _rinex(simulated: Session, tmp_path, edits: Mapping[str, Edit]) -> Run:
    files = simulated.write_rinex(tmp_path, edits)
    return replay(simulated, simulated.config(), files, [simulated.write_navigation(tmp_path)])


def _flagged(bit: np.uint8) -> Edit:
    return lambda seen: replace(seen, flags=seen.flags | bit)


def _unknown(seen: Observations, *columns: str) -> Observations:
    return replace(seen, **{name: np.full(len(seen.satellite), np.nan) for name in columns})


@both_rigs
def test_lli_bit_2_is_no_slip(tmp_path, rig):
    run = _rinex(session(RIGS[rig]()), tmp_path, {"*": _flagged(BOC)})
    assert run.wrong == []
    assert run.fix_rate == 1.0
    assert not any("told by the receiver" in what for what in run.engine.counts)


@both_rigs
def test_slips_told_of_every_satellite_at_every_epoch(tmp_path, rig):
    """Then every epoch stands alone."""
    run = _rinex(session(RIGS[rig]()), tmp_path, {"*": _flagged(SLIP)})
    assert run.wrong == []
    assert run.fix_rate > 0.9
    assert sum(n for what, n in run.engine.counts.items() if "told by the receiver" in what) >= 14 * 60


@both_rigs
def test_phases_of_unknown_polarity_are_not_used(tmp_path, rig):
    run = _rinex(session(RIGS[rig]()), tmp_path, {"*": _flagged(HALF_CYCLE)})
    assert run.fixed == []
    assert all(np.isfinite(s.position_ecef_m).all() for s in run.solutions)


@both_rigs
def test_flagged_half_cycles_of_half_the_satellites(tmp_path, rig):
    def halves(seen: Observations) -> Observations:
        even = seen.satellite % 2 == 0
        return replace(
            seen, flags=np.where(even, seen.flags | HALF_CYCLE, seen.flags), phase_cycles=seen.phase_cycles + 0.5 * even
        )

    simulated = session(RIGS[rig]())
    run = _rinex(simulated, tmp_path, {simulated.names[1]: halves})
    assert run.wrong == []
    assert run.fix_rate > 0.8


@both_rigs
def test_a_half_cycle_that_nobody_tells(tmp_path, rig):
    def half(seen: Observations) -> Observations:
        return replace(seen, phase_cycles=seen.phase_cycles + 0.5 * (np.arange(len(seen.satellite)) == 2))

    simulated = session(RIGS[rig]())
    run = _rinex(simulated, tmp_path, {simulated.names[1]: half})
    assert run.wrong == []


@both_rigs
@pytest.mark.parametrize(("told", "doppler", "index"), [(True, True, 1), (False, True, 1), (False, False, 1), (False, True, 0)])
def test_four_satellites_slip_at_once(tmp_path, rig, told, doppler, index):
    def slipped(seen: Observations) -> Observations:
        rows = np.isin(np.arange(len(seen.satellite)), [0, 2, 5, 7])
        now = told and abs(seen.time - START - 30.0) < 0.4
        return replace(
            seen, phase_cycles=seen.phase_cycles + (seen.time - START > 29.5) * rows * np.arange(len(rows)),
            flags=np.where(rows & now, seen.flags | SLIP, seen.flags), doppler_hz=seen.doppler_hz * (1.0 if doppler else np.nan),
        )  # fmt: skip

    simulated = session(RIGS[rig]())
    run = _rinex(simulated, tmp_path, {simulated.names[index]: slipped})
    assert run.wrong == []
    assert run.fix_rate > 0.9


@both_rigs
def test_slips_all_the_time_half_of_them_silent(tmp_path, rig):
    simulated = session(RIGS[rig](errors=replace(QUIET, slip_rate_hz=0.02, silent_slips=0.5)))
    run = _rinex(simulated, tmp_path, {})
    assert run.wrong == []
    assert run.fix_rate > 0.8
    assert sum(n for what, n in run.engine.counts.items() if "Doppler" in what) > 10


@both_rigs
@pytest.mark.parametrize("vehicle", ["static", "tractor"])
def test_thirty_seconds_without_doppler_and_cn0(tmp_path, rig, vehicle):
    simulated = session(RIGS[rig](rate_hz=1.0 / 30.0, duration_s=1200.0, vehicle=vehicle))
    run = _rinex(simulated, tmp_path, {"*": lambda seen: _unknown(seen, "doppler_hz", "cn0_dbhz")})
    assert run.wrong == []
    assert run.fix_rate > 0.9


@both_rigs
@pytest.mark.parametrize(("index", "missing"), [(0, "pseudorange_m"), (1, "pseudorange_m"), (0, "phase_cycles")])
def test_an_antenna_without_codes_or_without_phases(tmp_path, rig, index, missing):
    simulated = session(RIGS[rig]())
    run = _rinex(simulated, tmp_path, {simulated.names[index]: lambda seen: _unknown(seen, missing)})
    assert run.wrong == []
    if rig == "tractor":
        assert run.fix_rate > 0.95
    assert all(np.isfinite(s.position_ecef_m).all() for s in run.solutions)


@both_rigs
@pytest.mark.parametrize("whose", ["reference", "rover", "all"])
def test_satellites_of_nan_only(tmp_path, rig, whose):
    """As UBX: rows without code and phase are there, and counted."""
    simulated = session(RIGS[rig]())
    names = {"reference": simulated.names[:1], "rover": simulated.names[1:2], "all": simulated.names}[whose]
    files = {}
    for name, found in simulated.observations().items():
        spoilt = [_unknown(seen, "pseudorange_m", "phase_cycles", "doppler_hz") if name in names else seen for seen in found]
        files[name] = tmp_path / f"{name}.ubx"
        files[name].write_bytes(b"".join(encode_frame(*RXM_RAWX, encode_rawx(seen)) for seen in spoilt))
    run = replay(simulated, simulated.config(), files, [simulated.write_navigation(tmp_path)])
    assert run.wrong == []
    assert len(run.solutions) == 60
    for name in names:
        assert run.engine.counts[f"antenna {name}: satellite without code and phase"] == 14 * 60
    if whose == "all":
        assert run.outcomes == {Outcome.TOO_FEW_SATELLITES: 60}
    else:
        assert run.fix_rate == (1.0 if rig == "tractor" else 0.0)


@both_rigs
@pytest.mark.parametrize(("satellites", "seed"), [(3, 1), (4, 1), (5, 1), (5, 2)])
def test_few_satellites(tmp_path, rig, satellites, seed):
    simulated = session(RIGS[rig](systems=(System.GPS,), limits={System.GPS: satellites}, seed=seed))
    run = _rinex(simulated, tmp_path, {})
    assert run.wrong == []
    assert len(run.solutions) == 60
    if satellites < 4:
        assert run.outcomes == {Outcome.TOO_FEW_SATELLITES: 60}


@both_rigs
@pytest.mark.parametrize("seed", [1, 3])
@pytest.mark.parametrize("mode", ["filter", "epoch"])
def test_heavy_multipath_gives_no_wrong_heading(tmp_path, rig, seed, mode):
    errors = replace(QUIET, code_multipath_m=4.0, phase_multipath_m=0.006, multipath_time_s=(5.0, 30.0))
    simulated = session(RIGS[rig](errors=errors, seed=seed, systems=(System.GPS,), limits={System.GPS: 7}))
    files = simulated.write_ubx(tmp_path)
    run = replay(simulated, simulated.config(mode=mode), files)
    assert run.wrong == []


@both_rigs
def test_receivers_whose_systems_are_biased_against_each_other(tmp_path, rig):
    """All u-blox, so that a pivot would be shared, were there not metres between GPS and Galileo in each of them."""
    simulated = session(RIGS[rig](errors=replace(QUIET, system_bias_m=3.0)))
    run = replay(simulated, simulated.config(), simulated.write_ubx(tmp_path))
    assert run.wrong == []
    assert run.fix_rate > 0.5


@pytest.mark.parametrize("error_m", [100.0, 3000.0])
def test_a_wrong_code_of_one_antenna_is_left_out_of_all(tmp_path, error_m):
    """Its own single point finds it; attitude and position go on as if it had not come."""
    simulated = session(pair(duration_s=40.0))
    satellite = simulated.observations()["front"][0].satellite[2]

    def spoilt(seen: Observations) -> Observations:
        wrong = (seen.satellite == satellite) & (seen.time - START >= 20.0)
        return replace(seen, pseudorange_m=seen.pseudorange_m + np.where(wrong, error_m, 0.0))

    nav = [simulated.write_navigation(tmp_path)]
    clean = replay(simulated, simulated.config(), simulated.write_rinex(tmp_path), nav)
    run = replay(simulated, simulated.config(), simulated.write_rinex(tmp_path, {"front": spoilt}), nav)
    assert run.wrong == []
    assert run.fix_rate == clean.fix_rate
    for found, expected in zip(run.solutions, clean.solutions, strict=True):
        sigma_m = np.sqrt(np.trace(found.position_cov_enu_m2))
        assert np.linalg.norm(found.position_ecef_m - expected.position_ecef_m) < sigma_m
