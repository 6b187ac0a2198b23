"""Figures of the question on the evidence lower bound."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.figure import Figure

from numerics.measurements import Experiment

__all__ = ["bound_and_gap"]


def bound_and_gap(experiments: Mapping[str, Experiment]) -> Figure:
    """Prior, posterior and best normal encoder; and the bound as the encoder's mean moves."""
    series = experiments["evidence_bound"].series
    evidence = float(series["log-evidence"][0])
    figure = Figure(figsize=(5.6, 2.5))
    left, right = figure.subplots(1, 2)
    left.plot(series["z"], series["prior"], ":", color="0.0", label="prior")
    left.fill_between(series["z"], series["posterior"], color="0.85", label="posterior")
    left.plot(series["z"], series["encoder"], color="0.0", label="best normal encoder")
    left.set_xlabel("$z$")
    left.set_ylabel("density")
    left.set_ylim(0, 0.78)
    left.legend(loc="upper left")
    right.axhline(evidence, color="0.0", linestyle="--", label=r"$\log P(x)$")
    right.plot(series["means"], series["bounds"], color="0.0", label="lower bound")
    right.fill_between(series["means"], series["bounds"], evidence, color="0.85", label="gap")
    right.set_xlabel("encoder's mean")
    right.set_ylabel("nats")
    right.legend(loc="lower center")
    return figure
