"""Figures of the questions on the Wasserstein distance."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from derivations.topics.wasserstein import DIRAC, PENALTY, distance_and_duality, reading
from numerics.comparisons import claims_of
from numerics.measurements import Experiment
from reports.figures.curves import curve

__all__ = ["distances_on_the_line", "penalized_critics"]


def distances_on_the_line(experiments: Mapping[str, Experiment]) -> Figure:
    """The area between two distribution functions, and two divergences of a shifted law."""
    solution = distance_and_duality()
    figure = Figure(figsize=(5.4, 2.6))
    left, right = figure.subplots(1, 2)
    x = np.linspace(0, 5, 201)
    first, second = (1 - np.exp(-rate * x) for rate in (2.0, 0.75))
    left.fill_between(x, second, first, color="0.88")
    left.plot(x, first, color="0.0", label=r"$\lambda_1=2$")
    left.plot(x, second, "--", color="0.0", label=r"$\lambda_2=3/4$")
    left.set_xlabel("$x$")
    left.set_ylabel("distribution function")
    left.legend(loc="lower right")
    shifts = np.linspace(-2, 2, 81)
    claim = claims_of(solution)["uniform-shift"]
    distance = curve(claim.closed_form, "theta", shifts.tolist(), claim.notation)
    inside = curve(
        claims_of(solution)["jensen-shannon-of-the-shift"].closed_form,
        "theta",
        np.minimum(np.abs(shifts), 1).tolist(),
    )
    right.plot(shifts, distance, color="0.0", label="$W_1$")
    right.plot(shifts, inside, "--", color="0.0", label="Jensen-Shannon")
    right.set_xlabel(r"shift $\theta$")
    right.set_ylim(-0.1, 2.9)
    right.legend(loc="upper center")
    return figure


def penalized_critics(experiments: Mapping[str, Experiment]) -> Figure:
    """The penalized objective with its two maxima, and the slope of a penalized critic."""
    series = experiments["wasserstein"].series
    solution = reading()
    claims = claims_of(solution)
    figure = Figure(figsize=(5.4, 2.7))
    left, right = figure.subplots(1, 2)
    slopes = np.linspace(-2.2, 2.7, 121)
    for name, style, label in (
        ("penalized-objective", "-", "two-sided"),
        ("one-sided-objective", "--", "one-sided"),
    ):
        values = curve(
            solution.formulas[name], "w", slopes.tolist(), DIRAC, theta=1, **{"lambda": 1}
        )
        left.plot(slopes, values, style, color="0.0", label=label)
    for name in ("best-slope", "spurious-slope"):
        (place,) = curve(claims[name].closed_form, "theta", [1.0], PENALTY, **{"lambda": 1})
        (height,) = curve(
            solution.formulas["penalized-objective"], "w", [place], DIRAC, theta=1, **{"lambda": 1}
        )
        left.plot([place], [height], "o", color="0.0", markersize=4)
    left.set_xlabel("slope $w$ of the critic")
    left.set_ylabel("penalized objective")
    left.set_ylim(-3, 1.6)
    left.legend(loc="lower center")
    for weight, style in ((1, "-"), (10, "--")):
        right.plot(
            series["x"],
            series[f"slopes-{weight}"],
            style,
            color="0.0",
            label=rf"$\lambda={weight}$",
        )
    right.axhline(1.0, color="0.6", linewidth=0.8)
    right.set_xlabel("$x$")
    right.set_ylabel("slope of the critic")
    right.set_ylim(0.95, 1.75)
    right.legend()
    return figure
