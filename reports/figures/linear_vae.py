"""Figures of linear autoencoders: the way to the greatest likelihood, and two gaps."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from numerics.measurements import Experiment

__all__ = ["gaps", "learning"]


def learning(experiments: Mapping[str, Experiment]) -> Figure:
    """How far the mean bound is below the greatest mean log evidence: the loop, then ascent."""
    series = experiments["linear_vae"].series
    figure = Figure(figsize=(5.0, 2.7))
    panels = figure.subplots(1, 2, sharey=True)
    titles = ("the lecture's loop", "then ascent on the exact bound")
    for axes, name, title in zip(panels, ("loop", "ascent"), titles, strict=True):
        short = float(series["optimum"][0]) - np.maximum.accumulate(series[name])
        axes.plot(np.arange(1, short.size + 1), np.maximum(short, 1e-13), "-", color="0.0")
        axes.set_yscale("log")
        axes.set_title(title)
        axes.grid(visible=True)
    panels[0].set_xlabel("epoch")
    panels[1].set_xlabel("evaluation")
    panels[0].set_ylabel("greatest likelihood\nminus bound (nats)")
    return figure


def gaps(experiments: Mapping[str, Experiment]) -> Figure:
    """Measured against predicted gaps, image by image, for an encoder through the origin."""
    series = experiments["linear_vae"].series
    predicted, measured = series["predicted-gaps"], series["amortization-gaps"]
    figure = Figure(figsize=(3.6, 2.9))
    axes = figure.subplots()
    low = float(predicted.min())
    high = float(predicted.max())
    axes.plot([low, high], [low, high], "-", color="0.6", label="equal")
    axes.plot(
        predicted, measured, ".", color="0.0", markersize=2, rasterized=True, label="one image"
    )
    axes.set_xlabel("predicted gap of amortization (nats)")
    axes.set_ylabel("measured (nats)")
    axes.grid(visible=True)
    axes.legend(loc="upper left")
    return figure
