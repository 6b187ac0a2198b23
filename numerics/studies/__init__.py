"""Studies: one module each, whose ``run(setting)`` measures at length what was derived.

Experiments are over in a moment and are part of every check; studies draw millions of samples or
train models. A module that needs PyTorch says ``TRAINS = True``.
"""

from __future__ import annotations

import pkgutil

__all__ = ["study_names"]


def study_names() -> list[str]:
    """The names of all studies."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))
