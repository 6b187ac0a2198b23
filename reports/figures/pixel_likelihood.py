"""Figures of the question on the Bernoulli likelihood of pixels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from derivations.topics.pixel_likelihood import CONSTANT, MASS, NOTATION, cross_entropy_terms
from language.terms import Name
from numerics.measurements import Experiment
from reports.figures.curves import curve

__all__ = ["grey_pixels"]


def grey_pixels(experiments: Mapping[str, Experiment]) -> Figure:
    """The log likelihood of three pixels, and the mass that all shades of grey have together."""
    series = experiments["pixel_likelihood"].series
    outputs = np.linspace(0.015, 0.985, 98)
    one = cross_entropy_terms(Name("x"), Name("guess"))
    figure = Figure(figsize=(5.6, 2.5))
    left, right = figure.subplots(1, 2)
    for pixel, line in ((1.0, ":"), (0.7, "-"), (0.5, "--")):
        values = [curve(one, "guess", [float(p)], NOTATION, x=pixel)[0] for p in outputs]
        left.plot(outputs, values, line, color="0.0", label=f"pixel {pixel:g}")
        best = min(pixel, outputs[-1])
        left.plot([best], curve(one, "guess", [best], NOTATION, x=pixel), "o", color="0.0")
    left.set_ylim(-2.6, 0.1)
    left.set_xlabel(r"output $\hat{x}$")
    left.set_ylabel("log likelihood, nats")
    left.legend(loc="lower center")
    shades = [p for p in outputs.tolist() if abs(p - 0.5) > 1e-6]
    right.plot(shades, curve(MASS, "guess", shades, NOTATION), color="0.0", label="mass")
    right.plot(
        series["outputs"][::4], series["masses"][::4], "o", color="0.0", label="by quadrature"
    )
    right.plot(
        shades,
        curve(CONSTANT, "guess", shades, NOTATION),
        "--",
        color="0.0",
        label="constant that repairs it",
    )
    right.set_ylim(0, 4.5)
    right.set_xlabel(r"output $\hat{x}$")
    right.legend(loc="upper center")
    return figure
