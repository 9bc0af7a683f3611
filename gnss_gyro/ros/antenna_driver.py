"""The antenna driver: one receiver's frames on a topic, its health on /diagnostics."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any, Final

from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock, ClockType  # type: ignore[attr-defined]  # its place in every distribution
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile
from rclpy.qos_overriding_options import QoSOverridingOptions
from sensor_msgs.msg import NavSatFix
from std_msgs.msg import UInt8MultiArray

from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.protocols.ubx.configuration_events import ConfigurationOutcome, Finished, Report
from gnss_gyro.protocols.ubx.framing import is_ubx
from gnss_gyro.ros.driver_messages import DriverReport, driver_statuses, fix_of_position, raw_of
from gnss_gyro.ros.driver_options import DriverOptions
from gnss_gyro.ros.driver_parameters import DriverParameters
from gnss_gyro.ros.forgetting import ForgettingNode
from gnss_gyro.ros.own_position import OwnPosition
from gnss_gyro.ros.position_thread import PositionThread
from gnss_gyro.ros.readiness import FusionWatch
from gnss_gyro.ros.running import run
from gnss_gyro.ros.stamps import has_stamp
from gnss_gyro.streams.burst_limit import BurstLimit
from gnss_gyro.streams.link_thread import LinkState, LinkThread
from gnss_gyro.streams.links import opener
from gnss_gyro.streams.playback import Pace
from gnss_gyro.streams.raw_log import RawLog
from gnss_gyro.streams.receiver_session import ReceiverSession

_DIAGNOSTICS_S: Final = 1.0
_BURST: Final = 32
"""Frames published at once. Fast DDS holds 512 messages for a process that has not yet looked; of eight drivers' bursts together
what is beyond is lost, and repaired 3 s late."""
_BURST_RATE_HZ: Final = 2000.0
_NOTHING_TOLD: Final = (LinkState.STOPPED, "", "")


class AntennaDriver(ForgettingNode):
    """Lifecycle: configure reads the parameters and makes the topics, activate opens the link.

    The link lives in a thread of its own and publishes from there; no callback of the executor ever waits for a receiver.
    """

    def __init__(self, name: str = "antenna_driver", **kwargs: Any) -> None:
        super().__init__(name, **kwargs)
        self._settings = DriverParameters(self)
        self._options: DriverOptions | None = None
        self._session: ReceiverSession | None = None
        self._watch: FusionWatch | None = None
        self._link: LinkThread | None = None
        self._log: RawLog | None = None
        self._positions: PositionThread | None = None
        self._timer: Any = None
        self._raw: Any = None
        self._fix: Any = None
        self._told = _NOTHING_TOLD
        self._bursts = BurstLimit(_BURST, _BURST_RATE_HZ)
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self.add_on_set_parameters_callback(self._judge)

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Make the topics from the parameters, or refuse these with the reasons."""
        try:
            options = self._settings.read()
            self._settings.refuse_unknown()
        except ConfigError as error:
            self.get_logger().error(f"not configured:\n{error}")
            return TransitionCallbackReturn.FAILURE
        self._options = options
        quality = QoSProfile(depth=options.queue)
        overridable = QoSOverridingOptions.with_default_policies()
        self._raw = self.create_lifecycle_publisher(UInt8MultiArray, "~/raw", quality, qos_overriding_options=overridable)
        if options.publish_fix:
            self._fix = self.create_lifecycle_publisher(NavSatFix, "~/fix", quality, qos_overriding_options=overridable)
        return super().on_configure(state)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Open the link."""
        result, options = super().on_activate(state), self._options
        assert options is not None
        rules = options.log_rules(self.get_name())
        self._log = RawLog(rules) if rules else None
        self._positions = PositionThread(self._publish_fix, self.get_logger().error) if options.publish_fix else None
        self._session = ReceiverSession(self._publish_frame, self._tell, options.settings, options.line_baud_rate, self._log)
        pace = options.pace
        if options.wait_s > 0.0:
            self._watch = FusionWatch(
                self, pace.start_unix_s, options.wait_s, lambda start_s: self._open_link(replace(pace, start_unix_s=start_s))
            )
        else:
            self._open_link(pace)
        self._timer = self.create_timer(_DIAGNOSTICS_S, self._diagnose, clock=Clock(clock_type=ClockType.STEADY_TIME))
        return result

    def _open_link(self, pace: Pace) -> None:
        assert self._options is not None
        assert self._session is not None
        self._link = LinkThread(opener(self._options.address, self._options.baud_rate, pace), self._session)
        self._link.start()

    def destroy_node(self) -> None:
        """End the threads before what they publish with."""
        self.disconnect()
        super().destroy_node()

    def _publish_frame(self, frame: bytes) -> None:
        assert self._options is not None
        if is_ubx(frame) or self._options.publish_rtcm:
            self._bursts.wait()
            self._publish(self._raw, raw_of(frame))
        if self._positions is not None:
            self._positions.take(frame)

    def _publish_fix(self, position: OwnPosition) -> None:
        assert self._options is not None
        if has_stamp(position.time):
            self._publish(self._fix, fix_of_position(position, self._options.frame_id))

    def _publish(self, publisher: Any, message: Any) -> None:
        """From any thread; a signal may have ended ROS a moment ago, while the link still brings bytes to be logged."""
        try:
            publisher.publish(message)
        except Exception:
            if self.context.ok():
                raise

    def _tell(self, event: Report | Finished) -> None:
        log = self.get_logger()
        if isinstance(event, Report):
            log.warning(event.text) if event.problem else log.info(event.text)
        elif event.outcome is ConfigurationOutcome.DONE:
            log.info(f"{event.version} is configured")
        else:
            log.error("\n".join([f"{event.outcome}:", *event.problems]))

    def _diagnose(self) -> None:
        session, link, log, options = self._session, self._link, self._log, self._options
        if session is None or link is None or options is None:
            return
        report = DriverReport(
            options.source, link.state, link.reason, link.connections, session.statistics.snapshot(time.monotonic()),
            session.counts(), options.configure.enabled, session.configuration, *(log.account() if log else ("", "")),
        )  # fmt: skip
        message = DiagnosticArray(status=driver_statuses(self.get_fully_qualified_name().lstrip("/"), report))
        message.header.stamp = self.get_clock().now().to_msg()
        self._diagnostics.publish(message)
        self._log_changes(report)

    def _log_changes(self, report: DriverReport) -> None:
        """Of the link and of what keeps bytes from being kept, once each; attempts in between say nothing new."""
        log, (state, reason, problem) = self.get_logger(), self._told
        if (report.state, report.reason) != (state, reason):
            words = f"{report.source}: {report.state}" + (f": {report.reason}" if report.reason else "")
            log.info(words) if report.state in (LinkState.UP, LinkState.ENDED) else log.error(words)
        if report.log_problem != problem:
            log.error(report.log_problem) if report.log_problem else log.info("the raw log is written again")
        self._told = report.state, report.reason, report.log_problem

    def _judge(self, changed: list[Parameter[Any]]) -> SetParametersResult:
        return self._settings.judge(changed, running=self._options is not None)

    def disconnect(self) -> None:
        """Close the link and the log, in the order in which the bytes flow."""
        if self._timer is not None:
            self.destroy_timer(self._timer)
        for part in (self._watch, self._link, self._positions, self._log):
            if part is not None:
                part.stop()
        self._timer = self._watch = self._link = self._positions = self._log = self._session = None
        self._told = _NOTHING_TOLD

    def forget(self) -> None:
        """Give up topics and options."""
        for publisher in (self._raw, self._fix):
            if publisher is not None:
                self.destroy_lifecycle_publisher(publisher)
        self._raw = self._fix = self._options = None


def main() -> None:
    """Entry point of `ros2 run gnss_gyro antenna_driver`."""
    run(AntennaDriver)
