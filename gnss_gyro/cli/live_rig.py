"""A rig live in this process: nodes, recorder, and on request simulated receivers in a process beside it."""

from __future__ import annotations

import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.node import Node

from gnss_gyro.cli.bag_recorder import Recorded, Recorder, Rules
from gnss_gyro.cli.console import Screen
from gnss_gyro.config_defaults import example_text
from gnss_gyro.ros.composition import Composition
from gnss_gyro.ros.inputs import feeds_of
from gnss_gyro.ros.outputs import TOPICS
from gnss_gyro.ros.parameters import ANTENNA_NAMES, input_options_from_parameters
from gnss_gyro.ros.rig_nodes import FUSION, DriverRules, read_rig, rig_nodes, with_sources

_SPLIT_S: Final = 300.0
_FLUSH_S: Final = 1.0
_SETTLE_S: Final = 1.0
_LONG_S: Final = 86_400.0
_QUIET_S: Final = 3.0
_BAD: Final = (b"\x01", b"\x02", b"\x03")


@dataclass(frozen=True, slots=True)
class LiveRules:
    """What is run.

    rig             : None = the demo's, only with simulate
    drivers         : what all drivers are told
    parameter_files : of ROS; they overrule the rig
    record          : folder for a bag; None = none
    simulate        : how the simulated vehicle moves; None = real receivers
    rate_hz, seed   : of the simulated receivers
    duration_s      : of the run, or of the simulation that is run; None = until a signal
    """

    rig: Path | None = None
    drivers: DriverRules = DriverRules()
    parameter_files: tuple[Path, ...] = ()
    record: Path | None = None
    simulate: str | None = None
    rate_hz: float = 5.0
    duration_s: float | None = None
    seed: int = 1


@dataclass(slots=True)
class Live:
    """What became of it.

    interrupted : by a signal
    recorded    : nothing where nothing was to be
    """

    interrupted: bool = False
    recorded: Recorded = Recorded({}, {})


def run_live(rules: LiveRules, screen: Screen) -> Live:
    """Run until a signal, the duration or the simulation ends it. Raises ConfigError, DataError."""
    live = Live()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gnss_gyro_up_")))
        rig = rules.rig or _demo_rig(folder)
        config = read_rig(rig)
        if rules.simulate:
            config = with_sources(config, {name: f"serial:{folder / name}" for name in config.names})
        ended = stack.enter_context(_signals())
        receivers = stack.enter_context(_receivers(rules, rig, folder, len(config.names))) if rules.simulate else None
        nodes = Composition(rig_nodes(config, rig, rules.drivers), rules.parameter_files, ended=lambda: bool(ended))
        stack.callback(nodes.close)
        if rules.record:
            stack.enter_context(_recorder(rules.record, nodes, live, screen))
        nodes.add(_Teller(screen, context=nodes.context))
        screen.say("starting; the first time all is compiled, which may take a minute ...")
        nodes.start()
        if not ended:
            screen.say(f"up: {', '.join(nodes.nodes)}; Ctrl-C ends it")
        until_s = time.monotonic() + rules.duration_s if rules.duration_s and not receivers else float("inf")
        _begin(receivers)
        nodes.spin_while(lambda: not ended and time.monotonic() < until_s and not _have_sent_all(receivers))
        live.interrupted, until_s = bool(ended), time.monotonic() + _SETTLE_S
        nodes.spin_while(lambda: not ended and receivers is not None and time.monotonic() < until_s)
        if receivers and receivers.poll():
            screen.warn(f"the simulated receivers ended with exit code {receivers.returncode}")
    return live


