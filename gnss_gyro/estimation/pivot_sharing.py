"""May GPS, Galileo and QZSS share one pivot? Only as long as the observations bear it out.

Receivers of one make have the same bias between systems, which cancels (Odijk and Teunissen 2013, "Characterization of
between-receiver GPS-Galileo inter-system biases"). Firmware may differ, or the make be told wrongly: then codes that do not
agree across systems, or integers that can be fixed only system by system, give it away.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gnss_gyro.estimation.acceptance import is_likely

_STRIKES: Final = 2
_CODE_PROBABILITY: Final = 1e-6


class PivotSharing:
    """Shares pivots where the caller wishes it, until the observations have spoken against it."""

    def __init__(self) -> None:
        self._strikes = 0

    @property
    def allowed(self) -> bool:
        """Has nothing spoken against sharing?"""
        return self._strikes < _STRIKES

    def applied(self, wanted: Mapping[str, bool]) -> dict[str, bool]:
        """The caller's wish by antenna name, as far as it is allowed."""
        return {name: wish and self.allowed for name, wish in wanted.items()}

    def saw_codes(self, shared: tuple[float, int], separate: tuple[float, int]) -> None:
        """Chi-square and degrees of freedom of an epoch's codes with shared and with separate pivots."""
        excess, more = shared[0] - separate[0], shared[1] - separate[1]
        noise = max(separate[0] / separate[1], 1.0) if separate[1] else 1.0
        if more > 0 and not is_likely(excess / noise, more, _CODE_PROBABILITY):
            self._strikes += 1

    def saw_separate_fix(self) -> None:
        """An epoch was fixed with separate pivots after shared ones had failed."""
        self._strikes += 1
