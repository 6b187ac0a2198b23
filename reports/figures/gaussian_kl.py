"""Figures of the question on the divergence of two normal laws."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from derivations.topics.gaussian_kl import ONE, diagonal_against_standard
from language.terms import Apply, Name, Term, replace
from numerics.comparisons import claims_of, predict
from numerics.measurements import Experiment
from reports.figures.curves import curve

__all__ = ["three_parametrizations"]

#: Name of the fact, of its variable, its label and its line.
_SLOPES = (
    ("gradient-sigma", "sigma", r"in $\sigma$", ":"),
    ("gradient-ell", "ell", r"in $\ell=\log\sigma^2$", "-"),
    ("gradient-s", "s", r"in $s=\log\sigma$", "--"),
)


def _scalar(term: Term, variable: str) -> Term:
    """A term of one coordinate, with the name in place of its entry."""

    def rule(here: Term) -> Term | None:
        match here:
            case Apply("entry", (Name(name), _)) if name == variable:
                return Name(name)
        return None

    return replace(term, rule)


def three_parametrizations(experiments: Mapping[str, Experiment]) -> Figure:
    """The divergence of one coordinate with mean zero, and its derivative in each parameter."""
    claims = claims_of(diagonal_against_standard())
    deviations = np.linspace(0.12, 2.0, 95)
    parameters = {
        "sigma": deviations,
        "ell": 2 * np.log(deviations),
        "s": np.log(deviations),
    }
    divergence = claims["sigma"]
    figure = Figure(figsize=(5.6, 2.5))
    left, right = figure.subplots(1, 2)
    closed, notation = divergence.closed_form, divergence.notation
    values = [predict(closed, notation, {"p": 1, "mu": [0], "sigma": [d]}) for d in deviations]
    left.plot(deviations, values, color="0.0")
    left.set_xlabel(r"deviation $\sigma$")
    left.set_ylabel("divergence, nats")
    left.set_ylim(bottom=0)
    for name, variable, label, line in _SLOPES:
        slope = _scalar(claims[name].closed_form, variable)
        right.plot(
            deviations,
            curve(slope, variable, parameters[variable].tolist(), ONE),
            line,
            color="0.0",
            label=label,
        )
    right.axhline(0, color="0.7", linewidth=0.6)
    right.set_ylim(-4, 3.2)
    right.set_xlabel(r"deviation $\sigma$")
    right.set_ylabel("derivative")
    right.legend(loc="lower right")
    return figure
