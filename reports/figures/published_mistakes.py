"""Figures on two published mistakes: how often a test alarms, and where two fields lead."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from numerics.measurements import Experiment
from numerics.studies.published_mistakes import (
    PROMISED,
    one_sided,
    published_threshold,
    right_threshold,
)

__all__ = ["alarms", "trajectories"]

#: Two standard errors: what an error bar reaches to.
REACH = 2


def alarms(experiments: Mapping[str, Experiment]) -> Figure:
    """How often a correct sampler raises an alarm, against the number of blocks."""
    series = experiments["published_mistakes"].series
    blocks = np.unique(np.geomspace(1, 100, 60).round().astype(int)).tolist()
    figure = Figure(figsize=(5.0, 2.9))
    axes = figure.subplots()
    for name, threshold, style, mark, words in (
        ("published", published_threshold, "-", "s", r"$\mathrm{erfinv}(1 - 2\alpha/B)$"),
        ("right", right_threshold, "--", "o", r"$\sqrt{2}\,\mathrm{erfinv}(1 - 2\alpha/B)$"),
    ):
        exact = [one_sided(threshold(count), count) for count in blocks]
        axes.plot(blocks, exact, style, color="0.0", label=words)
        axes.errorbar(
            series["blocks"],
            series[f"{name}-shares"],
            yerr=REACH * series[f"{name}-errors"],
            fmt=mark,
            color="0.0",
            markerfacecolor="none",
            elinewidth=0.8,
        )
    axes.axhline(PROMISED, color="0.5", linewidth=0.8, linestyle=":", label=r"promised $\alpha$")
    axes.set_xscale("log")
    axes.set_ylim(0, None)
    axes.set_xlabel(r"number $B$ of blocks")
    axes.set_ylabel("probability of a false alarm")
    axes.grid(visible=True)
    axes.legend(loc="upper left")
    return figure


def trajectories(experiments: Mapping[str, Experiment]) -> Figure:
    """The regularized field with the derived gradient, and with the published one."""
    series = experiments["published_mistakes"].series
    figure = Figure(figsize=(4.6, 3.4))
    for axes, name in zip(
        figure.subplots(1, 2, sharey=True), ("derived", "published"), strict=True
    ):
        paths, spurious = series[f"{name}-paths"], series[f"{name}-spurious"]
        for place in range(paths.shape[1]):
            theta, psi = paths[:, place]
            axes.plot(theta, psi, "-", color=str(0.15 * place), linewidth=0.9)
            axes.plot(theta[0], psi[0], "o", color=str(0.15 * place), markersize=3)
        axes.plot(*spurious, "x", color="0.0", markersize=6)
        axes.plot(0, 0, "+", color="0.0", markersize=7)
        axes.set_title(f"{name} gradient")
        axes.set_xlim(-2, 2)
        axes.set_ylim(-1, 5)
        axes.set_aspect("equal")
        axes.set_xlabel(r"generator $\theta$")
        axes.grid(visible=True)
    figure.axes[0].set_ylabel(r"critic $\psi$")
    return figure
