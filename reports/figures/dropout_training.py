"""Figures on training with dropout: the way to the minimizer, and the weights at its end."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from numerics.measurements import Experiment

__all__ = ["distances", "weights"]

#: Standard errors shown to either side.
_DEVIATIONS = 4


def distances(experiments: Mapping[str, Experiment]) -> Figure:
    """The distance to the minimizer against the steps, half of the units kept."""
    series = experiments["dropout_training"].series
    steps, measured = series["plain-half-steps"], series["plain-half-distances"]
    start = float(series["plain-half-burn-in"][0])
    figure = Figure(figsize=(5.0, 3.0))
    axes = figure.subplots()
    bias = series["plain-half-bias"]
    scale = float(measured.min()), float(measured.max())
    axes.loglog(steps, bias, "-", color="0.45", label="mean, predicted")
    rows = (
        (0, "o", "0.0", "mean of replicates"),
        (1, "s", "0.55", "one replicate (RMS)"),
        (2, "^", "0.3", "its average over steps (RMS)"),
    )
    for column, marker, shade, label in rows:
        shown = steps > start if column == 2 else steps > 0
        axes.loglog(
            steps[shown],
            measured[shown, column],
            marker,
            color=shade,
            markerfacecolor="none",
            label=label,
        )
    axes.axvline(start, color="0.6", linestyle=":", linewidth=0.8)
    axes.set_ylim(scale[0] / 2, scale[1] * 2)
    axes.set_xlabel("steps")
    axes.set_ylabel("distance to the minimizer")
    axes.grid(visible=True)
    axes.legend(loc="lower left")
    return figure


def weights(experiments: Mapping[str, Experiment]) -> Figure:
    """Measured weights beside the minimizer and least squares, in both conventions."""
    series = experiments["dropout_training"].series
    figure = Figure(figsize=(5.0, 3.0))
    left, right = figure.subplots(1, 2, sharey=True)
    for axes, label, title in ((left, "half", "keeping 1/2"), (right, "most", "keeping 4/5")):
        plain, inverted = f"plain-{label}", f"inverted-{label}"
        places = np.arange(1, series[f"{plain}-predicted"].size + 1, dtype=np.float64)
        axes.plot(
            places,
            series[f"{plain}-least-squares"],
            "x",
            color="0.6",
            label="least squares",
        )
        for name, shift, marker, words in (
            (plain, -0.2, "o", "mask of zeros and ones"),
            (inverted, 0.2, "s", "inverted dropout"),
        ):
            predicted = series[f"{name}-predicted"]
            at = places + shift
            axes.hlines(predicted, at - 0.19, at + 0.19, color="0.45", linewidth=1.0)
            axes.errorbar(
                at,
                series[f"{name}-measured"],
                _DEVIATIONS * series[f"{name}-errors"],
                fmt=marker,
                color="0.0",
                markersize=3,
                markerfacecolor="none",
                elinewidth=0.8,
                label=words,
            )
        axes.axhline(0, color="0.8", linewidth=0.6)
        axes.set_title(title)
        axes.set_xticks(places)
        axes.set_xlabel("weight")
    left.set_ylabel("value")
    handles, labels = left.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return figure
