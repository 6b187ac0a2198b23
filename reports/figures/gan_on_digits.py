"""Figures on a GAN trained on digits: its samples, and value and accuracy over the rounds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from numerics.measurements import Experiment

__all__ = ["course", "progress", "samples"]

#: Colour and dashes of a rule.
_LINES = {
    "saturating-1": ("0.6", "-"),
    "saturating-3": ("0.6", "--"),
    "non-saturating-1": ("0.0", "-"),
    "non-saturating-3": ("0.0", "--"),
}
_WORDS = {
    "saturating-1": r"saturating, $k = 1$",
    "saturating-3": r"saturating, $k = 3$",
    "non-saturating-1": r"non-saturating, $k = 1$",
    "non-saturating-3": r"non-saturating, $k = 3$",
}
_ACROSS = 20


def _show(axes: Any, images: NDArray[np.float64], label: str) -> None:
    """Images of 64 pixels from -1 to 1 in rows, black on white, with a word beside them."""
    rows = images.reshape(-1, _ACROSS, 8, 8)
    framed = np.pad(rows, ((0, 0), (0, 0), (0, 2), (0, 2)), constant_values=-1.0)
    mosaic = np.vstack([np.hstack(list(row)) for row in framed])
    axes.imshow(mosaic, cmap="gray_r", vmin=-1, vmax=1, interpolation="nearest")
    axes.set_ylabel(label, rotation=0, horizontalalignment="right", verticalalignment="center")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def samples(experiments: Mapping[str, Experiment]) -> Figure:
    """Two rows of digits, and two rows of what each generator makes at the end."""
    series = experiments["gan_on_digits"].series
    figure = Figure(figsize=(5.0, 3.0))
    first, *others = figure.subplots(1 + len(_LINES), 1)
    _show(first, series["data"], "digits")
    for axes, (name, words) in zip(others, _WORDS.items(), strict=True):
        _show(axes, series[f"pictures-{name}"][-1], words)
    return figure


def progress(experiments: Mapping[str, Experiment]) -> Figure:
    """What one generator makes of the same codes as it is trained, and the nearest digits."""
    series = experiments["gan_on_digits"].series
    pictures, rounds = series["pictures-non-saturating-1"], series["shown"]
    figure = Figure(figsize=(5.0, 1.9))
    *shown, last = figure.subplots(len(rounds) + 1, 1)
    for axes, images, played in zip(shown, pictures, rounds, strict=True):
        _show(axes, images[:_ACROSS], f"{played:.0f} rounds")
    _show(last, series["nearest-non-saturating-1"][:_ACROSS], "nearest digits")
    return figure


def course(experiments: Mapping[str, Experiment]) -> Figure:
    """Values and accuracy over the rounds, between their limits."""
    series = experiments["gan_on_digits"].series
    figure = Figure(figsize=(5.6, 2.9))
    value, criterion, accuracy = figure.subplots(1, 3)
    for name, (color, dashes) in _LINES.items():
        for axes, kind in ((value, "value"), (criterion, "criterion"), (accuracy, "accuracy")):
            found = series[f"{kind}-{name}"]
            axes.plot(series["rounds"], found, dashes, color=color, label=_WORDS[name], lw=0.9)
    for axes in (value, criterion):
        axes.axhline(-math.log(4), color="0.0", linestyle=":")
    accuracy.axhline(0.5, color="0.0", linestyle=":")
    value.set_ylabel("value on unseen digits (nats)")
    criterion.set_ylabel(r"best value $C(G)$ (nats)")
    accuracy.set_ylabel("accuracy on unseen digits")
    for axes in (value, criterion, accuracy):
        axes.set_xlabel("round")
        axes.grid(visible=True)
    handles, labels = value.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=2)
    return figure
