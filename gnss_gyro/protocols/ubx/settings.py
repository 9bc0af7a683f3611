"""What a receiver shall do, in words that do not depend on its generation."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from gnss_gyro.basics.satellites import System


class Port(str, Enum):
    """The receiver's own port that we are connected to, as its manual calls it."""

    UART1 = "UART1"
    UART2 = "UART2"
    USB = "USB"

    def __str__(self) -> str:
        return self.value


PORT_NUMBER: Final = {Port.UART1: 1, Port.UART2: 2, Port.USB: 3}
"""portID, also the place of the port in the rates of CFG-MSG (M8, 32.10.19)."""


class DynamicModel(str, Enum):
    """The motion that the receiver's own filter expects."""

    KEEP = "keep"
    PORTABLE = "portable"
    STATIONARY = "stationary"
    PEDESTRIAN = "pedestrian"
    AUTOMOTIVE = "automotive"
    SEA = "sea"
    AIRBORNE_1G = "airborne_1g"
    AIRBORNE_2G = "airborne_2g"
    AIRBORNE_4G = "airborne_4g"

    def __str__(self) -> str:
        return self.value


MODEL_NUMBER: Final = {
    DynamicModel.PORTABLE: 0, DynamicModel.STATIONARY: 2, DynamicModel.PEDESTRIAN: 3, DynamicModel.AUTOMOTIVE: 4,
    DynamicModel.SEA: 5, DynamicModel.AIRBORNE_1G: 6, DynamicModel.AIRBORNE_2G: 7, DynamicModel.AIRBORNE_4G: 8,
}  # fmt: skip
"""dynModel of CFG-NAV5 and CFG-NAVSPG-DYNMODEL (M8, 32.10.20.1)."""

RAW_OUTPUTS: Final = ("RXM-RAWX", "RXM-SFRBX")


@dataclass(frozen=True, slots=True)
class ReceiverSettings:
    """All that is configured; what is None or empty stays as the receiver has it.

    rate_hz   : epochs per second
    outputs   : names of UBX messages sent at every epoch, or once a second for MON-..., on top of RAW_OUTPUTS
    systems   : these are switched on and all others off
    signals   : such as 'GPS_L2C' to switch on, '-GPS_L2C' to switch off (generation 9 and later)
    baud_rate : of the UART, [bit/s]
    nmea      : leave NMEA sentences on?
    """

    port: Port = Port.UART1
    rate_hz: float = 10.0
    outputs: tuple[str, ...] = ()
    systems: tuple[System, ...] = ()
    signals: tuple[str, ...] = ()
    model: DynamicModel = DynamicModel.KEEP
    baud_rate: int | None = None
    nmea: bool = False

    @property
    def interval_ms(self) -> int:
        """Time between epochs [ms]."""
        return round(1000.0 / self.rate_hz)

    @property
    def output_rates(self) -> dict[str, int]:
        """Epochs per message, by its name."""
        once_a_second = min(max(round(self.rate_hz), 1), 255)
        names = dict.fromkeys((*RAW_OUTPUTS, *self.outputs))
        return {name: once_a_second if name.startswith("MON-") else 1 for name in names}
