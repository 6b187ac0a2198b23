"""Each study's quick level, carried out once for all tests that look at it."""

from __future__ import annotations

import importlib
from functools import cache

import pytest

from numerics.measurements import Experiment
from numerics.settings import Setting


def quick(name: str) -> Experiment:
    """What a study finds at the quick level with seed 0; the test is skipped without PyTorch."""
    if getattr(importlib.import_module(f"numerics.studies.{name}"), "TRAINS", False):
        pytest.importorskip("torch")
    return _kept(name)


def carry_out(name: str) -> Experiment:
    """The same, carried out now."""
    experiment: Experiment = importlib.import_module(f"numerics.studies.{name}").run(Setting())
    return experiment


_kept = cache(carry_out)
