"""A u-blox receiver for tests, sans-I/O: answers MON-VER and CFG-... as one of generation 8 or 9 does, or misbehaves."""

from __future__ import annotations

from dataclasses import dataclass, field

from pyubx2 import UBX_CONFIG_DATABASE

from gnss_gyro.protocols.ubx.framing import UbxFrame, UbxFramer, encode_frame

KEY = {name: int(value[0]) for name, value in UBX_CONFIG_DATABASE.items()}
SIZE = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8}


def mon_ver(*extensions: str, software: str = "EXT CORE 1.00", hardware: str = "00190000") -> bytes:
    fields = [software.encode().ljust(30, b"\0"), hardware.encode().ljust(10, b"\0")]
    return encode_frame(0x0A, 0x04, b"".join([*fields, *(text.encode().ljust(30, b"\0") for text in extensions)]))


F9P = mon_ver("ROM BASE 0x118B2060", "FWVER=HPG 1.32", "PROTVER=27.31", "MOD=ZED-F9P")
M8T = mon_ver("FWVER=TIM 1.10", "PROTVER=22.00", "MOD=NEO-M8T-0", hardware="00080000")


def factory_keys() -> dict[int, int]:
    keys = {number: 0 for name, number in KEY.items() if name.startswith("CFG_MSGOUT_UBX")}
    keys |= {KEY[f"CFG_SIGNAL_{system}_ENA"]: 1 for system in ("GPS", "GLO", "GAL", "BDS", "QZSS", "SBAS")}
    keys |= {KEY["CFG_SIGNAL_GPS_L2C_ENA"]: 1, KEY["CFG_RATE_MEAS"]: 1000, KEY["CFG_RATE_NAV"]: 1}
    keys |= {KEY["CFG_NAVSPG_DYNMODEL"]: 0, KEY["CFG_UART1_BAUDRATE"]: 38_400, KEY["CFG_UART1OUTPROT_NMEA"]: 1}
    return keys | {KEY["CFG_USBOUTPROT_NMEA"]: 1}


@dataclass
class UbxReceiver:
    """Bytes in -> bytes out.

    identity : frame of MON-VER; empty = never answers anything
    refuses  : key numbers, or (class, id) of legacy messages, that are answered with ACK-NAK
    deaf     : acknowledges changes and does not make them
    commands : every changing command that was accepted
    """

    identity: bytes = F9P
    refuses: set = field(default_factory=set)
    deaf: bool = False
    drop_first: int = 0
    keys: dict[int, int] = field(default_factory=factory_keys)
    commands: list[UbxFrame] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._framer = UbxFramer()
        self.baud_rate = 38_400 if self.identity != M8T else 9_600
        self.rates: dict[bytes, list[int]] = {}
        self.rate = (1000).to_bytes(2, "little") + b"\x01\x00\x01\x00"
        self.nav5 = bytearray(36)
        self.gnss = bytes([0, 32, 32, 4]) + b"".join(
            bytes([gnss, 4, 16, 0, on, 0, 1, 1]) for gnss, on in ((0, 1), (2, 0), (3, 0), (6, 1))
        )

    def feed(self, data: bytes) -> bytes:
        if not self.identity:
            return b""
        return b"".join(self._answer(frame) for frame in self._framer.feed(data))

    def _answer(self, frame: UbxFrame) -> bytes:
        if self.drop_first > 0:
            self.drop_first -= 1
            return b""
        message = (frame.message_class, frame.message_id)
        if message == (0x0A, 0x04):
            return self.identity
        if message == (0x06, 0x04):
            self.commands.append(frame)
            return b""
        if message[0] != 6:
            return b""
        reply = self._keys(frame) if frame.message_id in (0x8A, 0x8B) else self._legacy(frame)
        return encode_frame(5, 0, bytes(message)) if reply is None else reply + encode_frame(5, 1, bytes(message))

    def _keys(self, frame: UbxFrame) -> bytes | None:
        """Answer before the ACK; None for a NAK."""
        if self.identity == M8T:
            return None
        body = frame.payload[4:]
        if frame.message_id == 0x8B:
            numbers = [int.from_bytes(body[at : at + 4], "little") for at in range(0, len(body), 4)]
            if any(n not in self.keys for n in numbers):
                return None
            values = (n.to_bytes(4, "little") + self.keys[n].to_bytes(SIZE[n >> 28 & 7], "little") for n in numbers)
            return encode_frame(6, 0x8B, b"\x01\x00\x00\x00" + b"".join(values))
        wanted, at = {}, 0
        while at < len(body):
            number = int.from_bytes(body[at : at + 4], "little")
            size = SIZE[number >> 28 & 7]
            wanted[number] = int.from_bytes(body[at + 4 : at + 4 + size], "little")
            at += 4 + size
        if self.refuses & set(wanted) or not set(wanted) <= set(self.keys):
            return None
        self._obey(frame)
        if not self.deaf:
            self.keys |= wanted
            self.baud_rate = self.keys[KEY["CFG_UART1_BAUDRATE"]]
        return b""

    def _legacy(self, frame: UbxFrame) -> bytes | None:
        message, payload = (frame.message_class, frame.message_id), frame.payload
        if self.identity != M8T or message in self.refuses:
            return None
        asked = len(payload) <= (2 if message == (6, 1) else 1 if message == (6, 0) else 0)
        if not asked:
            self._obey(frame)
        if message == (6, 0x01):
            rates = self.rates.setdefault(payload[:2], [0] * 6)
            if not asked:
                rates[:] = payload[2:8]
            return encode_frame(6, 1, payload[:2] + bytes(rates)) if asked else b""
        if message == (6, 0x00):
            if not asked:
                self.baud_rate, self.protocols = int.from_bytes(payload[8:12], "little"), payload[14]
            state = bytes([1, 0, 0, 0, 0xD0, 8, 0, 0]) + self.baud_rate.to_bytes(4, "little") + bytes([7, 0, self.protocols, 0])
            return encode_frame(6, 0, state + bytes(4)) if asked else b""
        if message == (6, 0x08):
            self.rate = self.rate if asked else payload
            return encode_frame(6, 8, self.rate) if asked else b""
        if message == (6, 0x24):
            if not asked:
                self.nav5[2] = payload[2]
            return encode_frame(6, 0x24, bytes(self.nav5)) if asked else b""
        if message == (6, 0x3E):
            self.gnss = self.gnss if asked else payload
            return encode_frame(6, 0x3E, self.gnss) if asked else b""
        return None

    protocols: int = 3

    def _obey(self, frame: UbxFrame) -> None:
        self.commands.append(frame)
