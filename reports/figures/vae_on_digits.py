"""Figures of the autoencoder trained on digits: its terms in training, its gaps, its pictures."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from numerics.measurements import Experiment

__all__ = ["bounds", "manifold", "pictures", "terms"]

_SIDE = 8
_ROWS = {
    "images": "held out",
    "reconstructions": "reconstructed",
    "samples": "from the prior",
    "first-traversal": r"along $z_1$",
    "second-traversal": r"along $z_2$",
}


def terms(experiments: Mapping[str, Experiment]) -> Figure:
    """Reconstruction term, divergence and bound against the epoch."""
    series = experiments["vae_on_digits"].series
    figure = Figure(figsize=(5.0, 2.7))
    axes = figure.subplots(1, 3)
    labels = ("reconstruction term", "divergence", "bound")
    for number, (panel, label) in enumerate(zip(axes, labels, strict=True)):
        for part, (dash, shade, name) in enumerate(
            (("-", "0.0", "training"), ("--", "0.45", "held out"))
        ):
            # what comes before the first epoch would hide the rest
            values = series["terms"][1:, part, number]
            panel.plot(series["epochs"][1:], values, dash, color=shade, label=name)
        panel.set_xlabel("epoch")
        panel.set_title(f"{label} (nats)")
        panel.grid(visible=True)
    axes[0].legend(loc="lower right")
    return figure


def bounds(experiments: Mapping[str, Experiment]) -> Figure:
    """What each held-out image's bound lacks: with the encoder's law, and with a law of its own."""
    series = experiments["vae_on_digits"].series
    evidence = series["evidence"]
    figure = Figure(figsize=(4.6, 2.8))
    axes = figure.subplots()
    order = np.argsort(evidence - series["bounds"])
    place = np.arange(1, order.size + 1)
    shown = (
        ("bounds", "-", "0.0", "encoder's law"),
        ("own-bounds", ".", "0.45", "own law, by ascent"),
    )
    for name, mark, shade, label in shown:
        axes.plot(place, (evidence - series[name])[order], mark, color=shade, label=label)
    axes.set_yscale("log")
    axes.set_xlabel("held-out image, in the order of the gap")
    axes.set_ylabel("log evidence minus bound (nats)")
    axes.grid(visible=True)
    axes.legend(loc="upper left")
    return figure


def pictures(experiments: Mapping[str, Experiment]) -> Figure:
    """Rows of pictures: data, reconstructions, samples, and walks from the first image's code."""
    series = experiments["vae_on_digits"].series
    figure = Figure(figsize=(5.0, 2.3))
    panels = figure.subplots(len(_ROWS), 1)
    for axes, (name, label) in zip(panels, _ROWS.items(), strict=True):
        _show(axes, series[name], len(series[name]))
        axes.set_ylabel(label, rotation=0, ha="right", va="center")
    return figure


def manifold(experiments: Mapping[str, Experiment]) -> Figure:
    """What the decoder makes of a square of latent vectors, by quantiles of the prior."""
    shown = experiments["vae_on_digits"].series["manifold"]
    figure = Figure(figsize=(3.4, 3.4))
    axes = figure.subplots()
    _show(axes, shown, round(len(shown) ** 0.5))
    axes.set_xlabel(r"quantile of $z_1$")
    axes.set_ylabel(r"quantile of $z_2$")
    return figure


def _show(axes: Axes, images: NDArray[np.float64], columns: int) -> None:
    """Images side by side, black on white, the first row at the bottom."""
    rows = len(images) // columns
    framed = np.zeros((rows, columns, _SIDE + 1, _SIDE + 1))
    framed[:, :, :_SIDE, :_SIDE] = images.reshape(rows, columns, _SIDE, _SIDE)
    sheet = framed[::-1].transpose(0, 2, 1, 3).reshape(rows * (_SIDE + 1), -1)
    axes.imshow(sheet[:-1, :-1], cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
