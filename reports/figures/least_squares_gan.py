"""Figures of the questions on least squares GANs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from derivations.topics.least_squares_gan import RATIO, generator_criterion, pearson_chi_square
from numerics.measurements import Experiment
from reports.figures.curves import curve

__all__ = ["price_of_a_missed_mode", "what_the_generator_descends"]

STYLES = ("-", "--", ":")


def what_the_generator_descends(experiments: Mapping[str, Experiment]) -> Figure:
    """The generator's own criterion for three wishes, and where training takes its share."""
    series = experiments["least_squares_gan"].series
    own = generator_criterion().formulas["without-term-on-two-points"]
    shares = np.linspace(0, 1, 101)
    figure = Figure(figsize=(5.4, 2.7))
    left, right = figure.subplots(1, 2)
    for number, (wish, style) in enumerate(zip(series["wishes"], STYLES, strict=True)):
        values = curve(own, "q", shares.tolist(), RATIO, a=0, b=1, c=float(wish))
        left.plot(shares, values, style, color="0.0", label=f"$c={wish:g}$")
        right.plot(series[f"path-{number}"], style, color="0.0", label=f"$c={wish:g}$")
    left.axvline(0.5, color="0.7", linewidth=0.8)
    left.set_xlabel("share $q$ of heads")
    left.set_ylabel("without the added term")
    left.set_ylim(-0.01, 0.62)
    left.legend(loc="upper center", ncols=3, handlelength=1.2, columnspacing=0.8)
    right.axhline(0.5, color="0.7", linewidth=0.8)
    right.set_xlabel("generator steps")
    right.set_ylabel("share $q$ of heads")
    right.set_ylim(0.45, 1.02)
    return figure


def price_of_a_missed_mode(experiments: Mapping[str, Experiment]) -> Figure:
    """Divergences of a biased coin from a fair one, each as a share of its largest value."""
    formulas = pearson_chi_square().formulas
    shares = np.linspace(0.5, 1.0, 101)
    figure = Figure(figsize=(5.0, 2.7))
    axes = figure.subplots()

    def values(name: str, xs: np.ndarray) -> np.ndarray:
        return curve(formulas[name], "q", xs.tolist(), RATIO)

    axes.plot(
        shares,
        values("two-points-triangular", shares) / 2,
        color="0.0",
        label="of this question, over 2",
    )
    inner = np.append(shares[:-1], [0.998, 0.9995, 0.9999])
    axes.plot(
        inner,
        values("two-points-jensen-shannon", inner) / np.log(2),
        "--",
        color="0.0",
        label=r"Jensen-Shannon, over $\log 2$",
    )
    near = shares[shares < 0.97]
    axes.plot(
        near,
        values("two-points-wrong-order", near),
        ":",
        color="0.0",
        label="in the sheet's order, unbounded",
    )
    axes.set_ylim(0, 0.6)
    axes.set_xlabel("share of the one of two modes that is generated too often")
    axes.set_ylabel("divergence")
    axes.legend(loc="upper left")
    return figure
