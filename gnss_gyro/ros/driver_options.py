"""What an antenna driver is told: declared once, read from parameters, turned into what streams and protocols take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.basics.satellites import System
from gnss_gyro.engine.options import Problems, leaves, option, read
from gnss_gyro.protocols.ubx.settings import DynamicModel, Port, ReceiverSettings
from gnss_gyro.ros.parameter_values import as_plain
from gnss_gyro.streams.addresses import Address, FileAddress, SerialAddress, parse_address
from gnss_gyro.streams.playback import Pace
from gnss_gyro.streams.raw_log import LogRules

_MEGA = 1_000_000


class PortChoice(str, Enum):
    """The receiver's own port; auto = USB for ttyACM devices, else UART1."""

    AUTO = "auto"
    UART1 = "UART1"
    UART2 = "UART2"
    USB = "USB"

    def __str__(self) -> str:
        return str(self.value)


@dataclass(frozen=True, slots=True)
class ConfigureOptions:
    """Configuration of the receiver, each time the link opens and when its observations cease."""

    enabled: bool = option(
        "configure the receiver (in its RAM) each time the link opens, and when its observations cease", default=False
    )
    port: PortChoice = option(
        "receiver's own port that we are connected to: UART1, UART2, USB; auto = USB for ttyACM devices, else UART1",
        default=PortChoice.AUTO,
    )
    rate_hz: float = option("epochs per second", unit="Hz", low=0.1, high=50.0, default=10.0)
    outputs: tuple[str, ...] = option(
        "UBX messages besides RXM-RAWX and RXM-SFRBX, such as NAV-PVT; MON-... come once a second", default=("NAV-PVT", "MON-RF")
    )
    systems: tuple[System, ...] = option("letters of the systems to switch on (others off); [] = leave them", default=())
    signals: tuple[str, ...] = option(
        "signals to switch on, such as GPS_L2C, or with a minus sign off; [] = leave as they are; not for M8", default=()
    )
    dynamic_model: DynamicModel = option(
        "keep, portable, stationary, pedestrian, automotive, sea, airborne_1g, airborne_2g or airborne_4g",
        default=DynamicModel.KEEP,
    )
    baud_rate: int = option("speed to change the serial line to; 0 = leave it", unit="bit/s", low=0, high=4_000_000, default=0)
    nmea: bool = option("leave NMEA sentences on", default=False)


@dataclass(frozen=True, slots=True)
class PlaybackOptions:
    """How a file is played."""

    rate: float = option("receiver seconds per second; 0 = as fast as it is read", low=0.0, high=1000.0, default=1.0)
    loop: bool = option("begin again at the end; not with start_gps_s", default=False)
    start_gps_s: float = option(
        "receiver time that is played at start_unix_s, for several files in step; 0 = the file's first epoch", unit="s", low=0.0,
        high=1e10, default=0.0,
    )  # fmt: skip
    start_unix_s: float = option("computer time at which playing begins; 0 = at once", unit="s", low=0.0, high=1e10, default=0.0)
    wait_s: float = option(
        "how long beyond that a fusion node that is not ready yet is waited for; 0 = not at all", unit="s", low=0.0, high=86400.0,
        default=0.0,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class LogOptions:
    """The raw log."""

    folder: str = option("folder for .ubx files of all bytes received; '' = no log", default="")
    max_mb: float = option("size of a file; 0 = no limit", unit="MB", low=0.0, high=1e6, default=500.0)
    max_minutes: float = option("duration of a file; 0 = no limit", unit="min", low=0.0, high=1e6, default=60.0)
    flush_s: float = option("how often the disk is told to keep what it has", unit="s", low=0.05, high=60.0, default=1.0)


@dataclass(frozen=True, slots=True)
class DriverOptions:
    """All that an antenna driver is told."""

    source: str = option("where bytes come from: /dev/..., serial:path, tcp://host:port, udp://:port, file:path.ubx", default="")
    baud_rate: int = option("speed of a serial line", unit="bit/s", low=1200, high=4_000_000, default=460_800)
    frame_id: str = option("frame of the antenna, in the header of fix", default="gnss_antenna")
    publish_rtcm: bool = option("publish RTCM 3 frames on raw as well", default=False)
    publish_fix: bool = option("publish the antenna's own position: NAV-PVT; single points after 5 s without", default=False)
    queue: int = option("frames kept for slow subscribers", low=10, high=10_000, default=1000)
    configure: ConfigureOptions = option("the receiver's configuration", default_factory=ConfigureOptions)
    playback: PlaybackOptions = option("how a file is played", default_factory=PlaybackOptions)
    log: LogOptions = option("raw log", default_factory=LogOptions)

    @property
    def address(self) -> Address:
        """Where bytes come from. Raises ConfigError."""
        return parse_address(self.source)

    @property
    def line_baud_rate(self) -> int | None:
        """Speed of the serial line, where it has one."""
        address = self.address
        return self.baud_rate if isinstance(address, SerialAddress) and not address.is_usb else None

    @property
    def pace(self) -> Pace:
        """How a file is played. Raises ConfigError."""
        played = self.playback
        return Pace(played.rate, played.loop, played.start_gps_s, played.start_unix_s)

    @property
    def wait_s(self) -> float:
        """How long a recording waits for a fusion node; 0 for receivers."""
        return self.playback.wait_s if isinstance(self.address, FileAddress) else 0.0

    @property
    def settings(self) -> ReceiverSettings | None:
        """What the receiver shall be told; None = nothing."""
        wanted = self.configure
        if not wanted.enabled:
            return None
        return ReceiverSettings(
            port=self._port(), rate_hz=wanted.rate_hz, outputs=wanted.outputs, systems=wanted.systems, signals=wanted.signals,
            model=wanted.dynamic_model, baud_rate=wanted.baud_rate or None, nmea=wanted.nmea,
        )  # fmt: skip

    def log_rules(self, name: str) -> LogRules | None:
        """Where and how bytes are kept; None = they are not."""
        log = self.log
        if not log.folder:
            return None
        return LogRules(Path(log.folder).expanduser(), name, int(log.max_mb * _MEGA), log.max_minutes * 60.0, log.flush_s)

    def _port(self) -> Port:
        if self.configure.port is not PortChoice.AUTO:
            return Port(str(self.configure.port))
        address = self.address
        return Port.USB if isinstance(address, SerialAddress) and address.is_usb else Port.UART1


DRIVER_LEAVES = tuple(leaves(DriverOptions))


def driver_options(values: Mapping[str, Any]) -> DriverOptions:
    """Options from values by dotted name; those that are missing keep their default. Raises ConfigError with all problems."""
    nested: dict[str, Any] = {}
    for leaf in DRIVER_LEAVES:
        if leaf.name in values:
            section, _, name = leaf.name.rpartition(".")
            place = nested.setdefault(section, {}) if section else nested
            place[name] = as_plain(leaf, values[leaf.name])
    problems: Problems = []
    options = read(DriverOptions, nested, "", problems)
    if problems or options is None:
        raise ConfigError("\n".join(problems))
    _check(options)
    return options


def _check(options: DriverOptions) -> None:
    """What single values cannot tell."""
    if not options.source:
        raise ConfigError("source: missing (such as /dev/ttyACM0 or tcp://host:port)")
    settings = options.settings
    assert options.address
    assert options.pace
    if settings is not None:
        from gnss_gyro.protocols.ubx.configuration import check_settings  # late: it loads pyubx2

        check_settings(settings)
        if 0 < options.configure.baud_rate < 1200:
            raise ConfigError(f"configure.baud_rate: {options.configure.baud_rate} is below 1200 bit/s")
