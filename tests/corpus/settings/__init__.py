"""For every gradable answer a setting in which what a student means can be computed."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from corpus.meanings import AnySetting


def all_settings() -> dict[str, AnySetting]:
    """The settings of every sheet in this folder, by the answer's full id."""
    found: dict[str, AnySetting] = {}
    for module in iter_modules(__path__):
        for name, setting in import_module(f"{__name__}.{module.name}").SETTINGS.items():
            assert name not in found, f"{name} has two settings"
            found[name] = setting
    return found
