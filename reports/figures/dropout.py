"""Figures on dropout: its penalty, how weights shrink, the error of an average over masks."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from derivations.topics import dropout as topic
from numerics.measurements import Experiment
from reports.figures.curves import curve

__all__ = ["monte_carlo", "penalty", "shrinkage"]


def penalty(experiments: Mapping[str, Experiment]) -> Figure:
    """The regularization coefficient and the mask's variance against the keep probability."""
    formulas = topic.dropout_minimizer().formulas
    keep = [Fraction(k, 200) for k in range(1, 201)]
    coefficient = curve(formulas["coefficient"], "p", keep)
    variance = curve(formulas["penalty-factor"], "p", keep)
    figure = Figure(figsize=(5.0, 2.7))
    left, right = figure.subplots(1, 2)
    xs = np.array(keep, dtype=np.float64)
    left.plot(xs, coefficient, "-", color="0.0")
    left.plot([0.5], [1.0], "o", color="0.0", markersize=3)
    left.set_ylim(0, 10)
    left.set_ylabel(r"coefficient $\lambda^{\mathrm{dropout}}$")
    right.plot(xs, variance, "--", color="0.0")
    right.plot([0.5], [0.25], "o", color="0.0", markersize=3)
    right.set_ylim(0, 0.3)
    right.set_ylabel(r"variance of a mask entry, $p(1-p)$")
    for axes in (left, right):
        axes.set_xlim(0, 1)
        axes.set_xlabel(r"probability $p$ of keeping a unit")
        axes.grid(visible=True)
    return figure


def shrinkage(experiments: Mapping[str, Experiment]) -> Figure:
    """How much of a least-squares weight is left, against the norm of its feature."""
    solution = topic.dropout_against_weight_decay()
    strength = [Fraction(k, 50) for k in range(1, 201)]
    fixed: dict[str, Any] = {"lambda": Fraction(1)}
    decay = curve(solution.formulas["decay-factor"], "g", strength, **fixed)
    dropout = curve(solution.formulas["dropout-factor"], "g", strength, **fixed)
    figure = Figure(figsize=(4.4, 2.7))
    axes = figure.subplots()
    xs = np.array(strength, dtype=np.float64)
    axes.plot(xs, decay, "-", color="0.0", label=r"weight decay, $\lambda^{L^2} = 1$")
    axes.plot(xs, dropout, "--", color="0.35", label=r"dropout, $\lambda^{\mathrm{dropout}} = 1$")
    axes.set_xlim(0, 4)
    axes.set_ylim(0, 1)
    axes.set_xlabel("norm of the feature (in the units of the data)")
    axes.set_ylabel("factor on the least-squares weight")
    axes.grid(visible=True)
    axes.legend(loc="lower right")
    return figure


def monte_carlo(experiments: Mapping[str, Experiment]) -> Figure:
    """The error of an average over masks against their number, with the exact rate."""
    series = experiments["dropout"].series
    sizes, errors = series["sizes"], series["errors"]
    figure = Figure(figsize=(4.4, 2.8))
    axes = figure.subplots()
    axes.loglog(
        sizes,
        series["deviation"] / np.sqrt(sizes),
        "-",
        color="0.45",
        label=r"exact, slope $-1/2$",
    )
    axes.loglog(sizes, errors, "o", color="0.0", markerfacecolor="none", label="measured")
    axes.set_xlabel(r"number $N$ of masks")
    axes.set_ylabel("RMS error of the average loss")
    axes.grid(visible=True)
    axes.legend(loc="upper right")
    return figure
