"""Figure on what a GAN minimizes: the divergence of two laws as they are moved apart."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.figure import Figure

from derivations.topics.gan_divergence import interpretation
from numerics.comparisons import claims_of, predict
from numerics.measurements import Experiment

__all__ = ["divergence_of_shifted_laws"]


def divergence_of_shifted_laws(experiments: Mapping[str, Experiment]) -> Figure:
    """The Jensen-Shannon divergence of N(0, 1) and N(t, 1), beside that of two points."""
    series = experiments["gan_optimality"].series
    claim = claims_of(interpretation())["jsd-disjoint"]
    largest = predict(claim.closed_form, claim.notation, {})
    shifts = series["shifts"]
    figure = Figure(figsize=(5.0, 2.6))
    axes = figure.subplots()
    axes.plot(shifts, series["divergences"], color="0.0", label="$N(0, 1)$ and $N(t, 1)$")
    axes.plot(
        [0, shifts[-1]], [largest, largest], "--", color="0.45", label="the points $0$ and $t$"
    )
    axes.plot([0], [largest], "o", color="0.45", markerfacecolor="white")
    axes.plot([0], [0], "o", color="0.0")
    axes.set_xlabel("distance $t$ of the two laws")
    axes.set_ylabel("divergence, nats")
    axes.set_xlim(left=-0.2)
    axes.set_ylim(bottom=-0.02)
    axes.legend(loc="center right")
    return figure
