"""Figures of three estimates of a gradient."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from numerics.measurements import Experiment

__all__ = ["variances"]

_SHOWN = {
    "pathwise": ("o", "-", "along the path"),
    "score": ("s", ":", "by the score"),
    "baseline": ("^", "--", "by the score, baseline"),
}


def variances(experiments: Mapping[str, Experiment]) -> Figure:
    """Left: by coordinate, linear decoder. Right: by image and coordinate, trained networks."""
    series = experiments["vae_gradients"].series
    figure = Figure(figsize=(5.0, 3.0))
    left, right = figure.subplots(1, 2)
    for name, (mark, dash, label) in _SHOWN.items():
        predicted, drawn, error = series[f"linear-{name}"]
        place = np.arange(1, predicted.size + 1)
        left.plot(place, predicted, dash, color="0.45")
        left.errorbar(
            place,
            drawn,
            2 * error,
            fmt=mark,
            color="0.0",
            markerfacecolor="none",
            capsize=2,
        )
        ordered = np.sort(series[f"trained-{name}"])
        share = np.arange(1, ordered.size + 1) / ordered.size
        right.plot(
            share,
            ordered,
            mark + dash,
            color="0.0",
            markerfacecolor="none",
            markevery=max(1, ordered.size // 5),
            label=label,
        )
    left.set_xticks(place)
    left.set_title("linear decoder")
    left.set_xlabel("latent coordinate")
    left.set_ylabel("variance of one estimate")
    right.set_title("trained networks")
    right.set_xlabel("share of images and coordinates")
    for axes in (left, right):
        axes.set_yscale("log")
        axes.grid(visible=True)
    figure.legend(loc="outside lower center", ncols=3)
    return figure
