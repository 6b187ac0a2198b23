"""Figures of the training loop of a variational autoencoder."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.figure import Figure

from numerics.measurements import Experiment

__all__ = ["single_sample"]


def single_sample(experiments: Mapping[str, Experiment]) -> Figure:
    """Single-sample estimates of one bound, with their mean and the log evidence."""
    series = experiments["vae_training"].series
    figure = Figure(figsize=(4.6, 2.2))
    axes = figure.subplots()
    axes.hist(series["estimates"], bins=60, range=(-6.0, -1.0), color="0.8", density=True)
    axes.axvline(float(series["mean"][0]), color="0.0", linestyle="--", label="their mean")
    axes.axvline(float(series["evidence"][0]), color="0.0", linewidth=0.8, label="log evidence")
    axes.set_xlabel("estimate of the bound")
    axes.set_ylabel("density")
    axes.legend(loc="upper left")
    return figure
