"""Figures on the Dirac-GAN's algorithms: growth at several rates, and from where they arrive."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import numpy as np
from matplotlib.figure import Figure

from derivations.topics import dirac_gan as topic
from numerics.measurements import Experiment
from reports.figures.curves import curve

__all__ = ["basin", "moduli"]


def moduli(experiments: Mapping[str, Experiment]) -> Figure:
    """Growth per step against the penalty's weight: a panel for each algorithm."""
    series = experiments["dirac_gan_basin"].series
    formulas = topic.discrete_time().formulas
    figure = Figure(figsize=(5.4, 2.9))
    panels = figure.subplots(1, 2, sharex=True, sharey=True)
    for axes, scheme in zip(panels, ("simultaneous", "alternating"), strict=True):
        lanes = series[f"{scheme}-rates"]
        for rate, style, marker in zip(np.unique(lanes), ("-", "--", ":"), "os^", strict=True):
            weights = series[f"{scheme}-weights"][lanes == rate]
            measured = series[f"{scheme}-moduli"][lanes == rate]
            grid = [Fraction(k, 200) * Fraction(float(weights.max())) for k in range(1, 201)]
            predicted = curve(
                formulas[f"{scheme}-radius"], "gamma", grid, eta=Fraction(float(rate))
            )
            axes.plot([float(weight) for weight in grid], predicted, style, color="0.0")
            shown = np.argsort(weights)[:: max(1, weights.size // 24)]
            axes.plot(
                weights[shown],
                measured[shown],
                marker,
                color="0.35",
                markersize=3,
                markerfacecolor="none",
                markeredgewidth=0.7,
                label=rf"$\eta = {rate:g}$",
            )
        axes.axhline(1, color="0.6", linewidth=0.6)
        axes.set_title(scheme)
        axes.set_xlabel(r"weight of the penalty $\gamma$")
        axes.set_ylim(0.45, 1.3)
    panels[0].set_ylabel("growth per step")
    panels[1].legend(loc="lower right", handletextpad=0.2)
    return figure


def basin(experiments: Mapping[str, Experiment]) -> Figure:
    """From every start: how far it ended without penalty, how long it took with it."""
    series = experiments["dirac_gan_basin"].series
    (reach,) = series["reach"]
    figure = Figure(figsize=(5.4, 4.6))
    rows = figure.subplots(2, 2, sharex=True, sharey=True)
    for panels, name, title, label in (
        (rows[0], "plain-distance", "without penalty", "distance at the end"),
        (rows[1], "damped-outside", "with penalty", "steps until near"),
    ):
        for axes, scheme in zip(panels, ("simultaneous", "alternating"), strict=True):
            image = axes.imshow(
                series[f"{scheme}-{name}"],
                origin="lower",
                extent=(-reach, reach, -reach, reach),
                cmap="Greys",
            )
            axes.set_title(f"{scheme}, {title}")
            figure.colorbar(image, ax=axes, label=label, shrink=0.9)
        panels[0].set_ylabel(r"first sample $\theta$")
    for axes in rows[1]:
        axes.set_xlabel(r"first slope $\psi_0$")
    return figure
