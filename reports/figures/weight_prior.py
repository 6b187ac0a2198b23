"""Figures on weight decay."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import numpy as np
from matplotlib.figure import Figure

from derivations.topics.weight_prior import effect_of_weight_decay
from numerics.measurements import Experiment
from reports.figures.curves import curve

__all__ = ["shrinkage"]


def shrinkage(experiments: Mapping[str, Experiment]) -> Figure:
    """What is left of a weight against the factor of the penalty, for three curvatures."""
    factor = effect_of_weight_decay().formulas["factor"]
    coefficients = np.geomspace(1e-3, 1e3, 121)
    figure = Figure(figsize=(4.6, 2.6))
    axes = figure.subplots()
    for curvature, style, shade, label in (
        (Fraction(20), "-", "0.0", "$h = 20$"),
        (Fraction(1), "--", "0.0", "$h = 1$"),
        (Fraction(1, 20), ":", "0.3", "$h = 1/20$"),
    ):
        kept = curve(factor, "lambda", coefficients.tolist(), h=curvature)
        axes.semilogx(coefficients, kept, style, color=shade, label=label)
    axes.set_xlabel(r"factor of the penalty $\lambda$")
    axes.set_ylabel("what is left of the weight")
    axes.set_ylim(0, 1.02)
    axes.grid(visible=True)
    axes.legend(loc="upper right")
    return figure
