"""What the engine says when the rig is not as configured: wrong lengths, swapped antennas, wrong files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Floats
from shown.markdown import number, table
from shown.recordings import Pair
from shown.trial import CORRECT_M, Trial, pair_config, run_pair

ERRORS_M: Final = (-0.05, -0.02, -0.01, 0.0, 0.01, 0.02, 0.05)


@dataclass(frozen=True, slots=True)
class Said:
    """A run in filter mode with a geometry that may be wrong.

    what      : recording, systems, mask or a description
    error_m   : configured length less the true one
    epochs    : common to both antennas
    accepted  : [%]
    wrong     : epochs accepted whose direction is off by more than 5 cm at the far end
    turn_deg  : mean heading less the true one over accepted epochs
    words     : outcomes and their shares, the commonest first
    complaint : of the geometry monitor
    """

    what: tuple[str, ...]
    error_m: float
    epochs: int
    accepted: float
    wrong: int
    turn_deg: float
    words: str
    complaint: str


def wrong_lengths(
    pairs: Iterable[Pair], masks: Iterable[int], errors_m: Iterable[float], say: Callable[[str], None]
) -> list[Said]:
    """Lengths off by some centimetres, in filter mode."""
    found = []
    for pair in pairs:
        for systems in (pair.systems[0], *pair.systems[1:][-1:]):
            for mask in masks:
                for error_m in errors_m:
                    trial = run_pair(pair.antennas, pair.nav, pair_config(pair.length_m + error_m, systems, mask, "filter"))
                    found.append(_said((pair.name, systems, str(mask)), error_m, trial, pair.truth_enu_m))
                say(f"wrong lengths: {pair.name} {systems} mask {mask}, {sum(s.wrong for s in found)} wrong so far")
    return found


def wrong_files(pairs: Mapping[str, Pair], folder: Path) -> list[Said]:
    """Swapped antennas of a pair, a file of another place and day, one file twice."""
    if "meijo" not in pairs:
        return []
    meijo = pairs["meijo"]
    base, rover = meijo.files
    strangers = {
        "b is the file of a receiver in Germany, 2020 (wettzell)": pairs["wettzell"].files[1] if "wettzell" in pairs else base,
        "b is the file of the same receiver model, 2021 (mosaic_5km)": folder / "mosaic_5km" / "SEPT265G.21O",
        "b is the file of a simulated flight (spirent)": folder / "spirent" / "Rover-dynamic_MO_Spirent.obs",
    }
    cases = {"the files of a and b swapped": (rover, base), "one file given for both": (base, base)}
    cases |= {what: (base, path) for what, path in strangers.items() if path.is_file() and path != base}
    found = []
    for what, (first, second) in cases.items():
        trial = run_pair({"a": first, "b": second}, meijo.nav, pair_config(meijo.length_m, "G,E", 10, "filter"))
        found.append(_said((what,), 0.0, trial, meijo.truth_enu_m))
    return found


def lengths_table(found: Iterable[Said]) -> str:
    """One line per recording, systems and mask; a column per error: accepted % and wrong epochs, and what was said."""
    found = list(found)
    errors = sorted({said.error_m for said in found})
    lines: dict[tuple[str, ...], list[str]] = {}
    for said in found:
        lines.setdefault(said.what, list(said.what)).append(f"{number(said.accepted)} ({said.wrong}) {said.words}")
    header = ["recording", "systems", "mask", *(f"{error * 100:+.0f} cm" if error else "right" for error in errors)]
    return table(header, list(lines.values()))


def complaints_table(found: Iterable[Said]) -> str:
    """What the engine said of the lengths, by recording and error."""
    gathered: dict[tuple[str, float], Counter[str]] = {}
    for said in found:
        if said.error_m:
            words = gathered.setdefault((said.what[0], said.error_m), Counter())
            words[said.complaint or "(nothing)"] += 1
    rows = [
        [recording, f"{error * 100:+.0f} cm", "; ".join(f"{words} [{count}]" for words, count in counts.most_common())]
        for (recording, error), counts in gathered.items()
    ]
    return table(("recording", "error", "complaint at the end [runs]"), rows)


def files_table(found: Iterable[Said]) -> str:
    """What became of wrong files."""
    rows = [
        [said.what[0], str(said.epochs), number(said.accepted), number(said.turn_deg), said.words, said.complaint or "–"]
        for said in found
    ]
    return table(("what is wrong", "common epochs", "accepted %", "heading off by deg", "outcomes", "complaint"), rows)


def _said(what: tuple[str, ...], error_m: float, trial: Trial, truth_enu_m: Floats) -> Said:
    accepted = trial.accepted
    n = len(accepted)
    return Said(
        what, error_m, n, 100.0 * float(accepted.mean()) if n else float("nan"), _wrong_directions(trial, truth_enu_m),
        _turn_deg(trial, truth_enu_m), outcome_words(trial.outcome) if n else outcome_words(_all_words(trial)), trial.complaint,
    )  # fmt: skip


def _all_words(trial: Trial) -> list[str]:
    return [detail.partition(":")[0] for detail, count in trial.details.items() for _ in range(count)]


def _wrong_directions(trial: Trial, truth_enu_m: Floats) -> int:
    """Accepted epochs whose direction, carried over the true length, ends more than 5 cm from the truth."""
    vectors = trial.vector_enu_m[trial.accepted]
    if not len(vectors):
        return 0
    scaled = vectors / np.linalg.norm(vectors, axis=1, keepdims=True) * np.linalg.norm(truth_enu_m)
    return int(np.count_nonzero(np.linalg.norm(scaled - truth_enu_m, axis=1) > CORRECT_M))


def _turn_deg(trial: Trial, truth_enu_m: Floats) -> float:
    """Mean turn of the heading [deg]; NaN where nothing was accepted."""
    east, north, _ = trial.vector_enu_m[trial.accepted].T if trial.accepted.any() else np.full((3, 1), np.nan)
    turn = np.exp(1j * (np.arctan2(east, north) - np.arctan2(truth_enu_m[0], truth_enu_m[1])))
    return abs(float(np.degrees(np.angle(turn.mean()))))


def outcome_words(outcomes: Iterable[str]) -> str:
    """Outcomes with their numbers, the commonest first."""
    return ", ".join(f"{word} {count}" for word, count in Counter(outcomes).most_common(3))
