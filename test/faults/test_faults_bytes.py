"""Bytes that suffered on their way: flipped, cut off, lost, twice, out of order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from rigs import Session, pair, replay, session, tractor, write_bytes, write_rinex_file

from gnss_gyro.estimation.outcome import Outcome
from gnss_gyro.simulation.damage import Damage, damaged

RIGS = {"pair": pair, "tractor": tractor}
# fault, least share of fixed epochs of four antennas and of two, what must have been counted
DAMAGES = {
    "bit flips": (Damage(flipped=3e-5), 0.95, 0.6, "checksum errors"),
    "truncation": (Damage(truncated=0.2), 0.9, 0.5, "garbage bytes"),
    "repetition": (Damage(repeated=0.3), 1.0, 1.0, "duplicate epoch"),
    "disorder": (Damage(swapped=0.2), 0.9, 0.9, ""),
    "loss": (Damage(lost=0.3), 0.8, 0.3, "incomplete group"),
}


@pytest.mark.parametrize("rig", RIGS)
@pytest.mark.parametrize("fault", DAMAGES)
def test_damaged_ubx_bytes_cost_epochs_but_never_the_truth(tmp_path, fault, rig):
    damage, four, two, counted = DAMAGES[fault]
    simulated = session(RIGS[rig]())
    rng = np.random.default_rng(7)
    streams = {name: b"".join(damaged(parts, damage, rng)) for name, parts in simulated.chunks().items()}
    run = replay(simulated, simulated.config(), write_bytes(tmp_path, streams))
    assert run.wrong == []
    assert run.fix_rate >= (four if rig == "tractor" else two)
    everything = {**run.engine.counts, **{what: n for counts in run.reader_counts.values() for what, n in counts.items()}}
    assert not counted or everything[counted] > 0


def test_a_file_cut_in_the_middle_of_a_frame_is_used_up_to_there(tmp_path):
    simulated = session(pair())
    streams = {name: b"".join(parts) for name, parts in simulated.chunks().items()}
    streams["front"] = streams["front"][: len(streams["front"]) // 2]
    run = replay(simulated, simulated.config(), write_bytes(tmp_path, streams))
    assert run.wrong == []
    assert len(run.solutions) == 60
    assert 15 <= len(run.fixed) <= 40
    assert run.solutions[-1].outcome is Outcome.TOO_FEW_ANTENNAS


def test_a_receiver_switched_on_in_the_middle_of_a_frame(tmp_path):
    simulated = session(pair())
    streams = {name: b"".join(parts)[77:] for name, parts in simulated.chunks().items()}
    run = replay(simulated, simulated.config(), write_bytes(tmp_path, streams))
    assert run.wrong == []
    assert run.fix_rate > 0.6  # nothing tells the week until the first observations, so that the orbits must come again


def _rinex_damage(lines: list[str], rng: np.random.Generator) -> list[str]:
    """Characters of the observations replaced, lines lost and cut."""
    head = next(i for i, line in enumerate(lines) if "END OF HEADER" in line) + 1
    body = []
    for line in lines[head:]:
        dice = rng.random()
        if dice < 0.01:
            continue
        if dice < 0.02:
            line = line[: int(rng.integers(0, len(line)))]
        elif dice < 0.05:
            at = int(rng.integers(0, len(line)))
            line = line[:at] + chr(int(rng.integers(32, 127))) + line[at + 1 :]
        body.append(line)
    return lines[:head] + body


@pytest.mark.parametrize("rig", RIGS)
def test_damaged_rinex_text(tmp_path, rig):
    simulated = session(RIGS[rig]())
    files = simulated.write_rinex(tmp_path)
    rng = np.random.default_rng(3)
    for path in files.values():
        path.write_text("\n".join(_rinex_damage(path.read_text().splitlines(), rng)) + "\n")
    run = replay(simulated, simulated.config(), files, [simulated.write_navigation(tmp_path)])
    assert run.wrong == []
    assert run.fix_rate > 0.6
    assert all(sum(counts.values()) > 60 for counts in run.reader_counts.values())


@pytest.mark.parametrize("make", [Session.write_ubx, Session.write_rinex])
def test_epochs_of_one_antenna_in_reverse_order_are_refused_by_name(tmp_path, make: Callable[..., dict[str, Path]]):
    """Nothing sensible can be done with time that runs back; it must be counted, not believed."""
    simulated = session(pair())
    found = simulated.observations()
    files = make(simulated, tmp_path)
    if make is Session.write_rinex:
        files["front"] = write_rinex_file(tmp_path / "front.obs", found["front"][::-1])
    else:
        files["front"].write_bytes(b"".join(simulated.chunks()["front"][::-1]))
    run = replay(simulated, simulated.config(), files, [simulated.write_navigation(tmp_path)])
    assert run.wrong == []
    assert sum(run.outcomes.values()) >= 20
