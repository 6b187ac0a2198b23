"""Figures of what draws from an encoder estimate."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from numerics.measurements import Experiment

__all__ = ["importance"]


def importance(experiments: Mapping[str, Experiment]) -> Figure:
    """Importance weighted bounds against the number of draws, exact and drawn."""
    series = experiments["vae_estimators"].series
    counts, drawn = series["counts"], series["drawn-bounds"]
    figure = Figure(figsize=(4.6, 2.8))
    axes = figure.subplots()
    evidence = float(series["evidence"].mean())
    axes.axhline(evidence, color="0.45", linestyle=":", label="log evidence")
    axes.plot(counts, series["importance-bounds"], "--", color="0.45", label="exact bound")
    axes.errorbar(
        counts,
        drawn.mean(0),
        2 * drawn.std(0, ddof=1) / np.sqrt(len(drawn)),
        fmt="o",
        color="0.0",
        markerfacecolor="none",
        capsize=2,
        label="drawn, two standard errors",
    )
    axes.set_xscale("log")
    axes.set_xlabel(r"number $K$ of draws")
    axes.set_ylabel("mean bound (nats)")
    axes.grid(visible=True)
    axes.legend(loc="lower right")
    return figure
