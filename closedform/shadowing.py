"""Say in one line when somebody else's package stands in the place of one of ours.

The packages of closedform have plain names. A project that has its own ``reports``, ``templates``
or ``tests`` is no trouble, for the front door never imports those; its own ``numerics`` is.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

__all__ = ["NEEDED", "check"]

#: The packages that the front door imports.
NEEDED = ("language", "derivations", "numerics")

_HOME = Path(__file__).resolve().parent.parent


def check(*needed: str) -> None:
    """Raise ImportError if Python would import another package in the place of one of ours.

    Those that are looked at are NEEDED where no name is given.
    """
    for name in needed or NEEDED:
        found = _location(name)
        if found is None:
            raise ImportError(f"closedform's own package {name!r} is missing: install it again")
        if found != _HOME / name:
            raise ImportError(
                f"closedform needs its own package {name!r}, but {found} stands in its place: "
                "rename that one, or start Python from another folder"
            )


def _location(name: str) -> Path | None:
    """The folder, or the file, that ``import name`` would load."""
    try:
        spec = find_spec(name)
    except ValueError:
        # already imported, by somebody who left its __spec__ empty
        file = getattr(sys.modules[name], "__file__", None)
        return Path(file).resolve() if file else Path(name)
    if spec is None:
        return None
    if spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations))).resolve()
    return Path(spec.origin or name).resolve()
