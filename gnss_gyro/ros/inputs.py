"""Raw messages of the drivers we know, as UBX bytes: one decoding path for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from std_msgs.msg import UInt8MultiArray

from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.protocols.ubx.ublox_dgnss import rawx_frame, sfrbx_frame
from gnss_gyro.ros.options import InputKind, InputOptions


@dataclass(frozen=True, slots=True)
class Feed:
    """One topic of an antenna: its message type and how its messages become UBX bytes."""

    topic: str
    message_type: type[Any]
    ubx_of: Callable[[Any], bytes]


@dataclass(frozen=True, slots=True)
class Listening:
    """A subscription to one topic of an antenna."""

    antenna: str
    feed: Feed
    subscription: Any


def messages_waiting(subscription: Any, most: int) -> Iterator[Any]:
    """Messages that wait in a subscription, taken here rather than one by one by the executor."""
    queue = subscription.handle
    with queue:
        for _ in range(most):
            found = queue.take_message(subscription.msg_type, subscription.raw)
            if found is None:
                return
            yield found[0]


def feeds_of(antenna: str, options: InputOptions) -> list[Feed]:
    """The topics of one antenna, in the node's namespace unless they are named otherwise.

    Raises ConfigError where the foreign message package is not installed.
    """
    topic = options.topic.rstrip("/")
    if options.input is not InputKind.UBLOX_DGNSS:
        return [Feed(topic or f"{antenna}/{options.input}", UInt8MultiArray, ubx_of_bytes)]
    prefix = topic or antenna
    try:
        from ublox_ubx_msgs.msg import UBXRxmRawx, UBXRxmSfrbx
    except ImportError:
        package = "ublox_ubx_msgs, which is not installed (apt install ros-$ROS_DISTRO-ublox-ubx-msgs)"
        raise ConfigError(f"antennas.{antenna}.input: ublox_dgnss needs {package}") from None
    return [
        Feed(f"{prefix}/ubx_rxm_rawx", UBXRxmRawx, rawx_frame),
        Feed(f"{prefix}/ubx_rxm_sfrbx", UBXRxmSfrbx, sfrbx_frame),
    ]


def ubx_of_bytes(message: UInt8MultiArray) -> bytes:
    """Receiver bytes as they are: whole frames (ours) or any piece of the stream (ublox_gps)."""
    return bytes(message.data)
