"""ROS 2 under load: simulated receivers on pseudo-terminals, a driver process for each, the fusion node in its own; then all
nodes in one process, as `gnss_gyro up` has them.

python bench/bench_ros.py [--receivers 2 4 8] [--one-process 4] [--seconds 60] [--rate 10] [--json FILE]
"""

# ruff: noqa: E402

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

os.environ.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
os.environ.setdefault("ROS_DOMAIN_ID", "97")
sys.path[:0] = [str(Path(__file__).parents[1])]

import numpy as np
import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.node import Node
from sensor_msgs.msg import Imu, NavSatFix

from gnss_gyro.basics.satellites import System
from gnss_gyro.cli.simulated_ports import SimulatedPorts
from gnss_gyro.engine.config import config_from_dict
from gnss_gyro.engine.config_yaml import config_to_yaml
from gnss_gyro.protocols.ubx.framing import FrameSplitter
from gnss_gyro.ros.rig_nodes import parameters_yaml, rig_nodes, with_sources
from gnss_gyro.ros.stamps import stamp_of
from gnss_gyro.simulation.scenario import Scenario, simulate
from gnss_gyro.simulation.writers import UbxChunk, UbxOptions, ubx_chunks

PROGRAM = "from gnss_gyro.ros.{0} import main; main()"
UP = ("-m", "gnss_gyro.cli.main", "up")
FRAMES = ("RXM-RAWX", "RXM-SFRBX", "NAV-PVT")
READY_S, SETTLE_S, DRAIN_S = 180.0, 3.0, 3.0
TICKS = os.sysconf("SC_CLK_TCK")
PLACES = ((0.5, 0.3), (0.5, -0.3), (-0.5, 0.3), (-0.5, -0.3), (0.5, 0.0), (-0.5, 0.0), (0.0, 0.3), (0.0, -0.3))


@dataclass
class Result:
    """Of one run. Latency: from the last byte of an epoch to the heading in another process; CPU: in percent of one core.

    one_process : fusion stands for all nodes, and there are no drivers beside it
    """

    receivers: int
    rate_hz: float
    epochs: int
    frames_sent: int
    frames_lost: int
    solutions: int
    headings: int
    latency_p50_ms: float
    latency_p99_ms: float
    latency_worst_ms: float
    cpu_fusion: float
    cpu_driver: float
    memory_fusion_mb: float
    memory_driver_mb: float
    load_average: float
    refused_bursts: int
    one_process: bool


class Listener(Node):
    """Hears what the fusion node publishes, and when."""

    def __init__(self) -> None:
        super().__init__("bench")
        self.heading_s: dict[tuple[int, int], float] = {}
        self.fixes = 0
        self.taken: dict[str, int] = {}
        self.create_subscription(Imu, "heading", self._heading, 100)
        self.create_subscription(NavSatFix, "fix", self._fix, 100)
        self.create_subscription(DiagnosticArray, "/diagnostics", self._diagnostics, 100)

    def _heading(self, message: Imu) -> None:
        self.heading_s[key_of(message.header.stamp)] = time.monotonic()

    def _fix(self, _: NavSatFix) -> None:
        self.fixes += 1

    def _diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            if status.name.startswith("fusion: antenna"):
                values = {pair.key: pair.value for pair in status.values}
                self.taken[status.name.rpartition(" ")[2]] = sum(int(values.get(frame, 0)) for frame in FRAMES)


