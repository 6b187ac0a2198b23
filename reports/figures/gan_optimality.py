"""Figures on the optimal discriminator: one number, and all points of the line."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from matplotlib.figure import Figure

from derivations.topics.gan_optimality import WEIGHTS, pointwise_objective
from numerics.comparisons import claims_of, predict
from numerics.measurements import Experiment
from reports.figures.curves import curve

__all__ = ["optimal_discriminators", "pointwise_objectives"]


def pointwise_objectives(experiments: Mapping[str, Experiment]) -> Figure:
    """The objective at one point for three pairs of weights, and without the second weight."""
    solution = pointwise_objective()
    claims = claims_of(solution)
    numbers = [Fraction(k, 200) for k in range(1, 200)]
    places = list(map(float, numbers))
    figure = Figure(figsize=(5.0, 2.8))
    axes = figure.subplots()
    for (a, b), style in (((1, 1), "-"), ((3, 1), "--"), ((1, 3), ":")):
        weights = {"a": Fraction(a), "b": Fraction(b)}
        values = curve(solution.formulas["objective"], "y", numbers, WEIGHTS, **weights)
        axes.plot(places, values, style, color="0.0", label=f"$a = {a},\\ b = {b}$")
        top = predict(claims["argmax"].closed_form, WEIGHTS, weights)
        best = predict(claims["max-value"].closed_form, WEIGHTS, weights)
        axes.plot([top], [best], "o", color="0.0")
    alone = curve(solution.formulas["without-second"], "y", numbers, WEIGHTS, a=Fraction(1))
    axes.plot(places, alone, "-", color="0.6", label="$a = 1,\\ b = 0$")
    axes.plot([1], [0], "o", color="0.6", markerfacecolor="white", clip_on=False)
    axes.set_xlim(0, 1)
    axes.set_ylim(-6, 0.2)
    axes.set_xlabel("$y$")
    axes.set_ylabel("objective")
    axes.legend(loc="lower center")
    return figure


def optimal_discriminators(experiments: Mapping[str, Experiment]) -> Figure:
    """Data, model, the optimal discriminator, and what climbing found."""
    series = experiments["gan_optimality"].series
    x = series["x"]
    figure = Figure(figsize=(5.0, 2.6))
    axes = figure.subplots()
    axes.fill_between(x, series["data"], color="0.88", label="data", linewidth=0)
    axes.plot(x, series["model"], ":", color="0.0", label="model")
    axes.plot(x, series["best"], color="0.0", label="$D_G^*$")
    axes.plot(x[::60], series["trained"][::60], "o", color="0.0", markersize=3, label="trained")
    axes.axhline(0.5, color="0.6", linewidth=0.6, linestyle="--")
    axes.set_xlim(-4, 6)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("$x$")
    axes.set_ylabel("density, probability")
    axes.legend(loc="upper right")
    return figure
