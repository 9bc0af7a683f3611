"""The fusion node for real: simulated receivers' frames on topics in, conventions and withholding checked on what comes out."""

from __future__ import annotations

import re

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from fusion_bench import DONE, ORIGIN, PAIR, TRIPLE, FusionBench, epochs_of, rig_parameters, still
from std_srvs.srv import Trigger

from gnss_gyro.basics.frames import geodetic_from_ecef
from gnss_gyro.basics.rotations import rotation_from_quaternion
from gnss_gyro.engine.config import config_from_dict, load_config
from gnss_gyro.engine.engine import Engine
from gnss_gyro.protocols.messages import Message
from gnss_gyro.protocols.ubx.framing import encode_frame, unwrapped
from gnss_gyro.ros.conversions import UNKNOWN_VARIANCE, quaternion_of
from gnss_gyro.simulation.errors import ErrorModel
from gnss_gyro.simulation.motion import Line
from gnss_gyro.simulation.trajectory import LocalTrajectory
from gnss_gyro.simulation.vehicles import VEHICLES
from gnss_gyro.simulation.writers import UbxOptions
from gnss_gyro.streams.files import read_messages
from gnss_gyro.streams.merge import merge_by_time

ANGLE_TOLERANCE = np.radians(0.5)
FEW = 8
SFRBX = b"\x02\x13"
EAST, NORTH, WEST, SOUTH = np.radians([90.0, 0.0, 270.0, 180.0])


def roll_pitch_yaw(q):
    """About fixed axes, as REP-103 has it: R = Rz(yaw) Ry(pitch) Rx(roll)."""
    r = rotation_from_quaternion(np.array([q.x, q.y, q.z, q.w]))
    return np.array([np.arctan2(r[2, 1], r[2, 2]), -np.arcsin(r[2, 0]), np.arctan2(r[1, 0], r[0, 0])])


def off(angle, expected):
    return abs((angle - expected + np.pi) % (2.0 * np.pi) - np.pi)


def fed(ros, rig, trajectory, duration_s=12.0, **parameters):
    return FusionBench(ros, **rig_parameters(rig, **parameters)).start().feed(epochs_of(rig, trajectory, duration_s))


def call(bench, service):
    client = bench.peer.create_client(Trigger, f"/fusion/{service}")
    assert bench.ros.spin_until(client.service_is_ready)
    answer = client.call_async(Trigger.Request())
    assert bench.ros.spin_until(answer.done)
    return answer.result()


@pytest.mark.parametrize(("heading", "yaw_deg"), [(EAST, 0.0), (NORTH, 90.0), (WEST, 180.0), (SOUTH, -90.0)])
def test_yaw_is_that_of_rep_103_everywhere(ros, heading, yaw_deg) -> None:
    bench = fed(ros, PAIR, still(heading))
    found = {
        "heading": bench.hear("heading", 1)[-1].orientation,
        "attitude": bench.hear("attitude", 1)[-1].quaternion,
        "pose": bench.hear("pose", 1)[-1].pose.pose.orientation,
        "odometry": bench.hear("odometry", 1)[-1].pose.pose.orientation,
        "path": bench.hear("path", 1)[-1].poses[-1].pose.orientation,
    }
    for topic, quaternion in found.items():
        assert off(roll_pitch_yaw(quaternion)[2], np.radians(yaw_deg)) < ANGLE_TOLERANCE, topic


def test_pitch_is_nose_down_and_roll_right_side_down(ros) -> None:
    nose_up, right_side_down = np.radians(8.0), np.radians(5.0)
    bench = fed(ros, TRIPLE, still(np.radians(30.0), nose_up, right_side_down))
    heading = bench.hear("heading", 1)[-1]
    roll, pitch, yaw = roll_pitch_yaw(heading.orientation)
    assert off(yaw, np.radians(60.0)) < ANGLE_TOLERANCE
    assert off(pitch, -nose_up) < ANGLE_TOLERANCE
    assert off(roll, right_side_down) < ANGLE_TOLERANCE
    assert max(heading.orientation_covariance[i] for i in (0, 4, 8)) < np.radians(2.0) ** 2


