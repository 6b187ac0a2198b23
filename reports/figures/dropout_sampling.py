"""Figure on the expected loss under dropout at large sizes: the error of its average."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from numerics.measurements import Experiment

__all__ = ["errors"]


def errors(experiments: Mapping[str, Experiment]) -> Figure:
    """The error of the average loss against the number of masks, beside the exact rate."""
    series = experiments["dropout_sampling"].series
    sizes, measured = series["sizes"], series["errors"]
    figure = Figure(figsize=(5.0, 3.0))
    axes = figure.subplots()
    axes.loglog(
        sizes,
        series["deviation"] / np.sqrt(sizes),
        "-",
        color="0.45",
        label=r"closed form, $\sigma / \sqrt{N}$",
    )
    axes.errorbar(
        sizes,
        measured,
        2 * series["errors-deviation"],
        fmt="o",
        color="0.0",
        markerfacecolor="none",
        elinewidth=0.8,
        capsize=2,
        label="measured, with two standard errors",
    )
    axes.set_xscale("log", base=2)
    axes.set_xlabel(r"number $N$ of masks")
    axes.set_ylabel("RMS error of the average loss")
    axes.grid(visible=True)
    axes.legend(loc="upper right")
    return figure
