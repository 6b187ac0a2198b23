"""Figures of the study on soft weight sharing: where the weights are, and how they got there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from numerics.measurements import Experiment

__all__ = ["gathering"]

#: Legends below the axes, for within them a component may be anywhere.
BELOW: dict[str, Any] = {
    "loc": "upper center",
    "bbox_to_anchor": (0.5, -0.2),
    "ncols": 3,
    "columnspacing": 0.8,
    "handlelength": 1.6,
}


def gathering(experiments: Mapping[str, Experiment]) -> Figure:
    """The weights before and after with the mixture's density, and some of them on their way."""
    series = experiments["soft_weight_sharing"].series
    figure = Figure(figsize=(5.8, 3.1))
    left, right = figure.subplots(1, 2)
    left.stairs(series["before"], series["edges"], fill=True, color="0.82", label="before")
    left.stairs(series["after"], series["edges"], color="0.0", label="after")
    left.plot(series["line"], series["density"], "--", color="0.4", linewidth=0.9, label="mixture")
    top = max(series["after"].max(), series["before"].max())
    left.set_yscale("log")
    left.set_ylim(top / 2e4, 20 * top)
    left.set_xlabel("weight")
    left.set_ylabel("density (per unit of weight)")
    left.legend(**BELOW)
    weights = right.plot(series["steps"], series["weights"], "-", color="0.0", linewidth=0.5)
    weights[0].set_label("weights")
    means = right.plot(series["steps"], series["means"], "--", color="0.5", linewidth=1.4)
    means[0].set_label("means of the components")
    reach = 1.5 * abs(series["edges"][0])
    right.set_ylim(-reach, reach)
    right.set_xlabel("step of training with the mixture")
    right.set_ylabel("value")
    right.legend(**BELOW)
    return figure
