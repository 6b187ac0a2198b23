"""Figures of the questions on variational inference."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TypeAlias

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from derivations.topics.variational import LINEAR, amortization
from language.terms import Name, Term, replace
from language.vocabulary import call, entry
from numerics.comparisons import claims_of
from numerics.experiments.amortization import MODEL
from numerics.measurements import Experiment
from reports.figures.curves import curve

__all__ = ["amortization_gap"]

Reals: TypeAlias = "NDArray[np.float64]"


def amortization_gap(experiments: Mapping[str, Experiment]) -> Figure:
    """Posterior means against the encoder's line, and the gap between the two divergences."""
    series = experiments["amortization"].series
    x = series["x"]
    data = tuple((Fraction(float(value)),) for value in x)
    xs = np.linspace(min(0.0, float(x.min())) - 0.3, float(x.max()) + 0.3, 61)

    def along(term: Term) -> Reals:
        return curve(term, "x", xs.tolist(), LINEAR, n=Fraction(x.size), data=data, **MODEL)

    figure = Figure(figsize=(5.4, 2.7))
    left, right = figure.subplots(1, 2)
    left.plot(xs, along(call("m", "x")), color="0.0", label="posterior mean $m(x)$")
    left.plot(xs, along(Name("best") * Name("x")), "--", color="0.35", label=r"encoder $\phi^* x$")
    left.plot(x, series["means"], "o", color="0.0", markersize=3, label="ascent, per instance")
    left.set_xlabel("observation $x$")
    left.set_ylabel("variational mean")
    left.legend()
    right.plot(xs, along(_gap_at_a_point()), color="0.0", label="derived")
    right.plot(x, series["gap"], "o", color="0.0", markersize=3, label="measured")
    right.set_xlabel("observation $x$")
    right.set_ylabel("amortization gap (nats)")
    right.set_ylim(bottom=0)
    right.legend()
    return figure


def _gap_at_a_point() -> Term:
    """The derived gap with a free point in place of the i-th observation."""
    observation = entry("data", "i")
    gap = claims_of(amortization())["gap"].closed_form
    return replace(gap, lambda part: Name("x") if part == observation else None)
