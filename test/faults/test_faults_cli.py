"""Bad input on the command line: one clear line and an exit code, or a named outcome and counts in summary.json."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from recordings import recording
from rigs import Session, pair, session, tractor

from gnss_gyro.cli.main import main

OK, KNOWN_ERROR, USAGE, NOTHING_USED = 0, 1, 2, 3
NMEA = b"$GPGGA,031000.00,3736.0,N,14054.0,E,1,08,1.0,60.0,M,0.0,M,,*5D\r\n$GPZDA,031000.00,10,06,2026,00,00*6C\r\n" * 200
RTCM3 = bytes.fromhex("d300133ed7d30202980edeef34b4bd62ac0941986f33360b98") * 50  # message 1005 of the standard's own example
FOREIGN = {
    "blank": (b"\n\n  \n", "blank"),
    "PNG": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, "picture"),
    "NMEA": (NMEA, "NMEA"),
    "RTCM 3": (RTCM3, "RTCM 3"),
    "noise": (bytes((i * 197 + 31) % 251 for i in range(5000)), "binary data"),
    "prose": (b"Dear reader, these are no observations.\n" * 20, "text that begins"),
    "broken gzip": (b"\x1f\x8b\x08\x00" + b"\x07" * 500, "packed"),
}


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Session, Path]:
    """A folder with the UBX files of a pair, half a minute."""
    folder = tmp_path_factory.mktemp("two")
    simulated = session(pair(duration_s=30.0))
    simulated.write_ubx(folder)
    simulated.write_navigation(folder)
    return simulated, folder


def _replay(folder: Path, files: dict[str, Path], *more: str) -> int:
    antennas = [word for name, path in files.items() for word in ("--antenna", f"{name}={path}")]
    return main(["replay", *antennas, "--output", str(folder / "out"), "--no-report", *more])


def _summary(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((folder / "out" / "summary.json").read_text())
    return loaded


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_file_of_another_kind_is_named_for_what_it_is(tmp_path, capsys, two, kind):
    content, word = FOREIGN[kind]
    bad = tmp_path / "front.ubx"
    bad.write_bytes(content)
    assert _replay(tmp_path, {"rear": two[1] / "rear.ubx", "front": bad}, "--length", "rear-front=1.0") == KNOWN_ERROR
    said = capsys.readouterr().err
    assert word in said
    assert "front.ubx" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("kind", FOREIGN)
def test_navigation_of_another_kind_is_named_too(tmp_path, capsys, two, kind):
    bad = tmp_path / "today.nav"
    bad.write_bytes(FOREIGN[kind][0])
    files = {"rear": two[1] / "rear.ubx", "front": two[1] / "front.ubx"}
    assert _replay(tmp_path, files, "--length", "rear-front=1.0", "--nav", str(bad)) == KNOWN_ERROR
    assert "today.nav" in capsys.readouterr().err


def test_an_empty_file_is_a_dead_antenna(tmp_path, capsys, two):
    empty = tmp_path / "front.ubx"
    empty.write_bytes(b"")
    assert _replay(tmp_path, {"rear": two[1] / "rear.ubx", "front": empty}, "--length", "rear-front=1.0") == OK
    assert "front.ubx is empty: it is taken as dead" in capsys.readouterr().err
    assert _summary(tmp_path)["outcomes"] == {"too few antennas": 30}


def test_nothing_but_empty_files(tmp_path, capsys):
    empty = tmp_path / "front.ubx"
    empty.write_bytes(b"")
    assert _replay(tmp_path, {"front": empty}) == KNOWN_ERROR
    assert "front.ubx is empty" in capsys.readouterr().err


def test_missing_files_and_folders(tmp_path, capsys, two):
    rear = two[1] / "rear.ubx"
    assert _replay(tmp_path, {"rear": rear, "front": tmp_path / "nowhere.ubx"}, "--length", "rear-front=1.0") == KNOWN_ERROR
    assert "does not exist" in capsys.readouterr().err
    assert _replay(tmp_path, {"rear": rear, "front": tmp_path}, "--length", "rear-front=1.0") == KNOWN_ERROR
    assert "folder" in capsys.readouterr().err


def test_observations_and_navigation_exchanged(tmp_path, capsys, two):
    simulated, folder = two
    observations = simulated.write_rinex(tmp_path)
    files = {"rear": folder / "today.nav", "front": observations["front"]}
    assert _replay(tmp_path, files, "--length", "rear-front=1.0", "--nav", str(folder / "today.nav")) == KNOWN_ERROR
    assert "--nav" in capsys.readouterr().err
    nav = ["--nav", str(observations["rear"])]
    files = {"rear": folder / "rear.ubx", "front": folder / "front.ubx"}
    assert _replay(tmp_path, files, "--length", "rear-front=1.0", *nav) == KNOWN_ERROR
    assert "--antenna" in capsys.readouterr().err


def test_ubx_without_observations(tmp_path, capsys, two):
    """A receiver that was never told to send RXM-RAWX: the other one gives the position, the words say why not more."""
    from gnss_gyro.protocols.ubx.framing import encode_frame

    silent = tmp_path / "front.ubx"
    silent.write_bytes(encode_frame(0x0A, 0x04, bytes(40)) * 5)
    assert _replay(tmp_path, {"rear": two[1] / "rear.ubx", "front": silent}, "--length", "rear-front=1.0") == OK
    assert _summary(tmp_path)["outcomes"] == {"too few antennas": 30}
    assert _summary(tmp_path)["warnings"] == ["antenna front: front.ubx holds no observations"]
    assert "antenna front: front.ubx holds no observations" in capsys.readouterr().err
    assert _replay(tmp_path, {"front": silent}) == NOTHING_USED
    assert "no observations" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("later_s", "words"),
    [
        (3600.0, r"rear 20\S+ \S+ to \S+, front 20\S+ \S+ to \S+: no common time"),
        (86_400.0, r"rear 20\S+ \S+ to \S+, front 20\S+ \S+ to \S+: no common time"),
        (0.5, r"rear and front: 0 of 29 epochs come together, usually they are 0\.5 s apart \(alignment\.tolerance_s: 0\.005\)"),
    ],
)
def test_recordings_that_cannot_be_paired_are_told(tmp_path, capsys, two, later_s, words):
    later = session(pair(start=two[0].simulation.scenario.start + later_s, duration_s=30.0))
    later.write_ubx(tmp_path)
    files = {"rear": two[1] / "rear.ubx", "front": tmp_path / "front.ubx"}
    assert _replay(tmp_path, files, "--length", "rear-front=1.0") == OK
    assert re.search(words, capsys.readouterr().err)
    assert re.fullmatch(words, _summary(tmp_path)["warnings"][0])


def test_orbits_of_another_day_use_nothing_and_say_so(tmp_path, capsys, two):
    other = session(pair(start=two[0].simulation.scenario.start + 86_400.0))
    nav = other.write_navigation(tmp_path)
    files = two[0].write_rinex(tmp_path)
    assert _replay(tmp_path, files, "--length", "rear-front=1.0", "--nav", str(nav)) == NOTHING_USED
    assert "same day" in capsys.readouterr().err


def test_what_was_dropped_is_in_the_summary(tmp_path, two):
    data = bytearray((two[1] / "front.ubx").read_bytes())
    for at in range(3000, len(data), 2500):
        data[at] ^= 0x10
    (tmp_path / "front.ubx").write_bytes(data)
    assert _replay(tmp_path, {"rear": two[1] / "rear.ubx", "front": tmp_path / "front.ubx"}, "--length", "rear-front=1.0") == OK
    summary = _summary(tmp_path)
    assert summary["antennas"]["front"]["counts"]["checksum errors"] >= 3
    assert summary["antennas"]["front"]["counts"]["garbage bytes"] > 0
    assert summary["dropped"]["incomplete group"] >= 3
    assert set(summary["outcomes"]) <= {"fixed", "too few antennas", "float", "run-in"}


def test_the_same_file_for_both_antennas(tmp_path, capsys, two):
    rear = two[1] / "rear.ubx"
    _replay(tmp_path, {"rear": rear, "front": rear}, "--length", "rear-front=1.0")
    assert "same recording" in capsys.readouterr().err
    assert "fixed" not in _summary(tmp_path)["outcomes"]


def test_a_survey_of_one_recording_twice_writes_nothing(tmp_path, capsys, two):
    files = [word for name in ("rear", "front") for word in ("--antenna", f"{name}={two[1] / 'rear.ubx'}")]
    assert main(["survey", *files, "--output", str(tmp_path / "rig.yaml")]) == NOTHING_USED
    assert "antennas rear and front are in one place" in capsys.readouterr().err
    assert not (tmp_path / "rig.yaml").exists()


def test_an_antenna_without_a_file_is_taken_as_dead(tmp_path, capsys):
    simulated = session(tractor(duration_s=20.0))
    files = simulated.write_ubx(tmp_path)
    del files["rear_left"]
    config = tmp_path / "rig.yaml"
    config.write_text(yaml.safe_dump(simulated.config_dict(), sort_keys=False))
    assert _replay(tmp_path, files, "--config", str(config)) == OK
    assert "rear_left has no file" in capsys.readouterr().err
    assert _summary(tmp_path)["outcomes"] == {"fixed": 20}


def test_an_antenna_that_is_not_in_the_rig(tmp_path, capsys, two):
    files = {"rear": two[1] / "rear.ubx", "frond": two[1] / "front.ubx"}
    config = tmp_path / "rig.yaml"
    config.write_text(yaml.safe_dump(two[0].config_dict(), sort_keys=False))
    assert _replay(tmp_path, files, "--config", str(config)) == KNOWN_ERROR
    assert "did you mean 'front'" in capsys.readouterr().err


TYPOS: dict[str, tuple[dict[str, Any], str]] = {
    "top": ({"antenas": {}}, "antenas"),
    "section": ({"gnss": {"elevation_mask_degrees": 10}}, "gnss.elevation_mask_degrees"),
    "antenna": ({"antennas": {"rear": {"positon_m": [0, 0, 0]}, "front": {}}}, "antennas.rear.positon_m"),
    "length": ({"lengths": [{"between": ["rear", "front"], "lenght_m": 1.0}]}, "lengths[0].lenght_m"),
    "length name": ({"lengths": [{"between": ["rear", "frnt"], "length_m": 1.0}]}, "frnt"),
    "word": ({"mode": "filtre"}, "filtre"),
    "type": ({"fixing": {"failure_rate": "low"}}, "fixing.failure_rate"),
    "range": ({"fixing": {"failure_rate": 2.0}}, "fixing.failure_rate"),
    "number of coordinates": ({"antennas": {"rear": {"position_m": [0, 0]}, "front": {"position_m": [1, 0, 0]}}}, "position_m"),
    "system": ({"gnss": {"systems": ["G", "X"]}}, "gnss.systems"),
    "satellite": ({"gnss": {"exclude": ["G5"]}}, "G5"),
    "not finite": ({"noise": {"code_m": float("nan")}}, "noise.code_m"),
}


@pytest.mark.parametrize("place", TYPOS)
def test_a_typo_at_any_depth_of_the_configuration(tmp_path, capsys, two, place):
    change, named = TYPOS[place]
    base = {"antennas": {"rear": {}, "front": {}}, "lengths": [{"between": ["rear", "front"], "length_m": 1.0}]}
    config = tmp_path / "rig.yaml"
    config.write_text(yaml.safe_dump({**base, **change}, sort_keys=False))
    assert _replay(tmp_path, {"rear": two[1] / "rear.ubx", "front": two[1] / "front.ubx"}, "--config", str(config)) == KNOWN_ERROR
    said = capsys.readouterr().err
    assert named in said
    assert "rig.yaml" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("text", ["", "antennas: [", "- 1\n- 2\n", "\x00\x01", "antennas:\n  a: {}\n  a: {}\n", "a: &b [*b]\n"])
def test_a_configuration_that_is_none(tmp_path, capsys, two, text):
    config = tmp_path / "rig.yaml"
    config.write_text(text)
    assert _replay(tmp_path, {"rear": two[1] / "rear.ubx"}, "--config", str(config)) == KNOWN_ERROR
    assert "rig.yaml" in capsys.readouterr().err


@pytest.mark.parametrize("options", ["--length rear-front", "--length rear-front=-1", "--systems", "--start noon"])
def test_wrong_usage(tmp_path, two, options):
    assert _replay(tmp_path, {"rear": two[1] / "rear.ubx", "front": two[1] / "front.ubx"}, *options.split()) == USAGE


@pytest.mark.parametrize("systems", ["X", "G,Q", ","])
def test_unknown_systems(tmp_path, capsys, two, systems):
    files = {"rear": two[1] / "rear.ubx", "front": two[1] / "front.ubx"}
    assert _replay(tmp_path, files, "--length", "rear-front=1.0", "--systems", systems) == KNOWN_ERROR
    assert "systems" in capsys.readouterr().err


def test_recorded_rinex_cut_and_spoilt(tmp_path):
    """Meijo with a rover file that breaks off in the middle of a line and has lost some characters."""
    data = recording("meijo")
    text = bytearray((data / "static_rover.obs").read_bytes()[:60_000])
    for at in range(9000, len(text), 997):
        text[at] = ord("x")
    (tmp_path / "rover.obs").write_bytes(text)
    files = {"base": data / "static_base.obs", "rover": tmp_path / "rover.obs"}
    more = ["--length", "base-rover=0.9887", "--nav", str(data / "static_base.nav"), "--end", "2024-06-24T08:20:25"]
    assert _replay(tmp_path, files, *more) == OK
    summary = _summary(tmp_path)
    assert summary["outcomes"].get("fixed", 0) >= 3
    assert summary["antennas"]["rover"]["counts"] != {}
