"""What an experiment returns: measured numbers beside what was predicted, and series to plot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from language.claims import Verdict

__all__ = ["Experiment", "Measurement", "Observation"]


@dataclass(frozen=True, slots=True)
class Measurement:
    """One number that was measured, and the prediction it is compared with.

    Attributes:
        name: what it is called within its experiment.
        words: what was measured, in a short phrase.
        predicted: the value of the derived closed form.
        estimate: the measured value.
        lower: lower end of the interval around the estimate.
        upper: upper end.
        samples: draws, or steps, that went into it.
        seed: the seed of the generator; None where nothing was drawn.
        verdict: how the comparison came out, alpha and epsilon included.
        standard_error: of the estimate; None where nothing was drawn.
    """

    name: str
    words: str
    predicted: float
    estimate: float
    lower: float
    upper: float
    samples: int
    seed: int | None
    verdict: Verdict
    standard_error: float | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """A number that was measured and of which nothing is claimed, such as an accuracy.

    Attributes:
        name: what it is called within its experiment.
        words: what was measured, in a short phrase.
        estimate: the measured value.
        standard_error: of the estimate; None where it has none.
        samples: draws, or steps, that went into it.
        seed: the seed of the generator; None where nothing was drawn.
        predicted: a value that is of interest beside it, such as a limit; None if there is none.
    """

    name: str
    words: str
    estimate: float
    standard_error: float | None
    samples: int
    seed: int | None
    predicted: float | None = None


@dataclass(frozen=True, slots=True)
class Experiment:
    """The outcome of one experiment module.

    Attributes:
        name: the module's name.
        measurements: what was compared.
        observations: what was measured beside that.
        series: arrays for figures, by name.
        device: where it ran: ``"cpu"`` or the name of a GPU.
        seconds: wall-clock time; not part of any document, which must be reproducible.
    """

    name: str
    measurements: tuple[Measurement, ...]
    series: Mapping[str, NDArray[np.float64]] = field(default_factory=lambda: MappingProxyType({}))
    device: str = "cpu"
    seconds: float = 0.0
    observations: tuple[Observation, ...] = ()
