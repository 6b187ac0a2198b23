"""Figures on training the linear autoencoder: the flow in its plane, and the wait at the saddle."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from derivations.topics import small_networks as topic
from numerics.comparisons import predict
from numerics.measurements import Experiment
from numerics.studies.linear_autoencoder import SIDE, end_point, on_a_line

__all__ = ["flow", "plateaus"]

LEVELS = (0.1, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)  # of the loss, in units of m


def flow(experiments: Mapping[str, Experiment]) -> Figure:
    """The loss's level lines, trajectories of gradient flow, and where they were to end."""
    series = experiments["linear_autoencoder"].series
    figure = Figure(figsize=(4.2, 4.0))
    axes = figure.subplots()
    line = np.linspace(-1.25 * SIDE, 1.25 * SIDE, 201)
    first, second = np.meshgrid(line, line)
    # The derived loss over m, that is the squared error of the product of the weights.
    axes.contour(
        first, second, (1 - first * second) ** 2, LEVELS, colors="0.8", linewidths=0.6, zorder=0
    )
    for sign in (-1, 1):
        branch = sign * np.geomspace(0.4, 2.5, 100)
        axes.plot(branch, 1 / branch, "-", color="0.0", linewidth=1.4)
    paths = series["paths"]
    for place in range(paths.shape[1]):
        axes.plot(*paths[:, place], "-", color="0.45", linewidth=0.7)
    for place in range(series["line-paths"].shape[1]):
        axes.plot(*series["line-paths"][:, place], "--", color="0.0", linewidth=0.9)
    axes.plot(*paths[:, :, -1], ".", color="0.0", markersize=3, label="end of the flow")
    axes.plot(
        *end_point(paths[:, :, 0]),
        "o",
        color="0.0",
        markerfacecolor="none",
        markersize=5,
        label="predicted end",
    )
    axes.plot(0, 0, "x", color="0.0", markersize=7, label="saddle")
    axes.set_xlim(-1.25 * SIDE, 1.25 * SIDE)
    axes.set_ylim(-1.25 * SIDE, 1.25 * SIDE)
    axes.set_aspect("equal")
    axes.set_xlabel("encoder $w_1$")
    axes.set_ylabel("decoder $w_2$")
    figure.legend(loc="outside lower center", ncols=3)
    return figure


def plateaus(experiments: Mapping[str, Experiment]) -> Figure:
    """The loss over time from small equal weights, as predicted and as measured."""
    series = experiments["linear_autoencoder"].series
    mean_square = float(series["mean-square"][0])
    times = series["times"]
    loss = topic.saddle_point().formulas["loss"]
    figure = Figure(figsize=(5.0, 2.8))
    axes = figure.subplots()
    for small, losses, style in zip(
        series["small"].tolist(), series["losses"], ("-", "--", "-.", ":"), strict=True
    ):
        weights = on_a_line(small, times, mean_square, rising=True)
        predicted = [
            predict(loss, topic.SADDLE, {"w1": at, "w2": at, "m": mean_square})
            for at in weights.tolist()
        ]
        exponent = round(np.log10(small))
        axes.plot(times, predicted, style, color="0.0", label=f"$w_1 = w_2 = 10^{{{exponent}}}$")
        axes.plot(times[::8], losses[::8], "o", color="0.0", markerfacecolor="none", markersize=3)
    axes.axhline(mean_square, color="0.6", linewidth=0.8)
    axes.set_xlim(0, float(times[-1]))
    axes.set_ylim(0, None)
    axes.set_xlabel("time of the gradient flow")
    axes.set_ylabel("loss")
    axes.grid(visible=True)
    axes.legend(loc="center right")
    return figure