def test_a_pair_knows_no_roll_and_an_imu_nothing_but_orientation(ros) -> None:
    heading = fed(ros, PAIR, still(1.0)).hear("heading", 1)[-1]
    assert heading.header.frame_id == "base_link"
    assert heading.orientation_covariance[0] > 3.0
    assert heading.orientation_covariance[8] < np.radians(2.0) ** 2
    assert heading.angular_velocity_covariance[0] == heading.linear_acceleration_covariance[0] == -1.0


def test_base_link_stands_still_however_the_body_is_turned(ros) -> None:
    """The lever arm from the antenna to base_link turns with the attitude; the map's origin is given."""
    datum = [np.degrees(0.6565), np.degrees(2.4594), 60.0]
    bench = fed(ros, TRIPLE, still(2.0, 0.2, -0.1), datum=[float(v) for v in datum])
    pose = bench.hear("pose", 1)[-1]
    assert pose.header.frame_id == "map"
    position = np.array([pose.pose.pose.position.x, pose.pose.pose.position.y, pose.pose.pose.position.z])
    sigma = np.sqrt(np.diag(np.reshape(pose.pose.covariance, (6, 6)))[:3])
    assert (np.abs(position) < 5.0 * sigma).all()
    assert np.linalg.norm(position) < 3.0


def replayed(folder, epochs):
    """Solutions of the receivers' logs, in the order in which `replay` reads files."""
    streams = {}
    for name in sorted({name for frames in epochs for name, _ in frames}, key=list(TRIPLE).index):
        path = folder / f"{name}.ubx"
        path.write_bytes(b"".join(frame for frames in epochs for sender, frame in frames if sender == name))
        streams[name] = (message for message in read_messages(path) if isinstance(message, Message))
    engine = Engine(config_from_dict({"antennas": {name: {"position_m": list(place)} for name, place in TRIPLE.items()}}))
    for name in TRIPLE:
        engine.set_receiver(name, "u-blox")
    return [s for name, message in merge_by_time(streams) for s in engine.feed(name, message)] + engine.flush()


def test_live_and_replay_give_the_same_to_the_last_bit(ros, tmp_path) -> None:
    """A moving tractor after a cold start, ephemerides coming in between, with the errors of patch antennas."""
    moving = VEHICLES["tractor"](ORIGIN, 60.0, np.random.default_rng(2))
    epochs = epochs_of(TRIPLE, moving, 60.0, options=UbxOptions(hot_start=False), errors=ErrorModel.patch_antenna())
    solutions = replayed(tmp_path, epochs)
    bench = FusionBench(ros, **rig_parameters(TRIPLE)).start().feed(epochs)
    fixes, headings = bench.hear("fix", len(solutions)), bench.heard["heading"]
    expected = [quaternion_of(s.attitude.enu_from_body) for s in solutions if s.attitude]
    assert expected
    assert len(bench.hear("heading", len(expected))) == len(expected)
    assert [message.orientation for message in headings] == expected
    located = [s for s in solutions if np.isfinite(s.position_ecef_m).all()]
    altitudes = [float(geodetic_from_ecef(s.position_ecef_m)[2]) for s in located]
    assert [m.altitude for m in fixes if m.status.status == 0] == altitudes


def test_heading_is_withheld_while_the_rig_does_not_fit(ros) -> None:
    """The configured length is 4 cm off: position and velocity go on, whatever needs an attitude does not come."""
    bench = FusionBench(ros, **rig_parameters({"rear": (0.0, 0.0, 0.0), "front": (1.04, 0.0, 0.0)})).start()
    bench.feed(epochs_of(PAIR, still(1.0), 25.0))
    assert len(bench.hear("fix", 25)) == len(bench.hear("velocity", 25)) == 25
    ros.spin(0.2)
    assert [len(bench.heard[topic]) for topic in ("heading", "attitude", "pose", "odometry", "path")] == [0] * 5
    assert bench.status("attitude").level != b"\x00"


def test_stamps_are_the_times_of_measurement_and_every_epoch_comes_out(ros) -> None:
    fixes = fed(ros, PAIR, still(), FEW).hear("fix", FEW)
    stamps = [message.header.stamp.sec + message.header.stamp.nanosec * 1e-9 for message in fixes]
    start_unix_s = 1781061000 - 18  # 2026-06-10 03:10:00 GPS time
    assert np.allclose(np.array(stamps) - start_unix_s, np.arange(FEW), atol=1e-3)
    assert {message.header.frame_id for message in fixes} == {"gnss_rear"}
    assert fixes[-1].position_covariance_type == 3


