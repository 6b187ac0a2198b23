"""Figures, found by name: ``dropout.penalty`` is the function ``penalty`` of ``dropout.py`` here.

A figure is a function from the experiments' results to a :class:`matplotlib.figure.Figure`. It is
drawn as vectors, with Computer Modern in its formulas, and its bytes are the same at every run.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from derivations.sheets import near

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from numerics.measurements import Experiment

__all__ = ["STYLE", "FigureError", "draw", "find_figure"]

Drawing: TypeAlias = "Callable[[Mapping[str, Experiment]], Figure]"

#: Small type, thin lines that differ in their dashes as well as their shade, no frame on top.
STYLE: dict[Any, Any] = {
    "font.family": "serif",
    "font.serif": ["cmr10", "DejaVu Serif"],
    "mathtext.fontset": "cm",
    "axes.formatter.use_mathtext": True,
    "axes.unicode_minus": False,
    "font.size": 9.0,
    "axes.labelsize": 9.0,
    "axes.titlesize": 9.0,
    "legend.fontsize": 8.0,
    "legend.frameon": False,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "lines.linewidth": 1.2,
    "lines.markersize": 4.0,
    "grid.linewidth": 0.4,
    "grid.color": "0.85",
    "figure.figsize": (5.0, 3.0),
    "figure.constrained_layout.use": True,
    "pdf.fonttype": 42,
    "svg.hashsalt": "closedform",
    "path.simplify": False,
}


class FigureError(LookupError):
    """There is no such figure; the message lists the near ones."""


def find_figure(name: str) -> Drawing:
    """The function that draws ``name``, such as ``"dropout.penalty"``.

    Raises:
        FigureError: no such module or function.
    """
    module_name, _, function = name.partition(".")
    modules = [
        path.stem for path in Path(__file__).parent.glob("[!_]*.py") if path.stem != "curves"
    ]
    if module_name not in modules or not function:
        raise FigureError(f"no figure {name!r}{near(module_name, sorted(modules))}")
    module = importlib.import_module(f"reports.figures.{module_name}")
    if function not in module.__all__:
        raise FigureError(f"no figure {name!r}{near(function, module.__all__)}")
    return cast("Drawing", getattr(module, function))


def draw(name: str, experiments: Mapping[str, Experiment], path: Path) -> None:
    """Draw the figure ``name`` into a PDF or SVG file; its bytes depend on nothing else."""
    import matplotlib

    drawing = find_figure(name)
    # matplotlib's own fonts carry dates that its font library finds odd
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    with matplotlib.rc_context(STYLE):
        figure = drawing(experiments)
        kind = path.suffix.removeprefix(".")
        dates = {"pdf": "CreationDate Creator Producer", "svg": "Date Creator"}[kind]
        figure.savefig(path, format=kind, backend=kind, metadata=dict.fromkeys(dates.split()))
