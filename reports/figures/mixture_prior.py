"""Figures of the questions on a mixture as the prior of the weights."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TypeAlias

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from derivations.topics import mixture_prior as topic
from language.terms import Name, Term, lift
from numerics.comparisons import claims_of
from numerics.measurements import Experiment
from numerics.valuations import Exact
from reports.figures.curves import curve

__all__ = ["clustering", "collapse", "pull_on_a_weight", "three_components"]

Reals: TypeAlias = "NDArray[np.float64]"

STYLES = (("--", "0.0"), (":", "0.0"), ("-.", "0.35"))
LINE: Reals = np.linspace(-5.0, 5.0, 401)
#: The mixture of the three components, as the values of its symbols.
DRAWN: dict[str, Exact] = {
    "m": Fraction(3),
    **{
        name: tuple((component[place],) for component in topic.THREE)
        for place, name in enumerate(("pi", "mu", "sigma"))
    },
}


def three_components(experiments: Mapping[str, Experiment]) -> Figure:
    """Three weighted components and their sum."""
    formulas = topic.three_components().formulas
    figure = Figure(figsize=(5.0, 2.6))
    axes = figure.subplots()
    whole = curve(formulas["mixture"], "t", LINE.tolist())
    axes.fill_between(LINE, whole, color="0.9")
    axes.plot(LINE, whole, "-", color="0.0", label="mixture")
    for place, (style, shade) in enumerate(STYLES, 1):
        part = formulas[("first", "second", "third")[place - 1]]
        axes.plot(
            LINE,
            curve(part, "t", LINE.tolist()),
            style,
            color=shade,
            label=rf"$\pi_{place}\,\mathcal{{N}}(w;\mu_{place},\sigma_{place}^2)$",
        )
    axes.set_xlabel("$w$")
    axes.set_ylabel("density")
    axes.set_ylim(bottom=0)
    axes.legend(loc="upper right")
    return figure


def _along(term: Term) -> Reals:
    """A term in one weight along the line, under the mixture that is drawn."""
    return curve(term, "w", LINE.tolist(), topic.ONE_WEIGHT, **DRAWN)


def pull_on_a_weight(experiments: Mapping[str, Experiment]) -> Figure:
    """The penalty of one weight with the force that it exerts, and the responsibilities."""
    solution = topic.fixed_mixture()
    slope = claims_of(solution)["slope"].closed_form
    figure = Figure(figsize=(5.6, 2.7))
    left, right = figure.subplots(1, 2)
    left.plot(LINE, _along(solution.formulas["surprise"]), color="0.0", label="penalty")
    left.plot(LINE, _along(-slope), "--", color="0.35", label="force on the weight")
    left.axhline(0, color="0.6", linewidth=0.6)
    left.set_ylim(-11, 15)
    left.set_xlabel("$w$")
    left.legend(loc="upper center")
    for place, (style, shade) in enumerate(STYLES, 1):
        share = topic.gamma(lift(place), Name("w"))
        right.plot(LINE, _along(share), style, color=shade, label=rf"$\gamma_{place}(w)$")
        centre = float(topic.THREE[place - 1][1])
        for axes in (left, right):
            axes.axvline(centre, color="0.85", linewidth=0.8, zorder=0)
    right.set_ylim(0, 1.3)
    right.set_xlabel("$w$")
    right.set_ylabel("responsibility")
    right.legend(loc="upper center", ncols=3, columnspacing=0.8, handlelength=1.6)
    return figure


def clustering(experiments: Mapping[str, Experiment]) -> Figure:
    """Weights under a fixed mixture alone, and in training together with the mixture."""
    series = experiments["mixture_prior"].series
    steps = series["steps"] + 1
    figure = Figure(figsize=(5.8, 2.8))
    left, right = figure.subplots(1, 2)
    for _, mean, spread in topic.THREE:
        centre, half = float(mean), float(spread)
        left.axhspan(centre - half, centre + half, color="0.88")
        left.axhline(centre, linestyle="--", color="0.45", linewidth=1.0)
    left.plot(steps, series["drawn"], "-", color="0.0", linewidth=0.7)
    for place, (mean, spread) in enumerate(
        zip(series["means"].T, series["spreads"].T, strict=True)
    ):
        first = place == 0
        right.fill_between(
            steps,
            mean - spread,
            mean + spread,
            color="0.88",
            label=r"$\mu_j \pm \sigma_j$" if first else None,
        )
        right.plot(
            steps, mean, "--", color="0.45", linewidth=1.0, label=r"$\mu_j$" if first else None
        )
    lines = right.plot(steps, series["weights"], "-", color="0.0", linewidth=0.7)
    lines[0].set_label("$w_i$")
    for axes in (left, right):
        axes.set_xscale("log")
        axes.set_xlabel("step of gradient descent, plus one")
    left.set_ylabel("value")
    right.legend(loc="upper left", ncols=3, columnspacing=0.8, handlelength=1.6)
    right.set_ylim(-3, 4)
    return figure


def collapse(experiments: Mapping[str, Experiment]) -> Figure:
    """The penalty of a weight as a component narrows, on the weight and beside it."""
    widths = np.geomspace(1e-4, 3.0, 121)
    fixed = {"q": Fraction(1, 2), "m1": Fraction(0), "m2": Fraction(1), "s2": Fraction(1)}
    figure = Figure(figsize=(4.6, 2.6))
    axes = figure.subplots()
    for offset, style, label in (
        (Fraction(0), "-", "centre on the weight"),
        (Fraction(1, 10), "--", "centre at a distance of 1/10"),
    ):
        values = curve(topic.collapsing(offset), "s", widths.tolist(), topic.COLLAPSE, **fixed)
        axes.semilogx(widths, values, style, color="0.0", label=label)
    axes.set_xlabel(r"standard deviation $\sigma_1$ of the component")
    axes.set_ylabel("penalty of the weight")
    axes.grid(visible=True)
    axes.legend(loc="lower right")
    return figure
