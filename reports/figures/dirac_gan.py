"""Figures on the Dirac-GAN: phase portraits, paths of eigenvalues, moduli of the algorithms."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TypeAlias

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy import float64
from numpy.typing import NDArray

from derivations.topics import dirac_gan as topic
from language.terms import Term
from language.vocabulary import IMAGINARY, real_part
from numerics.measurements import Experiment
from reports.figures.curves import curve

__all__ = ["eigenvalue_paths", "moduli", "phase_portraits"]

Reals: TypeAlias = "NDArray[float64]"

#: The learning rate of the runs in ``numerics.experiments.dirac_gan``.
RATE = Fraction(1, 2)


def phase_portraits(experiments: Mapping[str, Experiment]) -> Figure:
    """The flow and both algorithms in the plane of slope and sample, without and with penalty."""
    series = experiments["dirac_gan"].series
    figure = Figure(figsize=(5.4, 2.9))
    left, right = figure.subplots(1, 2, sharex=True, sharey=True)
    for axes, name, title in (
        (left, "plain", r"without penalty"),
        (right, "damped", r"with penalty, $\gamma = 1/2$"),
    ):
        for place, shade in ((0, "0.0"), (1, "0.45")):
            slope, _, sample = series[f"{name}-{place}"]
            axes.plot(slope, sample, color=shade, linewidth=0.9)
            axes.plot(slope[:1], sample[:1], marker="s", color=shade, markersize=3.5)
        _run(axes, series[f"{name}-simultaneous"], "x", "simultaneous")
        _run(axes, series[f"{name}-alternating"], "o", "alternating")
        axes.plot([0], [0], marker="+", color="0.0", markersize=7)
        axes.set_title(title)
        axes.set_xlabel(r"critic's slope $\psi_0$")
        axes.set_aspect("equal")
        axes.set_xlim(-1.9, 1.9)
        axes.set_ylim(-1.9, 1.9)
    left.set_ylabel(r"generated sample $\theta$")
    right.legend(loc="upper right", handletextpad=0.2)
    return figure


def _run(axes: Axes, states: Reals, marker: str, label: str) -> None:
    axes.plot(
        states[0],
        states[2],
        linestyle="none",
        marker=marker,
        color="0.25",
        markersize=3,
        markerfacecolor="none",
        markeredgewidth=0.7,
        label=label,
    )


def eigenvalue_paths(experiments: Mapping[str, Experiment]) -> Figure:
    """Where the eigenvalues of the Jacobian move as the weight of the penalty grows."""
    formulas = topic.regularized_eigenvalues().formulas
    figure = Figure(figsize=(5.0, 2.9))
    axes = figure.subplots()
    weights = [Fraction(k, 200) for k in range(1, 601)]
    for name, style, label in (
        ("slow-eigenvalue", "-", "root with plus sign"),
        ("fast-eigenvalue", "--", "root with minus sign"),
    ):
        real, imaginary = _plane(formulas[name], weights)
        axes.plot(real, imaginary, style, color="0.0", label=label)
    for text, weight, offset in (
        (r"$\gamma \to 0$", Fraction(1, 1000), (6, -3)),
        (r"$1/2$", Fraction(1, 2), (-21, 5)),
        (r"$1$", Fraction(1), (-12, 8)),
        (r"$2$", Fraction(2), (-3, 7)),
    ):
        for place, name in enumerate(("slow-eigenvalue", "fast-eigenvalue")):
            real, imaginary = _plane(formulas[name], [weight])
            axes.plot(real, imaginary, "o", color="0.0", markersize=3)
            if weight != 1 or not place:
                across, up = offset
                axes.annotate(
                    text,
                    (real[0], imaginary[0]),
                    (across, -up - 6 if imaginary[0] < -0.1 else up),
                    textcoords="offset points",
                    fontsize=8,
                )
    axes.plot([-0.5], [0], "s", color="0.5", markersize=6, zorder=0, label="the bias")
    axes.axvline(0, color="0.6", linewidth=0.6)
    axes.axhline(0, color="0.6", linewidth=0.6)
    axes.set_xlabel(r"real part of $\lambda$")
    axes.set_ylabel(r"imaginary part of $\lambda$")
    axes.set_aspect("equal")
    axes.set_xlim(-2.05, 0.25)
    axes.set_ylim(-0.65, 0.65)
    axes.legend(loc="lower left")
    return figure


def _plane(term: Term, weights: list[Fraction]) -> tuple[Reals, Reals]:
    """Real and imaginary part of a term along the weights."""
    return (
        curve(real_part(term), "gamma", weights),
        curve(real_part(-IMAGINARY * term), "gamma", weights),
    )


def moduli(experiments: Mapping[str, Experiment]) -> Figure:
    """The growth per step near equilibrium: predicted curves and measured markers."""
    series = experiments["dirac_gan"].series
    formulas = topic.discrete_time().formulas
    figure = Figure(figsize=(5.0, 2.9))
    axes = figure.subplots()
    weights = [Fraction(k, 80) for k in range(1, 369)]
    xs = [float(weight) for weight in weights]
    for name, style, marker in (
        ("simultaneous", "--", "x"),
        ("alternating", "-", "o"),
    ):
        predicted = curve(formulas[f"{name}-radius"], "gamma", weights, eta=RATE)
        axes.plot(xs, predicted, style, color="0.0", label=f"{name}, predicted")
        axes.plot(
            series["weights"],
            series[name],
            marker,
            color="0.3",
            markerfacecolor="none",
            label=f"{name}, measured",
        )
    axes.axhline(1, color="0.6", linewidth=0.6)
    axes.set_xlabel(r"weight of the penalty $\gamma$")
    axes.set_ylabel("growth per step")
    axes.legend(loc="upper center")
    return figure
