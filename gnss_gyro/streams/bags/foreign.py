"""Messages of other drivers' own types, decoded by rosbags with the definitions in the bag, as UBX frames."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from gnss_gyro.basics.errors import DataError, DecodeError
from gnss_gyro.protocols.ubx.ublox_dgnss import rawx_frame, sfrbx_frame
from gnss_gyro.streams.bags.reading import NEEDS_ROSBAGS, Topic

RAWX_TYPE: Final = "ublox_ubx_msgs/msg/UBXRxmRawx"
SFRBX_TYPE: Final = "ublox_ubx_msgs/msg/UBXRxmSfrbx"
FRAMES: Final[dict[str, Callable[[Any], bytes]]] = {RAWX_TYPE: rawx_frame, SFRBX_TYPE: sfrbx_frame}
_FIELDS: Final = {
    RAWX_TYPE: "std_msgs/Header header, float64 rcv_tow, uint16 week, int8 leap_s, uint8 num_meas, RecStat rec_stat, "
    "uint8 version, RawxData[] rawx_data",
    SFRBX_TYPE: "std_msgs/Header header, uint8 gnss_id, uint8 sv_id, uint8 sig_id, uint8 freq_id, uint8 num_words, uint8 chn, "
    "uint8 version, uint32[] dwrd",
    "ublox_ubx_msgs/msg/RecStat": "bool leap_sec, bool clk_reset",
    "ublox_ubx_msgs/msg/TrkStat": "bool pr_valid, bool cp_valid, bool half_cyc, bool sub_half_cyc",
    "ublox_ubx_msgs/msg/RawxData": "float64 pr_mes, float64 cp_mes, float32 do_mes, uint8 gnss_id, uint8 sv_id, uint8 sig_id, "
    "uint8 freq_id, uint16 locktime, uint8 c_no, uint8 pr_stdev, uint8 cp_stdev, uint8 do_stdev, TrkStat trk_stat",
}
"""Fields of the driver's messages (github.com/aussierobots/ublox_dgnss, ublox_ubx_msgs), for bags that hold no definitions."""


def frame_maker(topic: Topic) -> Callable[[bytes], bytes]:
    """What turns a message of this topic into a UBX frame. It raises DecodeError; this function DataError without rosbags."""
    store, make = _store(topic), FRAMES[topic.type]

    def frame(message: bytes) -> bytes:
        try:
            return make(store.deserialize_cdr(message, topic.type))
        except Exception as error:  # whatever a damaged message makes of the decoder
            raise DecodeError(f"{topic.type} of {len(message)} bytes cannot be read: {error}") from error

    return frame


def _store(topic: Topic) -> Any:
    """Type store that knows the topic's type. Raises DataError."""
    try:
        from rosbags.typesys import Stores, get_types_from_idl, get_types_from_msg, get_typestore
    except ImportError:
        raise DataError(f"messages {topic.type} are read with rosbags: {NEEDS_ROSBAGS}") from None
    store = get_typestore(Stores.ROS2_HUMBLE)
    try:
        if topic.definition:
            is_idl = topic.encoding == "ros2idl"
            types = get_types_from_idl(topic.definition) if is_idl else get_types_from_msg(topic.definition, topic.type)
            store.register({name: fields for name, fields in types.items() if name not in store.types})
        else:
            for name, fields in _FIELDS.items():
                store.register(get_types_from_msg("\n".join(fields.split(", ")), name))
    except Exception as error:  # the parsers' own errors
        raise DataError(f"the definition of {topic.type} in the bag cannot be read: {error}") from error
    return store
