"""Figures on the checks themselves: what they catch, false alarms, and how many draws they take."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.figure import Figure

from numerics.measurements import Experiment

__all__ = ["draws", "looks", "power"]


def power(experiments: Mapping[str, Experiment]) -> Figure:
    """How many claims are found wrong, and how many pass, by how much they are wrong."""
    series = experiments["audit"].series
    shifts = series["shifts"]
    figure = Figure(figsize=(5.6, 3.1))
    left, right = figure.subplots(1, 2, sharey=True)
    others = (
        ("once", "--", "0.0", "three standard errors"),
        ("narrow", "-.", "0.45", r"tolerance $10^{-2}$"),
        ("broad", ":", "0.45", r"tolerance $10^{-1}$"),
    )
    left.plot(shifts, series["caught"], "-o", color="0.0", label="these checks")
    right.plot(shifts, series["passed"], "-o", color="0.0", label="these checks")
    for name, dashes, shade, label in others:
        left.plot(shifts, series[name], dashes, color=shade, label=label)
        right.plot(shifts, 1 - series[name], dashes, color=shade, label=label)
    right.axvspan(1, 2, color="0.93", zorder=0)
    left.set_ylabel("share of the runs")
    for axes, title in ((left, "found wrong"), (right, "passed")):
        axes.set_title(title)
        axes.set_xlim(0, 2)
        axes.set_ylim(-0.02, 1.02)
        axes.set_xlabel(r"error of the claim, in units of $\varepsilon$")
        axes.grid(visible=True)
    handles, labels = left.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4)
    return figure


def looks(experiments: Mapping[str, Experiment]) -> Figure:
    """False alarms so far against the number of looks."""
    series = experiments["audit"].series
    figure = Figure()
    axes = figure.subplots()
    count = series["looks"]
    lines = (
        ("significant", "--", "0.0", "significant at 0.05"),
        ("wide", "-.", "0.45", "three standard errors"),
        ("left", "-", "0.0", "these checks"),
    )
    for name, dashes, shade, label in lines:
        axes.semilogx(count, series[name], dashes, color=shade, label=label)
    (alpha,) = series["alpha"]
    axes.axhline(alpha, color="0.6", linestyle=":", label=r"$\alpha$, promised")
    axes.set_xlim(1, count[-1])
    axes.set_ylim(0, None)
    axes.set_xlabel("number of looks")
    axes.set_ylabel("share of runs with a false alarm")
    axes.grid(visible=True)
    axes.legend(loc="upper left")
    return figure


def draws(experiments: Mapping[str, Experiment]) -> Figure:
    """Draws until a decision, beside what would be needed if the variance were known."""
    series = experiments["audit"].series
    figure = Figure()
    axes = figure.subplots()
    axes.semilogy(series["shifts"], series["draws"], "o", color="0.0", label="these checks, mean")
    axes.semilogy(
        series["shifts"],
        series["clairvoyant"],
        "-",
        color="0.45",
        label="one look, variance known",
    )
    axes.set_xlim(0, series["shifts"][-1])
    axes.set_xlabel(r"error of the claim, in units of $\varepsilon$")
    axes.set_ylabel("number of draws")
    axes.grid(visible=True)
    axes.legend(loc="upper right")
    return figure