class Process:
    """A process of nodes, with what it took of the computer since `mark`."""

    def __init__(self, *words: str) -> None:
        self._process = subprocess.Popen([sys.executable, *words], stdout=subprocess.DEVNULL)
        self._before = (0.0, 0.0)

    def mark(self) -> None:
        """Measure from here."""
        self._before = (time.monotonic(), self._cpu_s())

    def cpu_percent(self) -> float:
        """Share of one core since the mark [%]."""
        return 100.0 * (self._cpu_s() - self._before[1]) / (time.monotonic() - self._before[0])

    def memory_mb(self) -> float:
        """Resident [MB]."""
        lines = Path(f"/proc/{self._process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024.0

    def end(self) -> None:
        """As Ctrl-C would."""
        self._process.terminate()
        try:
            self._process.wait(15.0)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def _cpu_s(self) -> float:
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS


def key_of(stamp: object) -> tuple[int, int]:
    """A stamp to the hundredth of a second: receivers' clocks are a little off."""
    hundredths = round(stamp.sec * 100 + stamp.nanosec / 1e7)
    return divmod(hundredths, 100)


def chunks_of(places: dict[str, list[float]], seconds: float, rate_hz: float) -> list[UbxChunk]:
    """A tractor's receivers, GPS and Galileo, Japan's sky."""
    config = config_from_dict({"antennas": {name: {"position_m": place} for name, place in places.items()}})
    systems = (System.GPS, System.GALILEO, System.BEIDOU)
    scenario = Scenario(antennas=config.array, duration_s=seconds, rate_hz=rate_hz, systems=systems, seed=1)
    return list(ubx_chunks(simulate(scenario), UbxOptions(nav_pvt=True)))


def measure(receivers: int, seconds: float, rate_hz: float, one_process: bool) -> Result:
    """One run."""
    places = {f"a{i}": [*PLACES[i], 0.0] for i in range(receivers)}
    print(f"{receivers} receivers: simulating", file=sys.stderr)
    chunks = chunks_of(places, seconds, rate_hz)
    sent_s: dict[tuple[int, int], float] = {}
    frames = {name: sum(len(FrameSplitter().feed(c.data).frames) for c in chunks if c.antenna == name) for name in places}
    rclpy.init()
    listener = Listener()
    with tempfile.TemporaryDirectory(prefix="gnss_gyro_bench_") as folder:
        ports = SimulatedPorts(Path(folder), places)
        processes = started(places, ports, Path(folder), one_process)
        try:
            wait_until_up(listener, places)
            for process in processes.values():
                process.mark()
            play = threading.Thread(target=ports.play, args=(chunks,), kwargs={
                "sent": lambda chunk, now_s: sent_s.__setitem__(key_of(stamp_of(chunk.time)), now_s)})  # fmt: skip
            play.start()
            end_s = float("inf")
            while time.monotonic() < end_s:
                rclpy.spin_once(listener, timeout_sec=0.1)
                end_s = min(end_s, time.monotonic() + DRAIN_S) if not play.is_alive() else end_s
            usage = {name: (process.cpu_percent(), process.memory_mb()) for name, process in processes.items()}
        finally:
            for process in processes.values():
                process.end()
            ports.close()
            listener.destroy_node()
            rclpy.try_shutdown()
    return result_of(rate_hz, frames, listener, sent_s, usage, sum(ports.refused.values()))


def started(places: dict[str, list[float]], ports: SimulatedPorts, folder: Path, one_process: bool) -> dict[str, Process]:
    """All processes, by the name of their node."""
    config = config_from_dict({"antennas": {name: {"position_m": place} for name, place in places.items()}})
    rig, parameters = folder / "rig.yaml", folder / "nodes.yaml"
    with_ports = with_sources(config, ports.sources)
    rig.write_text(config_to_yaml(with_ports), encoding="utf-8")
    if one_process:
        return {"fusion": Process(*UP, str(rig))}
    nodes = rig_nodes(with_ports, rig)
    parameters.write_text(parameters_yaml(nodes), encoding="utf-8")
    told = ("--ros-args", "--params-file", str(parameters), "-r")
    return {node.name: Process("-c", PROGRAM.format(node.executable), *told, f"__node:={node.name}") for node in nodes}


def wait_until_up(listener: Listener, places: dict[str, list[float]]) -> None:
    """Until every driver and the fusion node have found each other."""
    end_s = time.monotonic() + READY_S
    topics = [f"/{name}/raw" for name in places]
    while not all(listener.count_publishers(t) and listener.count_subscribers(t) for t in topics) or not listener.taken:
        if time.monotonic() > end_s:
            raise SystemExit("the nodes did not come up")
        rclpy.spin_once(listener, timeout_sec=0.1)
    end_s = time.monotonic() + SETTLE_S
    while time.monotonic() < end_s:
        rclpy.spin_once(listener, timeout_sec=0.1)


def result_of(
    rate_hz: float, frames: dict[str, int], listener: Listener, sent_s: dict, usage: dict, refused: int
) -> Result:  # fmt: skip
    """The figures of a run; `refused` counts bursts that a driver did not take from its port within 2 s."""
    lost = sum(frames.values()) - sum(listener.taken.values())
    if lost:
        print({name: (sent, listener.taken.get(name, 0)) for name, sent in frames.items()}, file=sys.stderr)
    latency_ms = [1e3 * (heard - sent_s[key]) for key, heard in listener.heading_s.items() if key in sent_s] or [float("nan")]
    p50, p99, worst = np.percentile(latency_ms, [50, 99, 100])
    drivers = [usage[name] for name in frames if name in usage]
    cpu, memory = np.mean(drivers, axis=0) if drivers else (0.0, 0.0)
    figures = [p50, p99, worst, usage["fusion"][0], cpu, usage["fusion"][1], memory, os.getloadavg()[0]]
    return Result(len(frames), rate_hz, len(sent_s), sum(frames.values()), lost, listener.fixes, len(listener.heading_s),
                  *(round(float(figure), 1) for figure in figures), refused_bursts=refused, one_process=not drivers)  # fmt: skip


def table(results: list[Result]) -> str:
    """As Markdown."""
    head = ("receivers", "epochs", "frames sent", "frames lost", "solutions", "headings", "latency p50 / p99 / worst [ms]",
            "CPU fusion / each driver [% of a core]", "memory fusion / each driver [MB]")  # fmt: skip
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for r in results:
        cpu, memory = f"{r.cpu_fusion} / {r.cpu_driver}", f"{r.memory_fusion_mb:.0f} / {r.memory_driver_mb:.0f}"
        if r.one_process:
            cpu, memory = f"{r.cpu_fusion} in one process", f"{r.memory_fusion_mb:.0f} in one process"
        latency = f"{r.latency_p50_ms} / {r.latency_p99_ms} / {r.latency_worst_ms}"
        cells = (r.receivers, r.epochs, r.frames_sent, r.frames_lost, r.solutions, r.headings, latency, cpu, memory)
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def main() -> int:
    """Measure and print; 1 if a frame was lost or an epoch had no solution."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--receivers", type=int, nargs="*", default=[2, 4, 8], choices=range(2, 9))
    parser.add_argument("--one-process", type=int, nargs="*", default=[4], choices=range(2, 9), metavar="RECEIVERS")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rate", type=float, default=10.0)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    runs = [(receivers, False) for receivers in args.receivers] + [(receivers, True) for receivers in args.one_process]
    results = [measure(receivers, args.seconds, args.rate, one_process) for receivers, one_process in runs]
    print(table(results))
    if args.json:
        args.json.write_text(json.dumps([asdict(result) for result in results], indent=2) + "\n", encoding="utf-8")
    return int(any(r.frames_lost or r.solutions != r.epochs for r in results))


if __name__ == "__main__":
    sys.exit(main())
