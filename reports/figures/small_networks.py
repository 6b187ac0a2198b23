"""Figures on small networks: slopes, half the weights, a dead end, a saddle."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import numpy as np
from matplotlib.figure import Figure

from derivations.topics import small_networks as topic
from numerics.comparisons import claims_of
from numerics.measurements import Experiment
from reports.figures.curves import curve

__all__ = ["autoencoder_loss", "halved_weights", "relu_before_sigmoid", "slope_of_tanh"]

LINE = [Fraction(k, 20) for k in range(-100, 101)]
PLACES = list(map(float, LINE))


def slope_of_tanh(experiments: Mapping[str, Experiment]) -> Figure:
    """tanh and its slope, with that of the logistic function below it."""
    solution = topic.tanh_backpropagation()
    claims = claims_of(solution)
    figure = Figure(figsize=(4.8, 2.4))
    axes = figure.subplots()
    for term, style, label in (
        (solution.formulas["activation"], ":", r"$\tanh x$"),
        (claims["derivative"].closed_form, "-", "its slope"),
        (claims["logistic-slope"].closed_form, "--", "slope of the logistic function"),
    ):
        values = curve(term, "x", LINE, topic.TANH)
        axes.plot(PLACES, values, style, color="0.0", label=label)
    axes.axhline(1, color="0.7", linewidth=0.6)
    axes.set_xlim(-5, 5)
    axes.set_xlabel("$x$")
    axes.legend(loc="upper left")
    return figure


def halved_weights(experiments: Mapping[str, Experiment]) -> Figure:
    """The probability as a function of the score, with all and with half the weights."""
    formulas = topic.halved_weights().formulas
    figure = Figure(figsize=(4.8, 2.4))
    axes = figure.subplots()
    for name, style, label in (
        ("probability", "-", "as trained"),
        ("half-probability", "--", "half the weights"),
    ):
        values = curve(formulas[name], "s", LINE, topic.SCORE)
        axes.plot(PLACES, values, style, color="0.0", label=label)
    axes.axhline(0.5, color="0.6", linewidth=0.6)
    axes.axhline(0.8, color="0.6", linewidth=0.6, linestyle=":")
    axes.annotate("threshold 0.8", (-4.9, 0.82), fontsize=8)
    axes.annotate("threshold 0.5", (-4.9, 0.52), fontsize=8)
    axes.set_xlim(-5, 5)
    axes.set_xlabel("score")
    axes.set_ylabel("probability")
    axes.legend(loc="lower right")
    return figure


def relu_before_sigmoid(experiments: Mapping[str, Experiment]) -> Figure:
    """The output with and without the ReLU before the sigmoid."""
    formulas = topic.relu_before_sigmoid().formulas
    figure = Figure(figsize=(4.8, 2.4))
    axes = figure.subplots()
    for name, style, label in (
        ("after", "-", "sigmoid after a ReLU"),
        ("plain", "--", "sigmoid alone"),
    ):
        values = curve(formulas[name], "a", LINE, topic.OUTPUT)
        axes.plot(PLACES, values, style, color="0.0", label=label)
    axes.set_xlim(-5, 5)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("pre-activation $a$")
    axes.set_ylabel(r"output $\hat y$")
    axes.legend(loc="lower right")
    return figure


def autoencoder_loss(experiments: Mapping[str, Experiment]) -> Figure:
    """Level lines of the loss over the two weights, its zeros and its saddle."""
    loss = topic.linear_autoencoder().formulas["loss"]
    steps = [Fraction(k, 20) for k in range(-45, 46)]
    places = list(map(float, steps))
    heights = np.array([curve(loss, "w1", steps, topic.FREE, w2=w2, m=Fraction(1)) for w2 in steps])
    figure = Figure(figsize=(4.6, 3.1))
    axes = figure.subplots()
    lines = axes.contour(
        places,
        places,
        heights,
        levels=[0.4, 1.0, 2.0, 4.0, 8.0],
        colors="0.55",
        linewidths=0.7,
    )
    axes.clabel(lines, fontsize=7, fmt="%g")
    positive = np.linspace(1 / 2.25, 2.25, 100)
    for sign in (1, -1):
        label = "no loss" if sign > 0 else None
        axes.plot(sign * positive, sign / positive, color="0.0", linewidth=1.6, label=label)
    axes.plot([0], [0], "s", color="0.0", linestyle="none", label="saddle point")
    axes.set_xlabel("encoder $w_1$")
    axes.set_ylabel("decoder $w_2$")
    axes.set_aspect("equal")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure
