"""A fusion node under test: fed with simulated receivers, heard on all its topics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.qos import QoSProfile
from std_msgs.msg import UInt8MultiArray

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.satellites import System
from gnss_gyro.protocols.ubx.framing import UbxFramer, encode_frame
from gnss_gyro.ros.fusion import FusionNode
from gnss_gyro.ros.outputs import TOPICS
from gnss_gyro.ros.session import Session
from gnss_gyro.simulation.errors import ErrorModel
from gnss_gyro.simulation.motion import Line
from gnss_gyro.simulation.scenario import Scenario, Simulation, simulate
from gnss_gyro.simulation.trajectory import LocalTrajectory
from gnss_gyro.simulation.writers import UbxOptions, ubx_chunks

Frames = list[tuple[str, bytes]]
Epochs = list[Frames]
ORIGIN = np.array([0.6565, 2.4594, 60.0])
PAIR = {"rear": (0.0, 0.0, 0.0), "front": (1.0, 0.0, 0.0)}
TRIPLE = {"rear": (-0.5, 0.0, 0.2), "front": (0.7, 0.1, 0.2), "left": (0.0, 0.8, 0.2)}
CALM = replace(ErrorModel.none(), code_m=0.3, phase_m=0.001, doppler_mps=0.02, ionosphere=1.0, troposphere=1.0)
DONE = TransitionCallbackReturn.SUCCESS


def still(heading: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> LocalTrajectory:
    """A body at rest that is turned so [rad]."""
    return LocalTrajectory(ORIGIN, heading=Line(heading), pitch=Line(pitch), roll=Line(roll))


def epochs_of(
    rig: Mapping[str, Iterable[float]], trajectory: LocalTrajectory, seconds: float = 20.0, options: UbxOptions | None = None,
    **changes: Any,
) -> Epochs:  # fmt: skip
    """For each epoch (antenna, one UBX frame) of all receivers, in the order of time."""
    array = AntennaArray.from_positions(rig, 0.002)
    systems = (System.GPS, System.GALILEO)
    scenario = Scenario(antennas=array, duration_s=seconds, systems=systems, errors=CALM, seed=5)
    scenario = replace(scenario, **changes)
    simulation = Simulation(scenario, trajectory, simulate(scenario).constellation)
    framer = UbxFramer()
    epochs: dict[int, Frames] = {}
    for chunk in ubx_chunks(simulation, options):
        frames = [(chunk.antenna, encode_frame(*frame)) for frame in framer.feed(chunk.data)]
        epochs.setdefault(chunk.time.ns, []).extend(frames)
    return list(epochs.values())


def rig_parameters(rig: Mapping[str, Iterable[float]], **others: Any) -> dict[str, Any]:
    """The rig as parameters for Ros.kwargs."""
    places = {f"antennas__{name}__position_m": [float(x) for x in place] for name, place in rig.items()}
    return {"antenna_names": list(rig), **places, "warm_up": False, **others}


class FusionBench:
    """A fusion node, a feeder of raw messages and a listener to all its topics."""

    def __init__(self, ros: Any, **parameters: Any) -> None:
        self.ros = ros
        self.node = ros.add(FusionNode(**ros.kwargs(**parameters)))
        self.peer = ros.node("peer")
        self.heard: dict[str, list[Any]] = {}
        for topic, kind in {**TOPICS, "/diagnostics": DiagnosticArray}.items():
            self.listen(topic, kind)
        self._feeders: dict[str, Any] = {}

    @property
    def session(self) -> Session:
        """The node's engine and decoders."""
        session = self.node._session
        assert session is not None
        return session

    def listen(self, topic: str, kind: Any, quality: QoSProfile | None = None) -> None:
        """Collect what comes on a topic."""
        heard = self.heard[topic] = []
        self.peer.create_subscription(kind, topic, heard.append, quality or QoSProfile(depth=1000))

    def start(self) -> FusionBench:
        """Configure and activate."""
        assert self.node.trigger_configure() == DONE
        assert self.node.trigger_activate() == DONE
        publishers = self.node._outputs._publishers.values()
        assert self.ros.spin_until(lambda: all(p.get_subscription_count() for p in publishers))
        return self

    def feed(self, epochs: Epochs) -> FusionBench:
        """Publish frames as drivers do, epoch by epoch, as fast as the node takes them in."""
        for name in {name for frames in epochs for name, _ in frames} - set(self._feeders):
            self._feeders[name] = self.peer.create_publisher(UInt8MultiArray, f"/{name}/raw", QoSProfile(depth=1000))
        assert self.ros.spin_until(lambda: all(p.get_subscription_count() for p in self._feeders.values()))
        for frames in epochs:
            wanted = self._taken() + len(frames)
            for name, frame in frames:
                self._feeders[name].publish(UInt8MultiArray(data=frame))
            assert self.ros.spin_until(lambda wanted=wanted: self._taken() >= wanted, 60.0)  # the first may compile
        return self

    def send(self, name: str, data: bytes) -> None:
        """Publish any bytes as an antenna that was fed before."""
        self._feeders[name].publish(UInt8MultiArray(data=data))

    def hear(self, topic: str, count: int) -> list[Any]:
        """The messages of a topic once so many have come."""
        assert self.ros.spin_until(lambda: len(self.heard[topic]) >= count), f"{len(self.heard[topic])} of {count} on {topic}"
        return self.heard[topic]

    def status(self, name: str) -> Any:
        """The next diagnostic status whose name ends so."""
        self.heard["/diagnostics"].clear()
        found = self.hear("/diagnostics", 1)[-1].status
        return next(status for status in found if status.name.endswith(name))

    def _taken(self) -> int:
        """Frames that the decoders have seen."""
        counts = [state.decoder.counts.by_name for state in self.session.antennas.values()]
        return sum(count.get(name, 0) for count in counts for name in ("RXM-RAWX", "RXM-SFRBX", "NAV-PVT"))