def test_a_dead_antenna_does_not_stall_the_others(ros) -> None:
    """One of three never comes. The last epochs come out too, though nothing newer pushes them."""
    bench = FusionBench(ros, **rig_parameters(TRIPLE)).start()
    alive = [[(name, frame) for name, frame in frames if name != "left"] for frames in epochs_of(TRIPLE, still(1.0), FEW)]
    bench.feed(alive[:2])
    assert len(bench.hear("fix", 2)) == 2
    bench.feed(alive[2:])
    assert len(bench.hear("fix", FEW)) == FEW
    assert bench.hear("heading", 1)
    assert bench.status("antenna left").message == "never heard"
    assert bench.status("antenna left").level == b"\x02"


def test_a_backlog_makes_no_antenna_late(ros) -> None:
    """A second's worth of epochs waits, one antenna's behind ten times its navigation words."""
    epochs = epochs_of(TRIPLE, still(), 8.0, rate_hz=5.0)
    start, backlog = epochs[:10], epochs[10:]
    bench = FusionBench(ros, **rig_parameters(TRIPLE)).start().feed(start)
    words = [frame for epoch in start for name, frame in epoch if name == "left" and frame[2:4] == SFRBX]
    solved = len(bench.hear("heading", len(start)))
    for frame in words * 10:
        bench.send("left", frame)
    bench.feed([[named for epoch in backlog for named in epoch]])
    bench.hear("heading", solved + len(backlog))
    last = {pair.key: pair.value for pair in bench.status("attitude").values}
    assert last["antennas"] == "rear, front, left"
    assert "incomplete group" not in bench.session.engine.counts


def test_reset_forgets_and_finds_again(ros) -> None:
    bench = fed(ros, PAIR, still(1.0), FEW)
    before = len(bench.hear("heading", 1))
    assert call(bench, "reset").success
    assert not bench.session.engine.summary()["geometry"]["confirmed"]
    bench.feed(epochs_of(PAIR, still(1.0), 30.0)[FEW:])
    assert len(bench.hear("heading", before + 1)) > before


def test_diagnostics_speak_the_engines_words(ros) -> None:
    bench = fed(ros, PAIR, still(1.0))
    bench.hear("heading", 1)
    status = bench.status("attitude")
    values = {pair.key: pair.value for pair in status.values}
    assert (status.level, status.message, values["outcome"]) == (b"\x00", "fixed", "fixed")
    assert float(values["failure probability"]) < 1e-3
    assert values["roll [deg]"] == "not observable"
    assert float(values["heading [deg]"].split()[0]) == pytest.approx(np.degrees(1.0), abs=0.5)
    antenna = {pair.key: pair.value for pair in bench.status("antenna rear").values}
    assert antenna["epochs"] == antenna["RXM-RAWX"] == "12"


def test_silence_is_reported(ros) -> None:
    bench = fed(ros, PAIR, still(1.0), 3.0, stale_s=0.3)
    ros.spin(0.5)
    assert bench.status("antenna rear").message.startswith("silent for")
    assert bench.status("attitude").message.startswith("no data, last ")


def test_bytes_without_observations_are_no_health(ros) -> None:
    """Receivers that lost their configuration send NAV-PVT and no RXM-RAWX any more."""
    bench = FusionBench(ros, **rig_parameters(PAIR, stale_s=2.0)).start()
    epochs = epochs_of(PAIR, still(1.0), 4.0, UbxOptions(nav_pvt=True))
    bench.feed(epochs)
    pvt = [(name, frame) for name, frame in epochs[-1] if frame[2:4] == b"\x01\x07"]

    def said(name):
        for antenna, frame in pvt:
            bench.send(antenna, frame)
        return bench.status(name)

    for antenna in ("antenna rear", "antenna front"):
        assert ros.spin_until(lambda of=antenna: said(of).message.startswith("heard, but no observations (RXM-RAWX) for"))
        assert said(antenna).level == DiagnosticStatus.ERROR
    for name, words in (("attitude", "no data, last "), ("position", "no data, last vppp")):
        assert (said(name).level, said(name).message[: len(words)]) == (DiagnosticStatus.STALE, words)


