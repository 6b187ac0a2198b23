"""Figures on trained critics: their slopes along the line, and what a penalty makes of them."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.figure import Figure

from derivations.topics.wasserstein import PENALTY, reading
from numerics.comparisons import claims_of
from numerics.measurements import Experiment
from reports.figures.curves import curve

__all__ = ["critics_and_penalties"]

#: The critics whose slopes are drawn: name, dashes, shade, label.
CRITICS = (
    ("two-sided-1", "-", "0.0", r"penalty, $\lambda=1$"),
    ("two-sided-falling-1", "--", "0.0", "falling at first"),
    ("one-sided-1", ":", "0.0", "one-sided penalty"),
    ("spectral-shift", "--", "0.4", "spectral norm."),
    ("clipped", "-.", "0.4", "clipping"),
)
#: The linear critics: name and mark.
SLOPES = (("from-above", "o"), ("one-sided", "x"), ("from-below", "s"))


def critics_and_penalties(experiments: Mapping[str, Experiment]) -> Figure:
    """Slopes of critics for a shift by one, and final slopes and gaps against the penalty."""
    series = experiments["wasserstein_training"].series
    claims = claims_of(reading())
    figure = Figure(figsize=(5.4, 3.0))
    left, right = figure.subplots(1, 2)
    x = series["x"]
    for name, label in (("best-slopes", "derived"), ("spurious-slopes", None)):
        left.plot(x, series[name], "-", color="0.8", linewidth=3.0, label=label)
    for name, dashes, shade, label in CRITICS:
        left.plot(x, series[f"slopes-of-{name}"], dashes, color=shade, label=label)
    left.set_xlabel("$x$")
    left.set_ylabel("slope of the critic")
    left.set_ylim(-0.8, 3.2)
    left.legend(loc="upper center", fontsize=7, ncols=2, columnspacing=1.0)
    weights = series["curve-weights"]
    for name in ("best-slope", "spurious-slope"):
        slopes = curve(claims[name].closed_form, "lambda", weights.tolist(), PENALTY, theta=1)
        right.semilogx(weights, slopes, "-", color="0.0")
    for name, mark in SLOPES:
        right.plot(
            series["penalties"],
            series[f"slopes-{name}"],
            mark,
            color="0.0",
            markerfacecolor="none",
        )
    for name in ("curve-gaps", "curve-spurious"):
        right.plot(weights, series[name], "--", color="0.5")
    right.plot(series["weights"], series["gaps"], "D", color="0.5", markersize=3)
    right.axhline(1.0, color="0.8", linewidth=0.8)
    right.set_xticks([1, 2, 5, 10], labels=["1", "2", "5", "10"])
    right.minorticks_off()
    right.set_xlabel(r"weight $\lambda$ of the penalty")
    right.set_ylabel("slope (black) and gap (grey)")
    return figure
