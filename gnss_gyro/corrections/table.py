"""All correction services by the name that configurations use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from gnss_gyro.corrections.fixed import Fixed
from gnss_gyro.corrections.sbas import Sbas
from gnss_gyro.corrections.source import CorrectionSource

SOURCES: Final[dict[str, Callable[[], CorrectionSource]]] = {
    "fixed": Fixed,
    "sbas": Sbas,
}
