"""What the fusion node is told besides the engine's configuration."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from gnss_gyro.engine.options import option


class InputKind(str, Enum):
    """Whose driver delivers an antenna's data."""

    RAW = "raw"
    RAW_DATA_STREAM = "raw_data_stream"
    UBLOX_DGNSS = "ublox_dgnss"

    def __str__(self) -> str:
        return str(self.value)


@dataclass(frozen=True, slots=True)
class InputOptions:
    """How one antenna's data come in."""

    input: InputKind = option(
        "raw (our antenna_driver), raw_data_stream (ublox_gps) or ublox_dgnss (ubx_rxm_rawx and ubx_rxm_sfrbx)",
        default=InputKind.RAW,
    )
    topic: str = option(
        "topic, or for ublox_dgnss the namespace of its two topics; '' = NAME/raw and the like in our namespace", default=""
    )


@dataclass(frozen=True, slots=True)
class FusionOptions:
    """Frames, map and what is published."""

    map_frame: str = option("frame of the local east, north, up map", default="map")
    base_frame: str = option("frame of the body", default="base_link")
    datum: tuple[float, float, float] | None = option(
        "origin of the map: latitude [deg], longitude [deg], ellipsoidal height [m]; null or [] = first fix", default=None
    )
    publish_tf: bool = option("broadcast map_frame -> base_frame", default=True)
    path_length: int = option("points kept in path", low=1, high=100_000, default=1000)
    path_step_m: float = option("distance between its points", unit="m", low=0.0, high=1000.0, default=0.2)
    stale_s: float = option(
        "after so long without bytes, observations or solutions this is reported", unit="s", low=0.05, high=3600.0, default=2.0
    )
    survey_file: str = option("where ~/survey_stop writes the surveyed rig YAML; '' = only into its answer", default="")
    queue: int = option("raw messages kept for a busy node, by topic", low=10, high=100_000, default=1000)
    warm_up: bool = option("compile before the first epoch instead of in it", default=True)
