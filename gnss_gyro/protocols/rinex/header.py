"""The header of a RINEX file as facts. Labels stand in columns 61 to 80 of each line (RINEX 2.11, 3.05, 4.01)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.errors import DataError
from gnss_gyro.basics.satellites import System, satellite_from_name
from gnss_gyro.basics.time import DAY_S, GpsTime
from gnss_gyro.protocols.messages import LeapSeconds
from gnss_gyro.protocols.rinex.text import number, whole

END_OF_HEADER = "END OF HEADER"
VERSION_LABEL = "RINEX VERSION / TYPE"
ANY_SYSTEM = "*"
"""Key of RINEX 2 observation types, which hold for every system."""
_SCALE_FACTORS = (1, 10, 100, 1000)
_TIME_SYSTEM_OF = {System.GLONASS: "GLO", System.GALILEO: "GAL", System.BEIDOU: "BDT", System.QZSS: "QZS"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RinexHeader:
    """What a RINEX file says of itself; unknown numbers are NaN, unknown texts are empty.

    system               : RINEX letter of the only system, "M" for several
    observation_codes    : by system letter (RINEX 2: "*"), in the order of the columns
    scale_factors        : by (system letter, code such as "L1C"): so many times too large values are stored
    phase_shifts_cycles  : by (system letter, code such as "L1X"): what the writer added to the phase
    phases_aligned       : True = all shifts stated, False = stated as unknown, None = nothing said
    glonass_channels     : satellite code -> frequency channel
    position_ecef_m      : (3,) approximate
    antenna_delta_hen_m  : (3,) height, east, north of the antenna reference point above the marker
    clock_offset_applied : epochs, codes and phases are already corrected for the receiver clock
    ionosphere           : the texts of its ionosphere lines as (label or key, rest of the line)
    """

    version: float
    file_type: str
    system: str = "M"
    time_system: str = "GPS"
    marker: str = ""
    receiver_type: str = ""
    receiver_version: str = ""
    antenna_type: str = ""
    position_ecef_m: Floats = field(default_factory=lambda: np.full(3, np.nan))
    antenna_delta_hen_m: Floats = field(default_factory=lambda: np.full(3, np.nan))
    interval_s: float = math.nan
    leap: LeapSeconds | None = None
    clock_offset_applied: bool = False
    observation_codes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    scale_factors: Mapping[tuple[str, str], int] = field(default_factory=dict)
    phase_shifts_cycles: Mapping[tuple[str, str], float] = field(default_factory=dict)
    phases_aligned: bool | None = None
    glonass_channels: Mapping[int, int] = field(default_factory=dict)
    ionosphere: tuple[tuple[str, str], ...] = ()

    def changed_by(self, found: Mapping[str, list[str]]) -> RinexHeader:
        """The same header after lines, by label, changed observation types or their scales. Raises DataError."""
        codes = {**self.observation_codes, **observation_codes(found)}
        factors = {**self.scale_factors, **scale_factors(found, codes)}
        return replace(self, observation_codes=codes, scale_factors=factors)


def parse_header(lines: Iterable[str]) -> RinexHeader:
    """Header of its lines (the line END OF HEADER may be missing). Raises DataError without version, or with an unknown scale."""
    found = by_label(lines)
    version_line = found.get(VERSION_LABEL, [""])[0]
    version = number(version_line[:9])
    if not version > 0.0:
        raise DataError("no RINEX VERSION / TYPE line in the header")
    system = _system_letter(version_line)
    shifts, aligned = _phase_shifts(found.get("SYS / PHASE SHIFT", []) + found.get("SYS / PHASE SHIFTS", []))
    codes = observation_codes(found)
    receiver, antenna = _first(found, "REC # / TYPE / VERS"), _first(found, "ANT # / TYPE")
    return RinexHeader(
        version=version,
        file_type=version_line[20:21].upper(),
        system=system,
        time_system=_time_system(_first(found, "TIME OF FIRST OBS"), system),
        marker=_first(found, "MARKER NAME").strip(),
        receiver_type=receiver[20:40].strip(),
        receiver_version=receiver[40:60].strip(),
        antenna_type=antenna[20:40].rstrip(),
        position_ecef_m=_triple(_first(found, "APPROX POSITION XYZ")),
        antenna_delta_hen_m=_triple(_first(found, "ANTENNA: DELTA H/E/N")),
        interval_s=number(_first(found, "INTERVAL")[:10]),
        leap=_leap_seconds(_first(found, "LEAP SECONDS")),
        clock_offset_applied=whole(_first(found, "RCV CLOCK OFFS APPL")[:6]) == 1,
        observation_codes=codes,
        scale_factors=scale_factors(found, codes),
        phase_shifts_cycles=shifts,
        phases_aligned=aligned,
        glonass_channels=_glonass_channels(found.get("GLONASS SLOT / FRQ #", [])),
        ionosphere=_ionosphere_lines(found),
    )


def observation_codes(found: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    """Observation codes by system from header lines by label; empty where the lines tell none."""
    codes: dict[str, list[str]] = {}
    for line in found.get("# / TYPES OF OBSERV", []):
        codes.setdefault(ANY_SYSTEM, []).extend(line[6:60].split())
    system = ""
    for line in found.get("SYS / # / OBS TYPES", []):
        if line[:1].strip():
            system = line[0]
            codes[system] = []
        codes.setdefault(system, []).extend(line[7:60].split())
    return {key: tuple(values) for key, values in codes.items() if key}


def scale_factors(found: Mapping[str, list[str]], codes: Mapping[str, tuple[str, ...]]) -> dict[tuple[str, str], int]:
    """Scale factors by system and code from header lines by label (RINEX 3.05, table A2); no list means all codes.

    Raises DataError for a factor that the format does not have.
    """
    factors: dict[tuple[str, str], int] = {}
    system, factor = "", 1
    for line in found.get("SYS / SCALE FACTOR", []):
        if line[:1].strip():
            system, told = line[0], whole(line[2:6])
            if told not in _SCALE_FACTORS:
                raise DataError(f"SYS / SCALE FACTOR of system {system} is {line[2:6].strip()!r}; it can be 1, 10, 100 or 1000")
            factor = told
        factors |= {(system, code): factor for code in line[10:60].split() or codes.get(system, ())}
    return factors


def by_label(lines: Iterable[str]) -> dict[str, list[str]]:
    """Header lines found in the middle of a file, by label."""
    found: dict[str, list[str]] = {}
    for line in lines:
        found.setdefault(line[60:80].strip().upper(), []).append(line[:60].ljust(60))
    return found


def _first(found: Mapping[str, list[str]], label: str) -> str:
    return found.get(label, [" " * 60])[0]


def _system_letter(version_line: str) -> str:
    letter = version_line[40:41].strip().upper()
    if letter:
        return letter
    by_type = {"G": "R", "H": "S", "L": "E"}  # RINEX 2 navigation files name the system in the file type
    return by_type.get(version_line[20:21].upper(), "G")


def _time_system(first_line: str, system: str) -> str:
    stated = first_line[48:51].strip().upper()
    return stated or {s.value: name for s, name in _TIME_SYSTEM_OF.items()}.get(system, "GPS")


def _triple(line: str) -> Floats:
    return np.array([number(line[i : i + 14]) for i in (0, 14, 28)])


def _leap_seconds(line: str) -> LeapSeconds | None:
    seconds, future, week, day = (whole(line[i : i + 6]) for i in (0, 6, 12, 18))
    if seconds is None:
        return None
    if line[24:27] in ("BDS", "BDT"):
        return LeapSeconds(seconds + 14)
    if future is None or week is None or day is None or future == seconds:
        return LeapSeconds(seconds)
    change = GpsTime.from_week_tow(week, float(day * DAY_S + seconds))
    return LeapSeconds(seconds, future, change) if change.believable else LeapSeconds(seconds)


def _phase_shifts(lines: list[str]) -> tuple[dict[tuple[str, str], float], bool | None]:
    shifts: dict[tuple[str, str], float] = {}
    unknown = False
    for line in lines:
        system, code = line[:1].strip(), line[2:5].strip()
        if not system:
            continue
        if not code:
            unknown = True
            continue
        shift = number(line[6:14])
        shifts[system, code] = 0.0 if math.isnan(shift) else shift  # a blank stands for the reference signal itself
    return shifts, (not unknown) if shifts or unknown else None


def _glonass_channels(lines: list[str]) -> dict[int, int]:
    channels = {}
    for line in lines:
        for i in range(4, 60, 7):
            name, channel = line[i : i + 3], whole(line[i + 4 : i + 6])
            if name[:1] == "R" and whole(name[1:]) and channel is not None:
                channels[satellite_from_name(name)] = channel
    return channels


def _ionosphere_lines(found: Mapping[str, list[str]]) -> tuple[tuple[str, str], ...]:
    old = [(label, line) for label in ("ION ALPHA", "ION BETA") for line in found.get(label, [])]
    return tuple(old + [(line[:4].strip().upper(), line) for line in found.get("IONOSPHERIC CORR", [])])
