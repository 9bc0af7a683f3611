"""The command line in-process: its fixed interface, on real recordings and on bad input."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys

import pytest
from recordings import recording

from gnss_gyro.cli.main import main

COLUMNS = (
    "gps_week,tow_s,outcome,satellites,heading_deg,pitch_deg,roll_deg,sigma_heading_deg,sigma_pitch_deg,sigma_roll_deg,"
    "failure_probability,latitude_deg,longitude_deg,height_m,sigma_east_m,sigma_north_m,sigma_up_m,"
    "velocity_east_mps,velocity_north_mps,velocity_up_mps"
)
VECTOR_TOLERANCE_M = 0.01
MEIJO = (-0.2246, -0.9628, 0.0089)  # rover from base (NOTES.md)


def meijo_arguments(folder, *more):
    data = recording("meijo")
    antennas = ["--antenna", f"base={data / 'static_base.obs'}", "--antenna", f"rover={data / 'static_rover.obs'}"]
    return ["replay", *antennas, "--nav", str(data / "static_base.nav"), "--output", str(folder), *more]


def rows_of(folder):
    with (folder / "solution.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def meijo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("meijo")
    window = ["--start", "2024-06-24T08:20:10", "--end", "2024-06-24T08:20:29"]
    assert main(meijo_arguments(folder, "--length", "base-rover=0.9887", *window)) == 0
    return folder


def test_solution_has_the_columns_of_the_interface(meijo):
    header = (meijo / "solution.csv").read_text().splitlines()[0]
    assert header == f"{COLUMNS},rover_east_m,rover_north_m,rover_up_m"


def test_start_and_end_bound_the_epochs(meijo):
    rows = rows_of(meijo)
    assert [float(rows[0]["tow_s"]), float(rows[-1]["tow_s"])] == [116410.0, 116429.0]
    assert len(rows) == 20


def test_vectors_are_right_and_roll_is_unknown(meijo):
    for row in rows_of(meijo):
        assert row["outcome"] == "fixed"
        vector = [float(row[f"rover_{axis}_m"]) for axis in ("east", "north", "up")]
        assert vector == pytest.approx(MEIJO, abs=VECTOR_TOLERANCE_M)
        assert row["roll_deg"] == row["sigma_roll_deg"] == ""


def test_summary_and_config_tell_the_whole_run(meijo):
    summary = json.loads((meijo / "summary.json").read_text())
    assert (summary["epochs"], summary["fix_rate"], summary["time_to_first_fix_s"]) == (20, 1.0, 0.0)
    assert summary["vectors"]["rover"]["length_mean_m"] == pytest.approx(0.9887, abs=1e-4)
    assert summary["antennas"]["rover"]["sha256"] in (meijo / "config.yaml").read_text()
    more = ("--config", str(meijo / "config.yaml"), "--no-report", "--end", "2024-06-24T08:20:05")
    assert main(meijo_arguments(meijo / "again", *more)) == 0


def test_report_is_one_small_file_and_can_be_drawn_again(meijo):
    page = (meijo / "report.html").read_text()
    assert "first antenna; VPPP of all antennas in 20 epochs" in page
    assert page.count("<svg") >= 6
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert len(page) < 3_000_000
    assert main(["report", str(meijo)]) == 0


def test_utc_is_told_by_a_z(tmp_path):
    arguments = meijo_arguments(tmp_path, "--length", "base-rover=0.9887", "--no-report", "--mode", "epoch", "--systems", "G")
    assert main([*arguments, "--start", "2024-06-24T08:24:40Z", "--end", "2024-06-24T08:24:41Z"]) == 0
    assert [float(row["tow_s"]) for row in rows_of(tmp_path)] == [116698.0, 116699.0]


def test_a_second_recording_of_another_kind(tmp_path):
    data = recording("borre")
    files = ["--antenna", f"master={data / 'master_site24t1_clean.01o'}", "--antenna", f"rover={data / 'rover_site247j.01o'}"]
    arguments = ["replay", "--length", "master-rover=8.423", *files, "--nav", str(data / "site247j.01n")]
    assert main([*arguments, "--output", str(tmp_path), "--no-report"]) == 0
    rows = rows_of(tmp_path)
    assert len(rows) == 23
    assert all(row["latitude_deg"] for row in rows)


def test_one_antenna_alone_has_a_position(tmp_path):
    data = recording("meijo")
    arguments = ["replay", "--antenna", f"a={data / 'static_base.obs'}", "--nav", str(data / "static_base.nav")]
    assert main([*arguments, "--output", str(tmp_path), "--no-report", "--end", "2024-06-24T08:20:03"]) == 0
    assert float(rows_of(tmp_path)[0]["latitude_deg"]) == pytest.approx(35.1347, abs=1e-3)


@pytest.mark.parametrize(
    ("options", "mode", "told"),
    [
        ("mode: epoch", [], "not mode: epoch"),
        ("position: {method: single}", [], "not position.method: single"),
        ("position: {method: single}", ["--mode", "epoch"], "not mode: epoch and position.method: single"),
    ],
)
def test_smoothing_what_cannot_be_smoothed_is_refused(tmp_path, capsys, options, mode, told):
    rig = "antennas: {base: , rover: }\nlengths: [{between: [base, rover], length_m: 0.9887}]\n"
    (tmp_path / "rig.yaml").write_text(rig + options)
    message = failing(capsys, meijo_arguments(tmp_path / "out", "--config", str(tmp_path / "rig.yaml"), "--smooth", *mode))
    assert f"--smooth needs mode: filter and position.method: vppp, {told}" in message
    assert not (tmp_path / "out").exists()


def failing(capsys, arguments, code=1):
    assert main(arguments) == code
    message = capsys.readouterr().err
    assert "Traceback" not in message
    return message


def test_an_outside_window_is_an_own_exit_code(tmp_path, capsys):
    arguments = meijo_arguments(tmp_path, "--length", "base-rover=0.9887", "--start", "2030-01-01T00:00:00", "--no-report")
    assert "outside --start and --end" in failing(capsys, arguments, 3)


def test_navigation_data_must_be_given(tmp_path, capsys):
    data = recording("meijo")
    message = failing(capsys, ["replay", "--antenna", f"a={data / 'static_base.obs'}", "--output", str(tmp_path)])
    assert "no navigation data" in message


def test_a_broken_navigation_record_is_told_with_file_and_line(tmp_path, capsys):
    whole = (recording("meijo") / "static_base.nav").read_text()
    (tmp_path / "cut.nav").write_text(whole.rstrip()[:-2])
    window = ["--start", "2024-06-24T08:20:10", "--end", "2024-06-24T08:20:11", "--no-report"]
    arguments = meijo_arguments(tmp_path / "out", "--length", "base-rover=0.9887", *window)
    arguments[arguments.index("--nav") + 1] = str(tmp_path / "cut.nav")
    assert main(arguments) == 0
    (warning,) = json.loads((tmp_path / "out" / "summary.json").read_text())["warnings"]
    place = f"cut.nav: 1 record cannot be read; the first broken record begins at line {whole.rstrip().count(chr(10)) - 6}"
    assert warning == f"{place}: a line ends within the number 0.000000000000E+"


def test_an_empty_file_is_named(tmp_path, capsys):
    (tmp_path / "void.ubx").touch()
    message = failing(capsys, ["replay", "--antenna", f"a={tmp_path / 'void.ubx'}", "--output", str(tmp_path / "out")])
    assert "void.ubx is empty" in message


def test_a_foreign_file_is_named(tmp_path, capsys):
    (tmp_path / "notes.txt").write_text("nothing of the kind\n")
    assert "notes.txt" in failing(capsys, ["inspect", str(tmp_path / "notes.txt")])
    arguments = ["replay", "--antenna", f"a={tmp_path / 'notes.txt'}", "--output", str(tmp_path / "out")]
    assert "notes.txt" in failing(capsys, arguments)


def test_a_missing_file_is_named(tmp_path, capsys):
    assert "gone.ubx" in failing(capsys, ["replay", "--antenna", "a=gone.ubx", "--output", str(tmp_path)])


def test_a_typo_in_the_configuration_is_named(tmp_path, capsys):
    (tmp_path / "rig.yaml").write_text("antennas: {base: , rover: }\ngnss: {elevation_mask_degg: 10}\n")
    message = failing(capsys, meijo_arguments(tmp_path / "out", "--config", str(tmp_path / "rig.yaml")))
    assert "elevation_mask_degg" in message


def test_an_unknown_antenna_is_named(tmp_path, capsys):
    (tmp_path / "rig.yaml").write_text("antennas: {base: , rower: }\nlengths: [{between: [base, rower], length_m: 1.0}]\n")
    message = failing(capsys, meijo_arguments(tmp_path / "out", "--config", str(tmp_path / "rig.yaml")))
    assert "no antenna 'rover'" in message
    assert "'rower'" in message


def test_without_geometry_two_antennas_are_no_array(tmp_path, capsys):
    assert "--length" in failing(capsys, meijo_arguments(tmp_path))


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("simulate --antennas rear=0,0,0 rear=1,0,0", "antenna 'rear' is given 2 times"),
        ("replay --antenna rear=a.ubx --antenna rear=b.ubx", "antenna 'rear' is given 2 times"),
        ("survey --antenna rear=a.ubx --antenna rear=b.ubx", "antenna 'rear' is given 2 times"),
        ("bag convert --antenna rear=a.ubx --antenna rear=b.ubx", "antenna 'rear' is given 2 times"),
        ("survey --antenna a={here} --antenna b={here} --length a-b=1 --length b-a=2", "--length a-b is given 2 times"),
        ("replay --antenna a=a.ubx --antenna b=b.ubx --length a-b=1 --length b-a=2", "a-b is given 2 times"),
    ],
)
def test_what_is_given_twice_is_refused(tmp_path, capsys, command, reason):
    words = command.format(here=__file__).split()
    assert reason in failing(capsys, [*words, "--output", str(tmp_path / "out")])
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("wrong", [["replay"], ["replay", "--antenna", "nofile", "--output", "x"], ["fly"], []])
def test_wrong_usage_is_exit_code_two(wrong, capsys):
    assert main(wrong) == 2


@pytest.mark.parametrize("start", ["0001-01-01T00:00:00+09:00", "9999-12-31T23:59:59-09:00", "1979-12-31", "2200-01-01"])
def test_a_start_outside_of_gps_time_is_wrong_usage(start, capsys):
    assert main(["simulate", "--output", "x", "--start", start]) == 2
    assert "is not within GPS time, 1980-01-06 to 2171-08-31" in capsys.readouterr().err


def test_years_that_no_message_can_tell_are_refused(tmp_path, capsys):
    arguments = ["simulate", "--systems", "G,R", "--start", "1985-01-01", "--output", str(tmp_path)]
    assert "system R in the year 1985" in failing(capsys, arguments)


@pytest.mark.parametrize("command", ["replay", "inspect", "survey", "simulate", "report", "demo"])
def test_help_has_examples(command, capsys):
    assert main([command, "--help"]) == 0
    assert f"gnss_gyro {command}" in capsys.readouterr().out.partition("examples:")[2]


def test_inspect_as_json(capsys):
    assert main(["inspect", "--json", str(recording("meijo") / "static_base.nav")]) == 0
    assert json.loads(capsys.readouterr().out)[0]["navigation"]["ephemerides"] == 134


@pytest.mark.parametrize("form", ["ubx", "rinex"])
def test_a_simulation_replays(tmp_path, form, capsys):
    common = ["--duration", "5", "--systems", "G", "--errors", "none", "--format", form, "--output", str(tmp_path)]
    assert main(["simulate", "--antennas", "a=0,0,0", "b=1,0,0", "c=0,1,0", *common]) == 0
    command = capsys.readouterr().out.splitlines()[-1].split()
    assert main([*command[1:], "--no-report"]) == 0
    summary = json.loads((tmp_path / "replay" / "summary.json").read_text())
    assert summary["truth"]["wrong_fixes"] == 0
    assert summary["truth"]["epochs_compared"] == 5


def test_a_survey_gives_a_rig_that_replays(tmp_path):
    data = recording("meijo")
    files = ["--antenna", f"base={data / 'static_base.obs'}", "--antenna", f"rover={data / 'static_rover.obs'}"]
    files += ["--nav", str(data / "static_base.nav")]
    rig = tmp_path / "rig.yaml"
    assert main(["survey", *files, "--output", str(rig)]) == 0
    replay = ["replay", "--config", str(rig), *files, "--output", str(tmp_path), "--no-report"]
    assert main([*replay, "--end", "2024-06-24T08:20:04"]) == 0
    assert {row["outcome"] for row in rows_of(tmp_path)} == {"fixed"}


def test_help_is_there_at_once():
    """Nothing that takes long to import is imported before a command runs."""
    program = "import sys; from gnss_gyro.cli.main import parser; parser(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert "gnss_gyro.cli.replay" in loaded
    assert not {"numpy", "numba", "scipy", "matplotlib", "rclpy"} & set(loaded)


def test_warmup_plays_through_every_path_and_says_how_long_it_took(capsys):
    assert main(["warmup"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("compiling")
    assert re.fullmatch(r"compiled, or found compiled, in \d+\.\d s", said[-1])