def test_a_week_without_a_ros_time_does_no_harm(ros) -> None:
    """Of a receiver without a date: what cannot be stamped is not published, and said."""
    bench = FusionBench(ros, **rig_parameters(PAIR)).start()
    epochs = epochs_of(PAIR, still(1.0), 12.0)
    bench.feed(epochs[:4])
    assert len(bench.hear("fix", 4)) == 4
    for frames in epochs[4:8]:
        for name, frame in frames:
            bench.send(name, dated(frame, 3600) if frame[2:4] == b"\x02\x15" else frame)
    assert ros.spin_until(lambda: bench.status("attitude").message == "GPS week 3600 has no ROS time: not published")
    bench.feed(epochs[8:])
    assert bench.hear("fix", 5)[-1].header.stamp.sec < 2_000_000_000


def dated(frame, week):
    """An RXM-RAWX frame of another week."""
    payload = bytearray(unwrapped(frame).payload)
    payload[8:10] = week.to_bytes(2, "little")
    return encode_frame(2, 0x15, bytes(payload))


def test_a_datum_far_away_leaves_the_heading_alone_and_stops_the_map(ros) -> None:
    """Latitude and longitude interchanged, where both could be either: 11 N 48 E instead of 48 N 11 E."""
    place = np.array([np.radians(48.0), np.radians(11.0), 500.0])
    body = LocalTrajectory(place, heading=Line(1.0), pitch=Line(0.0), roll=Line(0.0))
    bench = FusionBench(ros, **rig_parameters(PAIR, datum=[11.0, 48.0, 500.0])).start().feed(epochs_of(PAIR, body, FEW))
    assert len(bench.hear("fix", FEW)) == FEW
    heading = bench.hear("heading", 1)[-1]
    assert off(roll_pitch_yaw(heading.orientation)[2], np.pi / 2.0 - 1.0) < ANGLE_TOLERANCE
    status = bench.status("position")
    assert status.level == DiagnosticStatus.ERROR
    assert re.match(r"the datum is \d{4} km away: nothing is published in the map", status.message)
    assert [len(bench.heard[topic]) for topic in ("attitude", "pose", "odometry", "velocity", "path", "markers")] == [0] * 6


def test_turning_on_the_spot_is_no_velocity_of_base_link(ros) -> None:
    """Antennas on a cab 1.5 m ahead of base_link move at 0.75 m/s; base_link does not."""
    cab = {"left": (1.5, 0.5, 0.0), "right": (1.5, -0.5, 0.0)}
    turning = LocalTrajectory(ORIGIN, heading=Line(1.0, 0.5), pitch=Line(0.0), roll=Line(0.0))
    bench = FusionBench(ros, **rig_parameters(cab)).start().feed(epochs_of(cab, turning, FEW, rate_hz=5.0))
    bench.hear("velocity", 5 * FEW)
    bench.hear("odometry", 3 * FEW)
    twists = [message.twist for message in bench.heard["odometry"][10:]]
    linear = np.array([[getattr(twist.twist.linear, axis) for axis in "xyz"] for twist in twists])
    sigma = np.sqrt([np.diag(np.reshape(twist.covariance, (6, 6)))[:3] for twist in twists])
    assert (np.abs(linear) < 4.0 * sigma).all()
    assert (np.abs(np.median(linear, axis=0)) < 0.1).all()
    assert sigma.max() < 0.5
    first = bench.heard["odometry"][0].twist
    assert first.covariance[0] == UNKNOWN_VARIANCE, "no rate from the first attitude alone"
    assert first.twist.linear.x == 0.0


def test_configure_and_cleanup_leave_nothing_behind(ros) -> None:
    node = FusionBench(ros, **rig_parameters(PAIR)).node
    before = (len(node._managed_entities), len(list(node.publishers)))
    for _ in range(2):
        assert node.trigger_configure() == node.trigger_cleanup() == DONE
    assert (len(node._managed_entities), len(list(node.publishers))) == before


def test_lifecycle_goes_round_twice(ros) -> None:
    bench = fed(ros, PAIR, still(1.0), 4.0)
    for transition in ("deactivate", "activate", "deactivate", "cleanup", "configure", "activate", "shutdown"):
        assert getattr(bench.node, f"trigger_{transition}")() == DONE, transition
    assert bench.node._listening == []


