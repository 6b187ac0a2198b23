"""Under what a study runs: how thoroughly, from which seed, on which device."""

from __future__ import annotations

import enum
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Level", "Setting"]

T = TypeVar("T")


class Level(enum.Enum):
    """How thoroughly a study measures."""

    QUICK = "quick"
    FULL = "full"


def _unheard(share: float) -> None:
    """Nobody wants to know how far it is."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a study is given.

    Attributes:
        level: a few seconds on one core of a CPU, or as long as it takes to be convincing.
        seed: of every draw.
        device: as PyTorch names it: ``"cpu"``, ``"cuda"``, ``"cuda:1"``.
        progress: to be called now and then with the share that is done, from 0 to 1.
    """

    level: Level = Level.QUICK
    seed: int = 0
    device: str = "cpu"
    progress: Callable[[float], None] = _unheard

    def choose(self, quick: T, full: T) -> T:
        """The one that belongs to the level: a size, a number of steps.

        >>> Setting(Level.FULL).choose(quick=100, full=10_000)
        10000
        """
        return quick if self.level is Level.QUICK else full

    def generator(self, purpose: str) -> np.random.Generator:
        """A generator for one purpose of a study; those of other purposes do not depend on it."""
        # the command line's options name levels, and starting up must stay quick
        import numpy as np

        return np.random.default_rng([self.seed, zlib.crc32(purpose.encode())])
