"""What a rig must be to make sense: names, numbers of antennas, satellites that exist, a shape that can be."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.basics.satellites import satellite_from_name
from gnss_gyro.engine.options import Problems, suggestion

if TYPE_CHECKING:
    from gnss_gyro.engine.config import EngineConfig

TAKEN_NAMES: Final = frozenset({"sigma"})
"""Antennas whose vector would have the columns of something else in solution.csv: sigma_east_m is that of the position."""


def rig_problems(config: EngineConfig, max_antennas: int) -> Problems:
    """Everything that contradicts itself or the world in a configuration whose types and ranges are right."""
    problems = [*_antenna_problems(config, max_antennas), *_satellite_problems(config), *_position_problems(config)]
    naming = _length_name_problems(config)
    return [*problems, *naming, *([] if naming else _geometry_problems(config))]


def _antenna_problems(config: EngineConfig, max_antennas: int) -> Problems:
    problems = [
        f"antennas.{name}: a name is made of letters, digits and underscores"
        for name in config.names
        if not re.fullmatch(r"[A-Za-z0-9_]+", name)
    ]
    taken = [name for name in config.names if name in TAKEN_NAMES]
    problems += [f"antennas.{name}: this name is taken by columns of solution.csv" for name in taken]
    if not 1 <= len(config.antennas) <= max_antennas:
        problems.append(f"antennas: needs 1 to {max_antennas}, not {len(config.antennas)}")
    frames = Counter(antenna.frame for antenna in config.antennas)
    problems += [f"antennas: frame_id {frame!r} is used {count} times" for frame, count in frames.items() if count > 1]
    sources = Counter(antenna.source for antenna in config.antennas if antenna.source)
    return problems + [f"antennas: source {source!r} is used {count} times" for source, count in sources.items() if count > 1]


def _position_problems(config: EngineConfig) -> Problems:
    if config.position.corrections and str(config.position.method) == "single":
        return ["position.corrections: single point positions use none; leave them out, or set position.method: vppp"]
    return []


def _satellite_problems(config: EngineConfig) -> Problems:
    problems = [] if config.gnss.systems else ["gnss.systems: needs at least one of G, E, J, C, R"]
    return problems + [f"gnss.exclude: {name!r} is no satellite; write G05" for name in config.gnss.exclude if not _exists(name)]


def _exists(name: str) -> bool:
    try:
        return bool(re.fullmatch(r"[A-Z][0-9]{2}", name)) and satellite_from_name(name) >= 0
    except ValueError:
        return False


def _length_name_problems(config: EngineConfig) -> Problems:
    problems: Problems = []
    for i, length in enumerate(config.lengths):
        unknown = [name for name in length.between if name not in config.names]
        problems += [f"lengths[{i}].between: no antenna {name!r}; {suggestion(name, list(config.names))}" for name in unknown]
        if length.between[0] == length.between[1]:
            problems.append(f"lengths[{i}].between: {length.between[0]!r} twice; a length needs two antennas")
    pairs = Counter(tuple(sorted(length.between)) for length in config.lengths)
    return problems + [f"lengths: {a}-{b} is given {count} times" for (a, b), count in pairs.items() if count > 1]


def _geometry_problems(config: EngineConfig) -> Problems:
    """Positions of only some antennas, or a shape that cannot be."""
    without = [antenna.name for antenna in config.antennas if antenna.position_m is None]
    if 0 < len(without) < len(config.antennas):
        wanted = ", ".join(f"antennas.{name}.position_m" for name in without)
        return [f"{wanted}: missing, while other antennas have one; give all positions, or lengths only"]
    try:
        array = config.array
        if array is not None:
            array.require_lengths(config.length_by_pair)
    except ConfigError as error:
        return [f"{'lengths' if config.lengths else 'antennas'}: {error}"]
    return []
