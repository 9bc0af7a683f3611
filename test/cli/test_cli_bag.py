"""gnss_gyro bag: the same solutions from a bag as from the recordings, and errors in a line."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from bags import RosbagsWriter, frames_of, save, simulated

from gnss_gyro.cli.main import main
from gnss_gyro.streams.bag_converting import stamped_frames
from gnss_gyro.streams.bags import byte_arrays
from gnss_gyro.streams.bags.writing import BagTopic, BagWriter

GEOMETRY = ["--length", "rear-front=1.0", "--no-report"]
NOTHING_USED = 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """rear.ubx, front.ubx and the bag run made of them."""
    folder = tmp_path_factory.mktemp("cli_bag")
    files = save(simulated(duration_s=30.0), folder)
    assert main(["bag", "convert", *map(str, files.values()), "--output", str(folder / "run")]) == 0
    return folder


@pytest.fixture(scope="module")
def plain(folder: Path) -> bytes:
    """solution.csv of the recordings themselves."""
    antennas = [f"--antenna={name}={folder / name}.ubx" for name in ("rear", "front")]
    assert main(["replay", *GEOMETRY, *antennas, "--output", str(folder / "plain")]) == 0
    return (folder / "plain" / "solution.csv").read_bytes()


def test_a_bag_gives_the_same_solutions_bit_by_bit(folder: Path, plain: bytes):
    assert main(["bag", "replay", str(folder / "run"), *GEOMETRY, "--output", str(folder / "bagged")]) == 0
    assert (folder / "bagged" / "solution.csv").read_bytes() == plain


def test_replay_takes_receivers_in_bags(folder: Path, plain: bytes):
    antennas = [f"--antenna=rear={folder}/run:/rear/raw", f"--antenna=front={folder}/run/run_0.mcap:front/raw"]
    assert main(["replay", *GEOMETRY, *antennas, "--output", str(folder / "mixed")]) == 0
    assert (folder / "mixed" / "solution.csv").read_bytes() == plain


def test_bags_of_other_drivers_give_the_same_solutions(folder: Path, plain: bytes, tmp_path: Path):
    with RosbagsWriter(tmp_path / "run", "SQLITE3") as writer:
        for number, frame in enumerate(frames_of((folder / "rear.ubx").read_bytes())):
            writer.put_dgnss("/left", number, frame)
        writer.put_bytes("/gps/raw_data_stream", 0, (folder / "front.ubx").read_bytes())
    topics = ["--antenna=rear=/left", "--antenna=front=/gps/raw_data_stream"]
    assert main(["bag", "replay", str(tmp_path / "run"), *GEOMETRY, *topics, "--output", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out" / "solution.csv").read_bytes() == plain


def test_a_packed_recording_that_breaks_off_is_converted_as_far_as_it_goes(folder: Path, tmp_path: Path, capsys):
    packed = gzip.compress((folder / "rear.ubx").read_bytes())
    (tmp_path / "rear.ubx.gz").write_bytes(packed[: len(packed) // 2])
    assert main(["bag", "convert", str(tmp_path / "rear.ubx.gz"), "--output", str(tmp_path / "run")]) == 0
    assert "rear.ubx.gz breaks off" in capsys.readouterr().err
    assert main(["bag", "convert", str(tmp_path / "run"), "--output", str(tmp_path)]) == 0
    kept = (tmp_path / "rear.ubx").read_bytes()
    assert kept
    assert (folder / "rear.ubx").read_bytes().startswith(kept)


def test_recordings_come_back(folder: Path, tmp_path: Path):
    assert main(["bag", "convert", str(folder / "run"), "--output", str(tmp_path)]) == 0
    for name in ("rear", "front"):
        assert (tmp_path / f"{name}.ubx").read_bytes() == (folder / f"{name}.ubx").read_bytes()
    assert main(["bag", "convert", str(folder / "run"), "--output", str(tmp_path)]) == 1  # never overwrites


def test_info(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["bag", "info", str(folder / "run"), "--json"]) == 0
    account = json.loads(capsys.readouterr().out)
    assert [topic["name"] for topic in account["topics"]] == ["/front/raw", "/rear/raw"]
    assert [(receiver["antenna"], receiver["epochs"]) for receiver in account["receivers"]] == [("front", 30), ("rear", 30)]
    assert account["receivers"][0]["signals"]
    assert main(["bag", "info", str(folder / "run")]) == 0
    assert "std_msgs/UInt8MultiArray" in capsys.readouterr().out


def test_a_broken_off_bag_is_read_and_told(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    broken = tmp_path / "run_0.mcap"
    data = (folder / "run" / "run_0.mcap").read_bytes()
    broken.write_bytes(data[: len(data) // 2])
    assert main(["bag", "info", str(broken)]) == 0
    assert "never finished" in capsys.readouterr().err
    assert main(["bag", "replay", str(broken), *GEOMETRY, "--output", str(tmp_path / "out")]) == 0
    rows = (tmp_path / "out" / "solution.csv").read_text().splitlines()[1:]
    assert 5 < len(rows) < 30


def test_a_dead_receiver_hides_nothing_of_the_others(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Its topic is in the bag, without a message."""
    out = tmp_path / "out"
    with BagWriter(tmp_path / "run") as writer:
        for name in ("rear", "front", "left"):
            writer.add_topic(BagTopic(f"/{name}/raw"))
        for name in ("rear", "front"):
            for now_ns, frame in stamped_frames(folder / f"{name}.ubx"):
                writer.write(f"/{name}/raw", now_ns, byte_arrays.encode(frame))
    rig = tmp_path / "rig.yaml"
    places = {"rear": "[0, 0, 0]", "front": "[1, 0, 0]", "left": "[0, 1, 0]"}
    rig.write_text("antennas:\n" + "".join(f"  {name}: {{position_m: {place}}}\n" for name, place in places.items()))
    assert main(["bag", "info", str(tmp_path / "run"), "--json"]) == 0
    told = capsys.readouterr()
    account = json.loads(told.out)
    assert {topic["name"]: topic["messages"] > 0 for topic in account["topics"]} == {
        "/front/raw": True, "/left/raw": False, "/rear/raw": True,
    }  # fmt: skip
    assert [receiver["antenna"] for receiver in account["receivers"]] == ["front", "rear"]
    assert f"{tmp_path}/run:/left/raw is empty" in told.err
    assert main(["bag", "replay", str(tmp_path / "run"), "--config", str(rig), "--no-report", "--output", str(out)]) == 0
    assert f"warning: antenna left: {tmp_path}/run:/left/raw is empty: it is taken as dead" in capsys.readouterr().err
    assert len((out / "solution.csv").read_text().splitlines()) == 31


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["bag", "info", "nowhere"], "does not exist"),
        (["bag", "info", "{folder}/rear.ubx"], "is no bag"),
        (["bag", "convert", "--output", "x"], "nothing to convert"),
        (["bag", "convert", "{folder}/run", "{folder}/rear.ubx", "--output", "x"], "not both"),
        (["bag", "convert", "{folder}/rear.ubx", "--output", "{folder}/run"], "not empty"),
        (["bag", "replay", "{folder}/run", "--length", "a-b=1.0", "--output", "x"], "--antenna a=TOPIC"),
        (["bag", "replay", "{folder}/run", "--antenna", "a=/b", "--output", "x"], "no topic /b"),
        (["bag", "replay", "{folder}/run", "--antenna", "a=/b", "--antenna", "a=/c", "--output", "x"], "'a' is given 2 times"),
        (["bag", "record", "--output", "x"], "nothing to record"),
        (["replay", "--antenna", "a={folder}/run", "--output", "x"], "several receivers"),
    ],
)
def test_errors_are_one_line(folder: Path, arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]):
    assert main([argument.format(folder=folder) for argument in arguments]) == 1
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1


def test_what_is_missing_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    for module in ("rclpy", "rosbags.rosbag2"):
        monkeypatch.setitem(__import__("sys").modules, module, None)
    assert main(["bag", "record", "--topics", "/a/raw", "--output", str(folder / "never")]) == 1
    assert "needs rclpy" in capsys.readouterr().err
    (folder / "x.db3").write_bytes(b"")
    assert main(["bag", "info", str(folder / "x.db3")]) == 1
    assert "gnss_gyro[bags]" in capsys.readouterr().err
    assert not (folder / "never").exists()
