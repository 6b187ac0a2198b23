"""Figure on the objective of a GAN: where the generator's two losses are flat."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from matplotlib.figure import Figure

from derivations.topics.gan_objective import LOGIT, saturation
from numerics.comparisons import claims_of
from numerics.measurements import Experiment
from reports.figures.curves import curve

__all__ = ["saturating_losses"]


def saturating_losses(experiments: Mapping[str, Experiment]) -> Figure:
    """Both losses of the generator in the discriminator's logit, and their slopes."""
    solution = saturation()
    claims = claims_of(solution)
    logits = [Fraction(k, 10) for k in range(-60, 61)]
    figure = Figure(figsize=(5.4, 2.6))
    left, right = figure.subplots(1, 2)
    for name, style, label in (
        ("saturating", "-", r"$\log(1 - \sigma(s))$"),
        ("nonsaturating", "--", r"$-\log\,\sigma(s)$"),
    ):
        values = curve(solution.formulas[name], "s", logits, LOGIT)
        slopes = curve(claims[f"{name}-gradient"].closed_form, "s", logits, LOGIT)
        left.plot(list(map(float, logits)), values, style, color="0.0", label=label)
        right.plot(list(map(float, logits)), slopes, style, color="0.0", label=label)
    for axes in (left, right):
        axes.axvspan(-6, -2, color="0.92", linewidth=0)
        axes.set_xlabel("logit $s$ of a made point")
        axes.set_xlim(-6, 6)
    left.set_ylabel("loss of the generator")
    right.set_ylabel("slope of the loss")
    left.legend(loc="upper center", bbox_to_anchor=(0.58, 1.0))
    right.annotate("early in\ntraining", (-5.8, -0.45), fontsize=8)
    return figure
