"""How far searches go: less far while epoch after epoch they come to no end."""

from __future__ import annotations

from typing import Final

from gnss_gyro.estimation.integer_search import MAX_NODES
from gnss_gyro.estimation.outcome import Outcome

SHORT_NODES: Final = 3_000
"""Ten times what searches that come to an end usually take."""
_PATIENCE: Final = 3
_AGAIN: Final = 30


class SearchEffort:
    """Searches that find no candidates on their sphere visit all they may: some 300 ms an epoch with a badly wrong length.

    After some such epochs in a row only every thirtieth is searched to the full, so that positions keep their pace.
    """

    def __init__(self) -> None:
        self._endless = 0

    @property
    def max_nodes(self) -> int:
        """Of the next epoch's searches."""
        return MAX_NODES if self._endless < _PATIENCE or self._endless % _AGAIN == 0 else SHORT_NODES

    def saw(self, outcome: Outcome) -> None:
        """How an epoch's first search ended."""
        self._endless = self._endless + 1 if outcome is Outcome.SEARCH_LIMIT else 0
