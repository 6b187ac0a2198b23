"""The ``closedform`` command, started so that a project's own packages do not stand in its way."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

__all__ = ["main"]

_OURS = ("grading", "reports", "templates")
_HOME = Path(__file__).resolve().parent.parent


def main() -> None:
    """Run the command line with our packages found before those of the same name elsewhere.

    A user's PYTHONPATH may hold a project that has a folder ``reports``, too. One that has a
    ``language`` or ``numerics`` has been told so by then: see :mod:`closedform.shadowing`.
    """
    sys.path.sort(key=_stands_in_the_way)
    importlib.import_module("reports.cli").main()


def _stands_in_the_way(entry: str) -> bool:
    folder = Path(entry)
    if folder.resolve() == _HOME:
        return False
    return any((folder / name).is_dir() or (folder / f"{name}.py").exists() for name in _OURS)
