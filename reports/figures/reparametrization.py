"""Figures of the questions on reparametrization."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from derivations.topics.reparametrization import ENTRY, covariance_map, sample
from language.terms import Apply, Name
from language.vocabulary import exp, softplus
from numerics.comparisons import claims_of
from numerics.measurements import Experiment
from reports.figures.curves import curve

__all__ = ["two_estimators", "variance_maps"]


def two_estimators(experiments: Mapping[str, Experiment]) -> Figure:
    """Draws of two unbiased estimates of a gradient, and their variances as closed forms."""
    series = experiments["reparametrization"].series
    exact = float(series["exact"][0])
    figure = Figure(figsize=(5.6, 2.5))
    left, right = figure.subplots(1, 2)
    bins = np.linspace(-25.0, 15.0, 81).tolist()
    for name, shade, label in (("score", "0.8", "score function"), ("pathwise", "0.3", "path")):
        left.hist(series[name], bins=bins, density=True, color=shade, label=label, alpha=0.8)
    left.axvline(exact, color="0.0", linestyle="--", linewidth=0.8, label="exact")
    left.set_xlabel(r"estimate of the gradient in $\lambda$")
    left.set_ylabel("density")
    left.set_ylim(0, 0.3)
    left.legend(loc="upper left")
    claims = claims_of(sample())
    deviations = np.geomspace(0.1, 10.0, 61).tolist()
    lines = (
        ("score-variance", "-", "score function"),
        ("baseline-variance", "--", "with a baseline"),
        ("pathwise-variance", ":", "path"),
    )
    for name, line, label in lines:
        claim = claims[name]
        values = curve(claim.closed_form, "s", deviations, claim.notation, m=1, target=0)
        right.loglog(deviations, values, line, color="0.0", label=label)
    right.set_xlabel("$s$, at $m-c=1$")
    right.set_ylabel("variance of one draw")
    right.legend(loc="upper left")
    return figure


def variance_maps(experiments: Mapping[str, Experiment]) -> Figure:
    """Maps from a code to a variance, and how often a code is no variance."""
    series = experiments["reparametrization"].series
    codes = np.linspace(-2.5, 2.5, 101).tolist()
    h = Name("h")
    figure = Figure(figsize=(5.6, 2.5))
    left, right = figure.subplots(1, 2)
    maps = (
        (exp(h), "-", "exponential"),
        (softplus(h), "--", "softplus"),
        (h**2, ":", "square"),
        (Apply("absolute", (h,)), "-.", "absolute value"),
    )
    for term, line, label in maps:
        left.plot(codes, curve(term, "h", codes, ENTRY), line, color="0.0", label=label)
    left.plot(codes, codes, color="0.6", linewidth=0.8, label="as printed")
    left.axhline(0, color="0.0", linewidth=0.6)
    left.set_ylim(-3.2, 4)
    left.set_xlabel("entry of the code")
    left.set_ylabel("variance")
    left.legend(loc="lower right", fontsize=7)
    claim = claims_of(covariance_map())["failure"]
    lengths = list(range(1, 13))
    right.plot(
        lengths,
        curve(claim.closed_form, "L", lengths, claim.notation),
        "s",
        color="0.0",
        markerfacecolor="none",
        label="$1-2^{-L}$",
    )
    right.plot(series["lengths"], series["failures"], "x", color="0.0", label="by drawing")
    right.set_ylim(0.4, 1.04)
    right.set_xlabel("length $L$ of the code")
    right.set_ylabel("probability of a negative entry")
    right.legend(loc="lower right")
    return figure
