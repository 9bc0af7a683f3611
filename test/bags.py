"""Bags for tests: simulated receivers, and bags as other drivers and rosbags write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.protocols.ubx.framing import FrameSplitter, unwrapped
from gnss_gyro.protocols.ubx.rawx_layout import MEASUREMENT
from gnss_gyro.simulation.scenario import Scenario, simulate
from gnss_gyro.simulation.writers import ubx_streams

BYTES = "std_msgs/msg/UInt8MultiArray"
DGNSS_TYPES = {
    "ublox_ubx_msgs/msg/RecStat": "bool leap_sec\nbool clk_reset",
    "ublox_ubx_msgs/msg/TrkStat": "bool pr_valid\nbool cp_valid\nbool half_cyc\nbool sub_half_cyc",
    "ublox_ubx_msgs/msg/RawxData": "float64 pr_mes\nfloat64 cp_mes\nfloat32 do_mes\nuint8 gnss_id\nuint8 sv_id\nuint8 sig_id\n"
    "uint8 freq_id\nuint16 locktime\nuint8 c_no\nuint8 pr_stdev\nuint8 cp_stdev\nuint8 do_stdev\nTrkStat trk_stat",
    "ublox_ubx_msgs/msg/UBXRxmRawx": "std_msgs/Header header\nfloat64 rcv_tow\nuint16 week\nint8 leap_s\nuint8 num_meas\n"
    "RecStat rec_stat\nuint8 version\nRawxData[] rawx_data",
    "ublox_ubx_msgs/msg/UBXRxmSfrbx": "std_msgs/Header header\nuint8 gnss_id\nuint8 sv_id\nuint8 sig_id\nuint8 freq_id\n"
    "uint8 num_words\nuint8 chn\nuint8 version\nuint32[] dwrd",
}
"""Message definitions of aussierobots/ublox_dgnss (facts of its .msg files)."""


def simulated(duration_s: float = 20.0, rate_hz: float = 1.0, seed: int = 4) -> dict[str, bytes]:
    """Bytes of two receivers a metre apart."""
    array = AntennaArray(("rear", "front"), np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]), np.full(2, 0.002))
    return ubx_streams(simulate(Scenario(antennas=array, duration_s=duration_s, rate_hz=rate_hz, seed=seed)))


def save(streams: dict[str, bytes], folder: Path) -> dict[str, Path]:
    paths = {name: folder / f"{name}.ubx" for name in streams}
    for name, data in streams.items():
        paths[name].write_bytes(data)
    return paths


def frames_of(data: bytes) -> list[bytes]:
    splitter = FrameSplitter()
    return [*splitter.feed(data).frames, *splitter.flush().frames]


class RosbagsWriter:
    """A bag as rosbags writes it: of bytes and of ublox_dgnss messages."""

    def __init__(self, path: Path, plugin: str, packed: bool = False) -> None:
        rosbag2 = pytest.importorskip("rosbags.rosbag2")
        from rosbags.typesys import Stores, get_types_from_msg, get_typestore

        self.store = get_typestore(Stores.ROS2_HUMBLE)
        for name, text in DGNSS_TYPES.items():
            self.store.register(get_types_from_msg(text, name))
        self.writer = rosbag2.Writer(path, version=8, storage_plugin=rosbag2.StoragePlugin[plugin])
        if packed:
            self.writer.set_compression(rosbag2.CompressionMode.MESSAGE, rosbag2.CompressionFormat.ZSTD)
        self._topics: dict[str, Any] = {}

    def __enter__(self) -> RosbagsWriter:
        self.writer.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.writer.close()

    def put(self, topic: str, kind: str, now_ns: int, message: Any) -> None:
        if topic not in self._topics:
            self._topics[topic] = self.writer.add_connection(topic, kind, typestore=self.store)
        self.writer.write(self._topics[topic], now_ns, bytes(self.store.serialize_cdr(message, kind)))

    def put_bytes(self, topic: str, now_ns: int, data: bytes) -> None:
        types = self.store.types
        dimension = types["std_msgs/msg/MultiArrayDimension"](label="odd", size=len(data), stride=1)
        layout = types["std_msgs/msg/MultiArrayLayout"](dim=[dimension], data_offset=0)
        self.put(topic, BYTES, now_ns, types[BYTES](layout=layout, data=np.frombuffer(data, np.uint8)))

    def put_dgnss(self, space: str, now_ns: int, frame: bytes) -> None:
        """RXM-RAWX and RXM-SFRBX as the driver publishes them; other frames it does not hand on."""
        ubx = unwrapped(frame)
        if (ubx.message_class, ubx.message_id) == (2, 0x15):
            self.put(f"{space}/ubx_rxm_rawx", "ublox_ubx_msgs/msg/UBXRxmRawx", now_ns, self._rawx(ubx.payload))
        elif (ubx.message_class, ubx.message_id) == (2, 0x13):
            self.put(f"{space}/ubx_rxm_sfrbx", "ublox_ubx_msgs/msg/UBXRxmSfrbx", now_ns, self._sfrbx(ubx.payload))

    def _header(self) -> Any:
        types = self.store.types
        return types["std_msgs/msg/Header"](stamp=types["builtin_interfaces/msg/Time"](sec=1, nanosec=2), frame_id="gps")

    def _rawx(self, payload: bytes) -> Any:
        types = {name.rsplit("/", 1)[1]: self.store.types[name] for name in DGNSS_TYPES}
        rows = []
        for row in np.frombuffer(payload, MEASUREMENT, offset=16):
            flags = types["TrkStat"](*(bool(row["status"] >> bit & 1) for bit in range(4)))
            rows.append(types["RawxData"](*(row[name].item() for name in MEASUREMENT.names[:12]), trk_stat=flags))
        tow_s, week = np.frombuffer(payload, "<f8", 1)[0], int.from_bytes(payload[8:10], "little")
        state = types["RecStat"](leap_sec=bool(payload[12] & 1), clk_reset=bool(payload[12] & 2))
        return types["UBXRxmRawx"](self._header(), tow_s, week, payload[10], payload[11], state, payload[13], rows)

    def _sfrbx(self, payload: bytes) -> Any:
        gnss, number, signal, channel, count, chn, version = payload[:7]
        words = np.frombuffer(payload, "<u4", offset=8).astype(np.uint32)
        kind = self.store.types["ublox_ubx_msgs/msg/UBXRxmSfrbx"]
        return kind(self._header(), gnss, number, signal, channel, count, chn, version, words)
