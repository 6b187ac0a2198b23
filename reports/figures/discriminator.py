"""Figures of the questions on trained discriminators."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.figure import Figure

from derivations.topics.discriminator import jensen_shannon_estimate
from numerics.comparisons import claims_of
from numerics.measurements import Experiment
from reports.figures.curves import curve

__all__ = ["discriminator_and_divergence", "reconstructed_density"]


def discriminator_and_divergence(experiments: Mapping[str, Experiment]) -> Figure:
    """Two normal densities with the optimal discriminator, and the bounds that others give."""
    series = experiments["discriminator"].series
    x = series["x"]
    claim = claims_of(jensen_shannon_estimate())["gaussian"]
    best = curve(claim.closed_form, "t", x.tolist(), claim.notation)
    figure = Figure(figsize=(5.4, 2.6))
    left, right = figure.subplots(1, 2)
    left.plot(x, series["f0"], ":", color="0.0", label="$f_0$")
    left.plot(x, series["f1"], "--", color="0.0", label="$f_1$")
    left.plot(x, best, color="0.0", label="$D^*$")
    left.set_xlabel("$x$")
    left.set_ylabel("density, probability")
    left.set_ylim(0, 1.02)
    left.legend(loc="upper left")
    right.axhline(float(series["divergence"][0]), color="0.5", linestyle="--", label="divergence")
    right.plot(series["slopes"], series["bounds"], color="0.0", label="estimate")
    right.plot([1.0], series["divergence"], "o", color="0.0", markersize=4)
    right.set_xlabel("slope of the discriminator's logit")
    right.set_ylabel("nats")
    right.legend(loc="lower center")
    return figure


def reconstructed_density(experiments: Mapping[str, Experiment]) -> Figure:
    """The second density, and what two discriminators make of the first."""
    series = experiments["discriminator"].series
    x = series["x"]
    figure = Figure(figsize=(5.0, 2.5))
    axes = figure.subplots()
    axes.plot(x, series["f0"], ":", color="0.0", label="$f_0$, known")
    axes.fill_between(x, series["f1"], color="0.88", label="$f_1$, true")
    axes.plot(x[::4], series["rebuilt"][::4], "o", color="0.0", markersize=2.5, label="by $D^*$")
    axes.plot(x, series["rebuilt-flat"], "--", color="0.35", label="by one too flat")
    axes.set_xlabel("$x$")
    axes.set_ylabel("density")
    axes.set_ylim(bottom=0)
    axes.legend()
    return figure
