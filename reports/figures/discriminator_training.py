"""Figures on trained discriminators: what they say at each point, and of the divergence."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from numerics.measurements import Experiment

__all__ = ["discriminators_and_bounds"]

#: The pairs whose bounds are drawn: name, dashes, shade, label.
BOUNDS = (
    ("normals", "-", "0.0", "two normal laws"),
    ("mixtures", "--", "0.0", "one and two modes"),
    ("plane", ":", "0.0", "in the plane"),
    ("few", "-.", "0.5", "few draws only"),
)


def discriminators_and_bounds(experiments: Mapping[str, Experiment]) -> Figure:
    """The networks beside the optimal discriminators, and their bounds against training steps."""
    series = experiments["discriminator_training"].series
    figure = Figure(figsize=(5.4, 3.1))
    left, right = figure.subplots(1, 2)
    for name, shade in (("normals", "0.55"), ("mixtures", "0.0")):
        x = series[f"x-{name}"]
        shown = np.abs(x) <= 5
        left.plot(x[shown], series[f"best-{name}"][shown], "-", color=shade)
        sparse = np.flatnonzero(shown)[::20]
        left.plot(
            x[sparse],
            series[f"said-{name}"][sparse],
            "o",
            color=shade,
            markersize=2.5,
            markerfacecolor="none",
        )
    left.set_xlabel("$x$")
    left.set_ylabel("$D(x)$: network (circles), optimal (lines)")
    left.set_ylim(-0.02, 1.02)
    for name, dashes, shade, label in BOUNDS:
        (divergence,) = series[f"divergence-{name}"]
        shares = 1 - series[f"gaps-{name}"] / divergence
        right.semilogx(series[f"steps-{name}"], shares, dashes, color=shade, label=label)
    right.axhline(1.0, color="0.6", linewidth=0.8)
    right.set_ylim(-0.3, 1.05)
    right.set_xlabel("training steps")
    right.set_ylabel("bound over the divergence")
    # beside the lines there is no place that none of them might cross
    right.legend(loc="upper center", bbox_to_anchor=(0.45, -0.22), ncols=2, fontsize=7)
    return figure
