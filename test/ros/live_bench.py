"""The whole chain under test: simulated receivers on pseudo-terminals, real drivers, a fusion node, and faults on the way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from fusion_bench import CALM, DONE, FusionBench, rig_parameters, still

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.satellites import System
from gnss_gyro.engine.config import AlignmentConfig
from gnss_gyro.protocols.ubx.framing import FrameSplitter
from gnss_gyro.ros.antenna_driver import AntennaDriver
from gnss_gyro.ros.stamps import stamp_of
from gnss_gyro.simulation.scenario import Scenario, Simulation, simulate
from gnss_gyro.simulation.writers import UbxChunk, UbxOptions, ubx_chunks
from gnss_gyro.streams.pseudo_terminal import PseudoTerminal

RATE_HZ = 5.0
WAIT_S = AlignmentConfig().wait_s
Rig = Mapping[str, tuple[float, float, float]]


def chunks_of(rig: Rig, seconds: float, options: UbxOptions | None = None, **changes: Any) -> list[UbxChunk]:
    """What the receivers of a body at rest, heading 1 rad, send at 5 Hz."""
    array = AntennaArray.from_positions(rig, 0.002)
    given = {"errors": CALM, "seed": 5, "rate_hz": RATE_HZ, "duration_s": seconds, "systems": (System.GPS, System.GALILEO)}
    scenario = Scenario(antennas=array, **{**given, **changes})
    return list(ubx_chunks(Simulation(scenario, still(1.0), simulate(scenario).constellation), options))


@dataclass
class Faults:
    """What goes wrong, in seconds of receiver time since the first epoch.

    unplugged, garbage : (from, to) by antenna
    late_s             : by antenna, in seconds of this computer
    """

    unplugged: dict[str, tuple[float, float]] = field(default_factory=dict)
    garbage: dict[str, tuple[float, float]] = field(default_factory=dict)
    late_s: dict[str, float] = field(default_factory=dict)


class Receivers:
    """Sends chunks at a pace from a thread of its own, with faults; what a full line does not take is lost, as on a UART.

    sent   : UBX frames that left, by antenna
    last_s : receiver time of the last epoch since the first
    speed  : receiver seconds in a second of this computer
    """

    def __init__(self, folder: Path, chunks: list[UbxChunk], speed: float = 2.0, faults: Faults | None = None) -> None:
        self._faults = faults or Faults()
        self.start, self.last_s = chunks[0].time, chunks[-1].time - chunks[0].time
        self.speed, self._folder = speed, folder
        self._ports = {name: PseudoTerminal(folder / name) for name in dict.fromkeys(chunk.antenna for chunk in chunks)}
        self.sent: dict[str, list[bytes]] = {name: [] for name in self._ports}
        self._noise = np.random.default_rng(8)
        self._now_s = -1.0
        self._begun = threading.Event()
        self._ended = threading.Event()
        order = sorted(chunks, key=lambda chunk: self._due_s(chunk))
        self._thread = threading.Thread(target=self._run, args=(order,), daemon=True)
        self._thread.start()

    @property
    def sources(self) -> dict[str, str]:
        return {name: f"serial:{self._folder / name}" for name in self._ports}

    @property
    def now_s(self) -> float:
        """Receiver time since the first epoch; infinite after the last."""
        return self._now_s

    def begin(self) -> None:
        self._begun.set()

    def close(self) -> None:
        self._ended.set()
        self._begun.set()
        self._thread.join()
        for port in self._ports.values():
            port.close()

    def _due_s(self, chunk: UbxChunk) -> float:
        return (chunk.time - self.start) / self.speed + self._faults.late_s.get(chunk.antenna, 0.0)

    def _run(self, order: list[UbxChunk]) -> None:
        self._begun.wait()
        begun_s = time.monotonic()
        for chunk in order:
            if self._ended.wait(max(0.0, begun_s + self._due_s(chunk) - time.monotonic())):
                return
            self._now_s = chunk.time - self.start
            self._send(chunk)
        self._now_s = float("inf")

    def _send(self, chunk: UbxChunk) -> None:
        name, port = chunk.antenna, self._ports[chunk.antenna]
        if self._within(self._faults.unplugged, name):
            port.close()
            return
        if not (self._folder / name).is_symlink():
            port = self._ports[name] = PseudoTerminal(self._folder / name)
        if self._within(self._faults.garbage, name):
            port.write(self._noise.bytes(len(chunk.data)), 0.1)
        elif port.write(chunk.data, 0.1) == len(chunk.data):
            self.sent[name] += FrameSplitter().feed(chunk.data).frames

    def _within(self, spans: Mapping[str, tuple[float, float]], name: str) -> bool:
        begin, end = spans.get(name, (np.inf, np.inf))
        return begin - 1e-3 <= self._now_s < end - 1e-3


class LiveBench:
    """Drivers and fusion in this process; drivers named in `elsewhere` are processes of the test's own.

    fusion : its node and all it published
    """

    def __init__(self, ros: Any, rig: Rig, receivers: Receivers, elsewhere: tuple[str, ...] = ()) -> None:
        self.ros, self.receivers, self._rig = ros, receivers, rig
        self.fusion = FusionBench(ros, **self._parameters(warm_up=True)).start()
        self.drivers = {
            name: ros.add(AntennaDriver(name, **ros.kwargs(source=source)))
            for name, source in receivers.sources.items()
            if name not in elsewhere
        }
        for driver in self.drivers.values():
            assert driver.trigger_configure() == DONE
            assert driver.trigger_activate() == DONE
        assert ros.spin_until(lambda: all(d._link.connections and d._raw.get_subscription_count() for d in self.drivers.values()))

    def run(self, until: Callable[[], object] | None = None, seconds: float = 120.0) -> float:
        """Have the receivers send (on) until something holds, by default until all was sent and published; returns when."""
        self.receivers.begin()
        assert self.ros.spin_until(until or self._all_was_said, seconds)
        if until is None:
            self.ros.spin(0.5)
        return self.receivers.now_s

    def _all_was_said(self) -> bool:
        said = self.seconds("fix")
        return bool(np.isinf(self.receivers.now_s) and said.size and said[-1] >= self.receivers.last_s - 1e-2)

    def restart_fusion(self) -> None:
        """The fusion node is gone, and a new one comes."""
        self.ros.remove(self.fusion.node)
        self.ros.remove(self.fusion.peer)
        self.fusion = FusionBench(self.ros, **self._parameters()).start()

    def _parameters(self, **others: Any) -> dict[str, Any]:
        """An antenna is waited for as long as on a robot, in seconds of this computer."""
        return rig_parameters(self._rig, alignment__wait_s=WAIT_S * self.receivers.speed, **others)

    def seconds(self, topic: str) -> np.ndarray:
        """Times (n,) of the messages of a topic, since the first epoch [s], to a hundredth."""
        zero = _seconds(stamp_of(self.receivers.start))
        found = [_seconds(message.header.stamp) - zero for message in self.fusion.heard[topic]]
        return np.round(found, 2)


def epochs_between(begin_s: float, end_s: float) -> np.ndarray:
    """Nominal epochs from begin (included) to end [s]."""
    return np.round(np.arange(np.ceil(begin_s * RATE_HZ - 1e-6), np.ceil(end_s * RATE_HZ - 1e-6)) / RATE_HZ, 2)


@contextmanager
def live(ros: Any, folder: Path, rig: Rig, chunks: list[UbxChunk], **how: Any) -> Iterator[LiveBench]:
    """The chain, up and waiting for its receivers to begin."""
    elsewhere = how.pop("elsewhere", ())
    receivers = Receivers(folder, chunks, **how)
    try:
        yield LiveBench(ros, rig, receivers, elsewhere)
    finally:
        receivers.close()


def _seconds(stamp: Any) -> float:
    return float(stamp.sec - 1_700_000_000) + stamp.nanosec * 1e-9


