"""Figures of the study on weight decay: what is left of each direction, and the way there."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import numpy as np
from matplotlib.figure import Figure

from derivations.topics.weight_prior import effect_of_weight_decay, gaussian_prior
from numerics.comparisons import claims_of, predict
from numerics.measurements import Experiment
from numerics.studies.weight_decay_training import PRIOR
from reports.figures.curves import curve

__all__ = ["descent"]


def descent(experiments: Mapping[str, Experiment]) -> Figure:
    """The share of each direction that decay leaves, and the distance from the mode by step."""
    series = experiments["weight_decay_training"].series
    claim, solution = claims_of(gaussian_prior())["lambda"], effect_of_weight_decay()
    penalty = predict(claim.closed_form, claim.notation, {"sigma": PRIOR})
    curvatures = series["curvatures"]
    line = [Fraction(h) for h in np.geomspace(curvatures[0] / 2, 2 * curvatures[-1], 121).tolist()]
    shares = curve(solution.formulas["factor"], "h", line, solution.notation, **{"lambda": penalty})
    figure = Figure(figsize=(5.8, 2.8))
    left, right = figure.subplots(1, 2)
    left.semilogx([float(h) for h in line], shares, color="0.45", label="derived")
    left.plot(curvatures, series["left-decay"], "o", color="0.0", label="gradient descent")
    left.plot(
        curvatures, series["left-adamw"], "s", color="0.0", markerfacecolor="none", label="AdamW"
    )
    left.set_xlabel("curvature of the loss along a direction")
    left.set_ylabel("share of the least-squares weights")
    left.set_ylim(0, None)
    left.legend(loc="lower right")
    for name, style, label in (
        ("decay", "-", "gradient descent"),
        ("adam", "--", "Adam"),
        ("adamw", ":", "AdamW"),
    ):
        distance = series[f"distance-{name}"]
        right.loglog(np.arange(1, distance.size), distance[1:], style, color="0.0", label=label)
    right.set_xlabel("step")
    right.set_ylabel("largest distance from the mode")
    right.legend(loc="lower left")
    return figure
