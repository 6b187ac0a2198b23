"""Figures on dropout and weight decay on real data: paths of weights, errors on unseen patients."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from numerics.measurements import Experiment
from numerics.studies.regression_on_data import FEATURES

__all__ = ["errors", "paths"]

_DECAY = r"weight decay, coefficient $\lambda^{L^2}$"
_DROPOUT = r"dropout, coefficient $\lambda^{\mathrm{dropout}}$"
#: Dashes and shades of features that are told apart; the others are drawn thin.
_STYLES = {
    "BMI": ("-", "0.0"),
    "pressure": ("--", "0.0"),
    "s5": ("-.", "0.0"),
    "sex": (":", "0.0"),
    "s1": ("-", "0.5"),
}


def paths(experiments: Mapping[str, Experiment]) -> Figure:
    """Derived weights along the strength as lines, scikit-learn's as dots."""
    series = experiments["regression_on_data"].series
    figure = Figure(figsize=(5.0, 3.0))
    panels = figure.subplots(1, 2, sharey=True)
    for axes, name, label in zip(panels, ("decay", "dropout"), (_DECAY, _DROPOUT), strict=True):
        strength = series[name]
        marks = slice(None, None, max(1, strength.size // 8))
        for place, feature in enumerate(FEATURES):
            dashes, shade = _STYLES.get(feature, ("-", "0.7"))
            axes.semilogx(
                strength,
                series[f"{name}-path"][:, place],
                linestyle=dashes,
                color=shade,
                linewidth=1.2 if feature in _STYLES else 0.6,
                label=feature if feature in _STYLES else None,
            )
            fitted = series[f"{name}-fitted"][:, place]
            axes.semilogx(strength[marks], fitted[marks], ".", color="0.3", markersize=3)
        axes.set_xlabel(label)
        axes.grid(visible=True)
    panels[0].set_ylabel("weight per standard deviation")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=5)
    return figure


def errors(experiments: Mapping[str, Experiment]) -> Figure:
    """The error on unseen patients along the strength of either regularizer."""
    series = experiments["regression_on_data"].series
    figure = Figure(figsize=(5.0, 2.6))
    panels = figure.subplots(1, 2, sharey=True)
    for axes, name, label in zip(panels, ("decay", "dropout"), (_DECAY, _DROPOUT), strict=True):
        curve = series[f"{name}-errors"]
        axes.semilogx(series[name], curve, "-", color="0.0")
        best = int(np.argmin(curve))
        axes.semilogx(series[name][best], curve[best], "o", color="0.0", markerfacecolor="none")
        axes.set_xlabel(label)
        axes.grid(visible=True)
    panels[0].set_ylabel("error on unseen patients")
    return figure
