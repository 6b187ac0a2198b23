"""Figures of the questions on normalizing flows."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.figure import Figure

from derivations.topics.flows import kl_under_a_flow
from numerics.comparisons import claims_of
from numerics.experiments.flows import DECREASING
from numerics.measurements import Experiment
from reports.figures.curves import curve

__all__ = ["densities_under_a_flow", "forward_and_reverse_fits"]


def densities_under_a_flow(experiments: Mapping[str, Experiment]) -> Figure:
    """The four laws of a decreasing affine flow, two on each space."""
    series = experiments["flows"].series
    claim = claims_of(kl_under_a_flow())["decreasing-density"]
    u, x = series["u"], series["x"]
    flow = curve(claim.closed_form, "t", x.tolist(), claim.notation, **DECREASING)
    figure = Figure(figsize=(5.4, 2.6))
    left, right = figure.subplots(1, 2)
    left.plot(u, series["base"], color="0.0", label="base $p_U$")
    left.plot(u, series["pulled"], "--", color="0.35", label="data, pulled back")
    left.set_xlabel("base space, $u$")
    left.set_ylabel("density")
    right.plot(x, flow, color="0.0", label="flow $p_{F(U)}$")
    right.plot(x, series["data"], "--", color="0.35", label="data $p_X$")
    right.set_xlabel(r"data space, $x = F(u) = 1 - 2u$")
    for axes in (left, right):
        axes.set_ylim(0, 1.3 * max(line.get_ydata().max() for line in axes.lines))
        axes.legend(loc="upper right")
    return figure


def forward_and_reverse_fits(experiments: Mapping[str, Experiment]) -> Figure:
    """A target with two modes, and what either divergence makes of it."""
    series = experiments["kl_direction"].series
    x = series["x"]
    figure = Figure(figsize=(5.0, 2.6))
    axes = figure.subplots()
    axes.fill_between(x, series["target"], color="0.88", label="target")
    axes.plot(x, series["forward"], color="0.0", label="forward fit (samples)")
    axes.plot(x, series["reverse"], "--", color="0.0", label="reverse fit (density)")
    axes.set_xlabel("$x$")
    axes.set_ylabel("density")
    axes.set_ylim(bottom=0)
    axes.legend(loc="upper left")
    return figure
