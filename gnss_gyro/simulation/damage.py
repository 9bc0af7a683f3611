"""What happens to bytes between a receiver and its reader: for tests of everything that reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """Shares of bits or of pieces; 0 = never.

    flipped   : of all bits
    lost      : of pieces
    truncated : of pieces that lose their end
    repeated  : of pieces that come twice
    swapped   : of pieces that change places with the next
    """

    flipped: float = 0.0
    lost: float = 0.0
    truncated: float = 0.0
    repeated: float = 0.0
    swapped: float = 0.0


def damaged(pieces: Iterable[bytes], damage: Damage, rng: np.random.Generator) -> Iterator[bytes]:
    """The pieces (frames, or a receiver's chunks) after the damage."""
    held: bytes | None = None
    for piece in pieces:
        if rng.random() < damage.lost:
            continue
        spoilt = _flipped(_truncated(piece, damage.truncated, rng), damage.flipped, rng)
        if held is None and rng.random() < damage.swapped:
            held = spoilt
            continue
        yield spoilt
        if rng.random() < damage.repeated:
            yield spoilt
        if held is not None:
            yield held
            held = None
    if held is not None:
        yield held


def _truncated(piece: bytes, share: float, rng: np.random.Generator) -> bytes:
    return piece[: int(rng.integers(0, len(piece)))] if piece and rng.random() < share else piece


def _flipped(piece: bytes, share: float, rng: np.random.Generator) -> bytes:
    if share == 0.0:
        return piece
    mask = np.packbits(rng.random(8 * len(piece)) < share)
    return (np.frombuffer(piece, np.uint8) ^ mask).tobytes()