class _Teller(Node):
    """Says on the screen whenever something on /diagnostics changes."""

    def __init__(self, screen: Screen, **kwargs: Any) -> None:
        super().__init__("gnss_gyro_up", **kwargs)
        self._screen = screen
        self._told: dict[str, str] = {}
        self._begin_s = float("inf")
        self.create_subscription(DiagnosticArray, "/diagnostics", self._take, 10)

    def _take(self, message: DiagnosticArray) -> None:
        self._begin_s = min(self._begin_s, time.monotonic() + _QUIET_S)
        if time.monotonic() < self._begin_s:
            return  # that nothing was heard yet, nobody needs to be told
        for status in message.status:
            essence = re.sub(r"[-+]?\d[\d.e+-]*", "#", f"{status.level!r} {status.message}")
            if self._told.get(status.name) != essence:
                self._told[status.name] = essence
                (self._screen.warn if status.level in _BAD else self._screen.say)(f"{status.name}: {status.message}")


@contextmanager
def _recorder(folder: Path, nodes: Composition, live: Live, screen: Screen) -> Iterator[None]:
    """A recorder of raw topics and results among the nodes."""
    results = [f"/{topic}" for topic in TOPICS if topic not in ("path", "markers")]
    raw = _raw_topics(nodes.nodes[FUSION])
    rules = Rules(folder, raw, [*results, "/tf", "/tf_static", "/diagnostics"], _SPLIT_S, _FLUSH_S)
    recording = rules.recording()
    try:
        recorder = Recorder(rules, recording, screen, context=nodes.context)
        nodes.add(recorder)
        yield
    finally:
        recording.close()
    live.recorded = Recorded(recorder.counts, recording.lost, recording.problem)


def _raw_topics(fusion: Node) -> dict[str, str]:
    """Types of the topics that the fusion node is to hear, by its parameters. Raises ConfigError."""
    found = {}
    for name in fusion.get_parameter(ANTENNA_NAMES).value or ():
        values = {f"antennas.{name}.{key}": p.value for key, p in fusion.get_parameters_by_prefix(f"antennas.{name}").items()}
        for feed in feeds_of(name, input_options_from_parameters(name, values)):
            package = feed.message_type.__module__.split(".")[0]
            found[fusion.resolve_topic_name(feed.topic)] = f"{package}/msg/{feed.message_type.__name__}"
    return found


@contextmanager
def _receivers(rules: LiveRules, rig: Path, folder: Path, count: int) -> Iterator[subprocess.Popen[bytes]]:
    """Simulated receivers, in a process of their own as receivers are; they are plugged in, and begin when told."""
    command = [sys.executable, "-m", "gnss_gyro.cli.main", "receivers", "--folder", str(folder), "--config", str(rig)]
    command += ["--trajectory", str(rules.simulate), "--rate", str(rules.rate_hz), "--seed", str(rules.seed)]
    command += ["--on-enter", "--delay", str(_SETTLE_S), "--duration", str(rules.duration_s or _LONG_S)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    assert process.stdout is not None
    for _ in range(count):
        process.stdout.readline()  # a port is there
    try:
        yield process
    finally:
        process.terminate()
        process.communicate()


def _have_sent_all(receivers: subprocess.Popen[bytes] | None) -> bool:
    """Whether the receivers have said that they are done, or are gone."""
    if receivers is None or receivers.stdout is None:
        return False
    return bool(select.select([receivers.stdout], [], [], 0.0)[0])


def _begin(receivers: subprocess.Popen[bytes] | None) -> None:
    """Have the receivers send; one that is gone already is noticed elsewhere."""
    if receivers is not None and receivers.stdin is not None:
        with suppress(BrokenPipeError):
            receivers.stdin.write(b"\n")
            receivers.stdin.flush()


@contextmanager
def _signals() -> Iterator[list[int]]:
    """A list that signals to end are put into; Ctrl-C twice changes nothing."""
    ended: list[int] = []
    before = {kind: signal.signal(kind, lambda number, _: ended.append(number)) for kind in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield ended
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


def _demo_rig(folder: Path) -> Path:
    path = folder / "rig.yaml"
    path.write_text(example_text(), encoding="utf-8")
    return path
