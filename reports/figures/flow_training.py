"""Figures of the study on training flows: fitted densities, and the collapse without Jacobian."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from numerics.measurements import Experiment
from numerics.studies.flow_training import DEVIATION, GRID, MEAN

__all__ = ["collapse", "densities"]

#: The step of training without the Jacobian whose laws are drawn.
STEP = 20


def _normal(x: NDArray[np.float64], mean: float, deviation: float) -> NDArray[np.float64]:
    z = (x - mean) / deviation
    heights: NDArray[np.float64] = np.exp(-(z**2) / 2) / (deviation * np.sqrt(2 * np.pi))
    return heights


def densities(experiments: Mapping[str, Experiment]) -> Figure:
    """On the line and in the plane: the law of the data and the fitted flows."""
    series = experiments["flow_training"].series
    figure = Figure(figsize=(5.8, 2.9))
    left, right = figure.subplots(1, 2)
    x = np.linspace(-4, 6, 401)
    b, c = series["affine"]
    left.fill_between(x, _normal(x, MEAN, DEVIATION), color="0.88", label="data")
    left.plot(x, _normal(x, b, c), "-", color="0.0", label="likelihood")
    left.plot(x, _normal(x, b, series["scale-forward"][STEP]), ":", color="0.0")
    left.plot(x, _normal(x, MEAN, series["scale-reverse"][STEP]), "--", color="0.0")
    left.lines[1].set_label(f"likelihood, no Jacobian, step {STEP}")
    left.lines[2].set_label(f"reverse, no Jacobian, step {STEP}")
    left.set_ylim(0, 1.5 * max(line.get_ydata().max() for line in left.lines))
    left.set_xlabel("$x$")
    left.set_ylabel("density")
    left.legend(loc="upper right")
    one, two = GRID
    shape = (one.size, two.size)
    top = series["density"].max()
    levels = top * np.array([0.02, 0.1, 0.3, 0.6])
    right.contourf(
        one,
        two,
        series["density"].reshape(shape).T,
        [*levels, 2 * top],
        colors=["0.92", "0.85", "0.78", "0.7"],
    )
    for direction, style in (("forward", "-"), ("reverse", "--")):
        right.contour(
            one,
            two,
            series[f"density-{direction}"].reshape(shape).T,
            levels,
            colors="0.0",
            linestyles=style,
            linewidths=0.7,
        )
    right.plot([], [], "-", color="0.0", linewidth=0.7, label="likelihood")
    right.plot([], [], "--", color="0.0", linewidth=0.7, label="reverse")
    right.set_xlabel("$x_1$")
    right.set_ylabel("$x_2$")
    right.legend(loc="upper center")
    return figure


def collapse(experiments: Mapping[str, Experiment]) -> Figure:
    """Scales of the flows during training with and without the Jacobian."""
    series = experiments["flow_training"].series
    figure = Figure(figsize=(5.8, 2.8))
    left, right = figure.subplots(1, 2)
    for direction, mark, label in (("forward", "o", "likelihood"), ("reverse", "s", "reverse")):
        predicted = series[f"predicted-{direction}"]
        steps = np.arange(predicted.size)
        left.semilogy(steps, predicted, "-", color="0.5")
        left.plot(
            steps[::5],
            series[f"scale-{direction}"][::5],
            mark,
            color="0.0",
            markerfacecolor="none",
            label=label,
        )
        for name, style in (("path", "-"), ("lost", "--" if direction == "forward" else ":")):
            steps, _, volume = series[f"{name}-{direction}"].T
            shade = "0.0" if direction == "forward" else "0.5"
            words = label if name == "path" else f"{label}, no Jacobian"
            right.plot(steps, volume, style, color=shade, label=words)
    left.lines[0].set_label("predicted")
    left.set_xlabel("step without the Jacobian")
    left.set_ylabel("scale of the affine flow")
    left.legend(loc="upper left")
    right.set_xlabel("step")
    right.set_ylabel("mean log determinant (nats)")
    right.set_ylim(None, 3.2 * max(line.get_ydata().max() for line in right.lines))
    right.legend(loc="upper left")
    return figure