def test_a_bug_at_configure_leads_back_to_the_beginning(ros, monkeypatch) -> None:
    bench = FusionBench(ros, **rig_parameters(PAIR))
    with monkeypatch.context() as patched:
        patched.setattr("gnss_gyro.ros.fusion.Outputs", lambda *_: 1 / 0)
        assert bench.node.trigger_configure() != DONE
    assert bench.start().feed(epochs_of(PAIR, still(), 3.0)).hear("fix", 1)


def test_markers_take_the_colour_of_the_outcome(ros) -> None:
    bench = fed(ros, TRIPLE, still(1.0))
    bench.hear("heading", 1)
    markers = {marker.ns: marker for marker in bench.hear("markers", 12)[-1].markers}
    assert {"antennas", "baselines", "heading", "outcome"} <= set(markers)
    assert len(markers["antennas"].points) == 3
    assert len(markers["baselines"].points) == 4
    assert markers["heading"].color.g > markers["heading"].color.r
    tail, tip = markers["heading"].points
    assert off(np.arctan2(tip.y - tail.y, tip.x - tail.x), np.pi / 2.0 - 1.0) < ANGLE_TOLERANCE


def test_services_say_what_they_cannot_do(ros) -> None:
    bench = FusionBench(ros, **rig_parameters(PAIR))
    for service in ("reset", "survey_start", "survey_stop"):
        assert (call(bench, service).success, call(bench, service).message) == (False, "not configured")
    bench.start()
    assert call(bench, "survey_stop").message == "no survey was started"
    assert call(bench, "survey_start").success
    again = call(bench, "survey_start")
    assert (again.success, again.message) == (False, "a survey is under way and keeps what it has; ~/survey_stop ends it")
    assert call(bench, "survey_stop").message.startswith("no epochs")
    assert call(bench, "survey_start").success


def test_survey_measures_the_rig_while_it_runs(ros, tmp_path) -> None:
    """The tape said 1.03 m; the survey finds 1 m, and its YAML is ready for use."""
    file = tmp_path / "rig.yaml"
    tape = {"rear": (0.0, 0.0, 0.0), "front": (1.03, 0.0, 0.0)}
    bench = FusionBench(ros, **rig_parameters(tape, survey_file=str(file))).start()
    epochs = epochs_of(PAIR, still(1.0), 120.0)
    bench.feed(epochs[:2])
    assert call(bench, "survey_start").success
    bench.feed(epochs[2:])
    answer = call(bench, "survey_stop")
    assert answer.success, answer.message
    assert file.read_text(encoding="utf-8") == answer.message
    array = load_config(answer.message).array
    assert array.length_m("rear", "front") == pytest.approx(1.0, abs=0.004)


def test_simulated_time_stops_nothing(ros) -> None:
    """In a replay without /clock, too: epochs are stamped by the receivers, waiting and diagnostics go by the steady clock."""
    bench = fed(ros, PAIR, still(1.0), FEW, use_sim_time=True)
    assert len(bench.hear("fix", FEW)) == FEW
    assert bench.hear("fix", FEW)[0].header.stamp.sec > 1_700_000_000
    assert bench.status("attitude").message == "fixed"


def test_garbage_and_cut_frames_do_no_harm(ros) -> None:
    rng = np.random.default_rng(3)
    bench = FusionBench(ros, **rig_parameters(PAIR)).start()
    epochs = epochs_of(PAIR, still(1.0), 12.0)
    bench.feed(epochs[:4])
    for size in (0, 1, 7, 300, 3000):
        bench.send("rear", rng.bytes(size))
        bench.send("front", epochs[5][0][1][:size])
    bench.feed(epochs[4:])
    assert len(bench.hear("fix", 12)) == 12
    assert "garbage bytes" in {pair.key for pair in bench.status("antenna rear").values}


def test_a_single_antenna_gives_a_position_and_no_more(ros) -> None:
    rig = {"rear": (0.0, 0.0, 0.0)}
    bench = fed(ros, rig, still(), 4.0)
    assert len(bench.hear("fix", 4)) == len(bench.hear("velocity", 4)) == 4
    assert bench.heard["heading"] == []
    assert bench.status("attitude").message.startswith("too few antennas")
