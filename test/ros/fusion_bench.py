"""A fusion node under test: fed with simulated receivers, heard on all its topics."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

os.environ.setdefault("ROS_PYTHON_CHECK_FIELDS", "1")  # before any message is imported

import numpy as np
import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile
from rclpy.signals import SignalHandlerOptions
from std_msgs.msg import UInt8MultiArray

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.satellites import System
from gnss_gyro.protocols.ubx.framing import UbxFramer, encode_frame
from gnss_gyro.ros.fusion import FusionNode
from gnss_gyro.ros.outputs import TOPICS
from gnss_gyro.simulation.errors import ErrorModel
from gnss_gyro.simulation.motion import Line
from gnss_gyro.simulation.scenario import Scenario, Simulation, simulate
from gnss_gyro.simulation.trajectory import LocalTrajectory
from gnss_gyro.simulation.writers import ubx_chunks

Frames = list[tuple[str, bytes]]
Epochs = list[Frames]
ORIGIN = np.array([0.6565, 2.4594, 60.0])
PAIR = {"rear": (0.0, 0.0, 0.0), "front": (1.0, 0.0, 0.0)}
TRIPLE = {"rear": (-0.5, 0.0, 0.2), "front": (0.7, 0.1, 0.2), "left": (0.0, 0.8, 0.2)}
CALM = replace(ErrorModel.none(), code_m=0.3, phase_m=0.001, doppler_mps=0.02)
PATIENCE_S = 10.0


def still(heading: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> LocalTrajectory:
    """A body at rest that is turned so [rad]."""
    return LocalTrajectory(ORIGIN, heading=Line(heading), pitch=Line(pitch), roll=Line(roll))


def epochs_of(rig: Mapping[str, Iterable[float]], trajectory: LocalTrajectory, duration_s: float = 20.0, **changes: Any) -> Epochs:
    """For each epoch (antenna, one UBX frame) of all receivers, in the order of time."""
    array = AntennaArray.from_positions(rig, 0.002)
    systems = (System.GPS, System.GALILEO)
    scenario = Scenario(antennas=array, duration_s=duration_s, systems=systems, errors=CALM, seed=5)
    scenario = replace(scenario, **changes)
    simulation = Simulation(scenario, trajectory, simulate(scenario).constellation)
    framer = UbxFramer()
    epochs: dict[int, Frames] = {}
    for chunk in ubx_chunks(simulation):
        frames = [(chunk.antenna, encode_frame(*frame)) for frame in framer.feed(chunk.data)]
        epochs.setdefault(chunk.time.ns, []).extend(frames)
    return list(epochs.values())


def rig_parameters(rig: Mapping[str, Iterable[float]], **others: Any) -> dict[str, Any]:
    """The rig as ROS parameters."""
    places = {f"antennas.{name}.position_m": [float(x) for x in place] for name, place in rig.items()}
    return {"antenna_names": list(rig), **places, "warm_up": False, **others}


class FusionBench:
    """A node, a feeder and a listener in a context of their own."""

    def __init__(self, parameters: Mapping[str, Any], kinds: Mapping[str, Any] | None = None, domain: int = 41) -> None:
        self.context = Context()
        rclpy.init(context=self.context, domain_id=domain, signal_handler_options=SignalHandlerOptions.NO)
        self.executor = SingleThreadedExecutor(context=self.context)
        overrides = [Parameter(name, value=value) for name, value in parameters.items()]
        self.node = FusionNode(context=self.context, parameter_overrides=overrides)
        self.peer = Node("peer", context=self.context)
        self.heard: dict[str, list[Any]] = {topic: [] for topic in [*TOPICS, "/diagnostics", *(kinds or {})]}
        for topic, kind in {**TOPICS, "/diagnostics": DiagnosticArray, **(kinds or {})}.items():
            self.peer.create_subscription(kind, topic, self.heard[topic].append, QoSProfile(depth=1000))
        self._feeders: dict[str, Any] = {}
        self.executor.add_node(self.node)
        self.executor.add_node(self.peer)

    def start(self) -> None:
        """Configure, activate, and wait until everyone hears everyone."""
        assert self.node.trigger_configure() == TransitionCallbackReturn.SUCCESS
        assert self.node.trigger_activate() == TransitionCallbackReturn.SUCCESS
        self.spin_until(lambda: all(self.peer.count_publishers(topic) for topic in TOPICS))

    def spin_until(self, condition: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
        """Spin until a condition holds; fail when patience runs out."""
        clock = self.peer.get_clock()
        end = clock.now().nanoseconds + patience_s * 1e9
        while not condition():
            assert clock.now().nanoseconds < end, "patience ran out"
            self.executor.spin_once(timeout_sec=0.02)

    def spin_for(self, seconds: float) -> None:
        """Spin for a time."""
        end = self.peer.get_clock().now().nanoseconds + seconds * 1e9
        while self.peer.get_clock().now().nanoseconds < end:
            self.executor.spin_once(timeout_sec=0.02)

    def feed(self, epochs: Epochs) -> None:
        """Publish frames as drivers do, epoch by epoch, as fast as the node takes them in."""
        for name in {name for frames in epochs for name, _ in frames} - set(self._feeders):
            self._feeders[name] = self.peer.create_publisher(UInt8MultiArray, f"/{name}/raw", QoSProfile(depth=1000))
        self.spin_until(lambda: all(p.get_subscription_count() for p in self._feeders.values()))
        wanted = self._taken()
        for frames in epochs:
            for name, frame in frames:
                self._feeders[name].publish(UInt8MultiArray(data=frame))
            wanted += len(frames)
            self.spin_until(lambda wanted=wanted: self._taken() >= wanted)

    def _taken(self) -> int:
        """Frames that the node's decoders have seen."""
        session = self.node._session
        assert session is not None
        names = ("RXM-RAWX", "RXM-SFRBX", "NAV-PVT")
        return sum(state.decoder.counts.by_name.get(name, 0) for state in session.antennas.values() for name in names)

    def close(self) -> None:
        """Shut down in order."""
        self.executor.shutdown()
        self.node.destroy_node()
        self.peer.destroy_node()
        self.context.try_shutdown()
