"""Figures of the ten statements on GANs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from derivations.topics.gan_statements import LINE, statements
from numerics.comparisons import claims_of
from numerics.measurements import Experiment
from reports.figures.curves import curve

__all__ = ["two_fits"]


def two_fits(experiments: Mapping[str, Experiment]) -> Figure:
    """The two fits of a normal model to two modes, and the slope at a separating weight."""
    series = experiments["gan_statements"].series
    x = series["x"]
    figure = Figure(figsize=(5.6, 2.6))
    left, right = figure.subplots(1, 2)
    left.fill_between(x, series["data"], color="0.85", label="data")
    left.plot(x, series["likelihood"], "--", color="0.0", label="likelihood")
    left.plot(x, series["game"], color="0.0", label="game")
    left.set_xlabel("$x$")
    left.set_ylabel("density")
    left.set_ylim(0, 1.05)
    left.legend(loc="upper left")
    weights = np.linspace(-2.0, 8.0, 41)
    claim = claims_of(statements())["two-point-slope"]
    slope = curve(claim.closed_form, "w", weights.tolist(), LINE)
    right.axhline(0.0, color="0.6", linewidth=0.8)
    right.plot(weights, slope, color="0.0")
    right.axvspan(0.0, 8.0, color="0.93")
    right.text(4.0, 1.6, "separates", horizontalalignment="center")
    right.set_xlabel("weight $w$")
    right.set_ylabel("slope")
    return figure
