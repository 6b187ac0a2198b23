"""Figures on a GAN trained on eight modes: where its samples lie, and the modes it has found."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from numerics.measurements import Experiment
from numerics.studies.gan_on_mixtures import MODES, SPREAD

__all__ = ["course", "samples"]

#: Colour, dashes and words of a rule.
_LINES = {
    "saturating-1": ("0.6", "-", r"saturating, $k = 1$"),
    "saturating-3": ("0.6", "--", r"saturating, $k = 3$"),
    "non-saturating-1": ("0.0", "-", r"non-saturating, $k = 1$"),
    "non-saturating-3": ("0.0", "--", r"non-saturating, $k = 3$"),
    "hasty": ("0.3", ":", "ten generator steps"),
}
_SHOWN = {"non-saturating-1": "one step each", "hasty": "ten generator steps"}
_REACH = 3.2


def samples(experiments: Mapping[str, Experiment]) -> Figure:
    """Where two generators put their codes, at four times, with three deviations of each mode."""
    series = experiments["gan_on_mixtures"].series
    times = series["shown"]
    figure = Figure(figsize=(5.6, 3.1))
    panels = figure.subplots(len(_SHOWN), times.size, sharex=True, sharey=True)
    angles = np.linspace(0.0, 2 * math.pi, 60)
    circle = 3 * SPREAD * np.stack((np.cos(angles), np.sin(angles)))
    for axes, played in zip(panels[0], times, strict=True):
        axes.set_title(f"{played:.0f} rounds")
    for row, (name, words) in zip(panels, _SHOWN.items(), strict=True):
        for axes, centres in zip(row, series[f"centres-{name}"], strict=True):
            for mode in MODES:
                axes.plot(*(mode[:, None] + circle), "-", color="0.6", linewidth=0.6)
            axes.plot(*centres.T, ".", color="0.0", markersize=1.5)
            axes.set_xlim(-_REACH, _REACH)
            axes.set_ylim(-_REACH, _REACH)
            axes.set_aspect("equal")
        row[0].set_ylabel(words)
    return figure


def course(experiments: Mapping[str, Experiment]) -> Figure:
    """Modes found, share near a mode, and divergence over the rounds, as means over the copies."""
    series = experiments["gan_on_mixtures"].series
    figure = Figure(figsize=(5.6, 2.9))
    modes, within, divergence = figure.subplots(1, 3)
    for name, (color, dashes, words) in _LINES.items():
        for axes, kind in ((modes, "modes"), (within, "within"), (divergence, "divergences")):
            mean = series[f"{kind}-{name}"].mean(1)
            axes.plot(series["rounds"], mean, dashes, color=color, label=words)
    modes.axhline(len(MODES), color="0.0", linewidth=0.6)
    within.axhline(1 - math.exp(-9 / 2), color="0.0", linewidth=0.6)
    divergence.axhline(math.log(2), color="0.0", linewidth=0.6)
    modes.set_ylabel("modes found, of eight")
    within.set_ylabel("share within three deviations")
    divergence.set_ylabel("divergence (nats)")
    for axes in (modes, within, divergence):
        axes.set_ylim(bottom=0)
        axes.set_xlabel("round")
        axes.grid(visible=True)
    handles, labels = modes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3)
    return figure
