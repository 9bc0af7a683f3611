"""The fusion node: raw messages of 2 to 8 antennas in, validated attitude and position out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock, ClockType  # type: ignore[attr-defined]  # its place in every distribution
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile
from rclpy.qos_overriding_options import QoSOverridingOptions

from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.engine.config import EngineConfig
from gnss_gyro.engine.solution import Solution
from gnss_gyro.ros.declaring import Settings
from gnss_gyro.ros.diagnostics import Fault, FusionReport, compiling_status, statuses_of
from gnss_gyro.ros.forgetting import ForgettingNode
from gnss_gyro.ros.inputs import Feed, Listening, feeds_of, messages_waiting
from gnss_gyro.ros.options import FusionOptions
from gnss_gyro.ros.outputs import Outputs
from gnss_gyro.ros.publishers import PublisherWatch, publishers_of
from gnss_gyro.ros.readiness import Readiness
from gnss_gyro.ros.running import run
from gnss_gyro.ros.services import offer_services
from gnss_gyro.ros.session import TICK_S, Session
from gnss_gyro.ros.stamps import has_stamp
from gnss_gyro.ros.warming import warm_up

_DIAGNOSTICS_S = 1.0


class FusionNode(ForgettingNode):
    """Lifecycle: configure reads the parameters and builds the engine, activate listens and publishes.

    ended : whether compiling shall be given up, besides at the end of ROS
    """

    def __init__(self, ended: Callable[[], bool] = lambda: False, **kwargs: Any) -> None:
        super().__init__("fusion", **kwargs)
        self._ended = ended
        self._steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._settings = Settings(self)
        self._options = FusionOptions()
        self._session: Session | None = None
        self._outputs: Outputs | None = None
        self._feeds: list[tuple[str, Feed]] = []
        self._listening: list[Listening] = []
        self._timers_active: list[Any] = []
        self._last: Solution | None = None
        self._solved_s = float("nan")
        self._publishers_seen = PublisherWatch()
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self._readiness = Readiness(self)
        offer_services(self, lambda: (self._session, self._options.survey_file))
        self.add_on_set_parameters_callback(self._judge)

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Build the engine from the parameters, or refuse them with the reasons."""
        try:
            self._settings.reread()
            config, self._options, inputs = self._settings.read()
            self._settings.refuse_unknown()
            self._session = Session(config)
            self._feeds = [(name, feed) for name in config.names for feed in feeds_of(name, inputs[name])]
        except ConfigError as error:
            self._session = None
            self.get_logger().error(f"not configured:\n{error}")
            return TransitionCallbackReturn.FAILURE
        if self._options.warm_up:
            self._warm_up(config)
            if self._is_ended():
                self._session = None
                return TransitionCallbackReturn.FAILURE
        self._outputs = Outputs(self, config, self._options)
        return super().on_configure(state)

    def _warm_up(self, config: EngineConfig) -> None:
        """Compile, and say so: with an empty cache this takes a minute, in which nothing else is heard of the node."""
        began_s = self._now_s()
        self._say_compiling()
        for looks, _ in enumerate(warm_up(config, self._is_ended, self.get_logger().warning)):
            if looks == 0:
                self.get_logger().info("compiling what numba's cache does not hold yet (`gnss_gyro warmup` fills it beforehand)")
            self._say_compiling()
        if not self._is_ended():
            self.get_logger().info(f"ready after {self._now_s() - began_s:.1f} s")

    def _is_ended(self) -> bool:
        return self._ended() or not self.context.ok()

    def _say_compiling(self) -> None:
        self._say([compiling_status(f"{self._title}: attitude")])

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Listen to the antennas."""
        result = super().on_activate(state)
        if self._outputs is not None:
            self._outputs.introduce()
        self._listening = [self._listen(antenna, feed) for antenna, feed in self._feeds]
        self._readiness.tell()
        self._timers_active = [
            self.create_timer(TICK_S, self._tick, clock=self._steady),
            self.create_timer(_DIAGNOSTICS_S, self._diagnose, clock=self._steady),
        ]
        return result

    def _listen(self, antenna: str, feed: Feed) -> Listening:
        overridable = QoSOverridingOptions.with_default_policies()
        quality = QoSProfile(depth=self._options.queue)

        def take(message: Any) -> None:
            self._take(antenna, feed.ubx_of(message))

        subscription = self.create_subscription(feed.message_type, feed.topic, take, quality, qos_overriding_options=overridable)
        return Listening(antenna, feed, subscription)

    def _take(self, antenna: str, data: bytes) -> None:
        """Bytes of an antenna, and all that waits with them on any topic: where much waits, no antenna is to look late for it."""
        if self._session is None:
            return
        heard = {antenna: [data]}
        for each in self._listening:
            waiting = messages_waiting(each.subscription, self._options.queue)
            heard.setdefault(each.antenna, []).extend(map(each.feed.ubx_of, waiting))
        together = {name: b"".join(pieces) for name, pieces in heard.items() if pieces}
        self._publish(self._session.take(together, self._now_s()))

    def _tick(self) -> None:
        if self._session is not None:
            self._publish(self._session.tick())

    def _publish(self, solutions: Iterable[Solution]) -> None:
        for solution in solutions:
            self._last, self._solved_s = solution, self._now_s()
            if self._outputs is not None and has_stamp(solution.time):
                self._outputs.publish(solution)

    def _diagnose(self) -> None:
        if self._session is None or self._outputs is None:
            return
        report = FusionReport(
            session=self._session, last=self._last, solved_s=self._solved_s, now_s=self._now_s(), stale_s=self._options.stale_s,
            misplaced=self._outputs.misplaced, rivals=self._rivals(),
        )  # fmt: skip
        self._say(statuses_of(self._title, report))

    def _rivals(self) -> dict[str, list[Fault]]:
        found: dict[str, list[Fault]] = {}
        for each in self._listening:
            topic = self.resolve_topic_name(each.feed.topic)
            faults = self._publishers_seen.look(topic, publishers_of(self, topic), self._now_s())
            found.setdefault(each.antenna, []).extend(faults)
        return found

    def _say(self, statuses: list[DiagnosticStatus]) -> None:
        message = DiagnosticArray(status=statuses)
        message.header.stamp = self.get_clock().now().to_msg()
        self._diagnostics.publish(message)

    @property
    def _title(self) -> str:
        return self.get_fully_qualified_name().lstrip("/")

    def _judge(self, changed: list[Parameter[Any]]) -> SetParametersResult:
        return self._settings.judge(changed, running=self._session is not None)

    def _now_s(self) -> float:
        return self._steady.now().nanoseconds * 1e-9

    def disconnect(self) -> None:
        """Stop listening; the engine keeps what it knows."""
        for listening in self._listening:
            self.destroy_subscription(listening.subscription)
        for timer in self._timers_active:
            self.destroy_timer(timer)
        self._listening, self._timers_active = [], []
        self._publishers_seen = PublisherWatch()

    def forget(self) -> None:
        """Give up engine and outputs."""
        if self._outputs is not None:
            self._outputs.close()
        self._session = self._outputs = self._last = None


def main() -> None:
    """Entry point of `ros2 run gnss_gyro fusion`."""
    run(FusionNode)
