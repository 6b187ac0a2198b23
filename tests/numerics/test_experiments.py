"""What every experiment must do, whatever it measures; a new experiment is found by its file."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

import numpy as np
import pytest

import numerics.experiments
from language.claims import Status
from numerics.measurements import Experiment
from numerics.statistics import EXPERIMENTS_AT_MOST, RUN_ALPHA

NAMES = [module.name for module in pkgutil.iter_modules(numerics.experiments.__path__)]
SEEDS = (1, 20200412)


@cache
def outcome(name: str, seed: int) -> Experiment:
    run = importlib.import_module(f"numerics.experiments.{name}").run
    result: Experiment = run(seed)
    return result


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", NAMES)
def test_every_measurement_agrees_with_its_prediction(name: str, seed: int) -> None:
    found = outcome(name, seed)
    assert found.name == name
    assert found.measurements
    for measurement in found.measurements:
        assert measurement.verdict.status in (Status.EVIDENCE, Status.STATISTICAL), measurement
        assert measurement.lower <= measurement.estimate <= measurement.upper


@pytest.mark.parametrize("name", NAMES)
def test_the_seed_determines_everything(name: str) -> None:
    first = outcome(name, SEEDS[0])
    again = importlib.import_module(f"numerics.experiments.{name}").run(SEEDS[0])
    assert first.measurements == again.measurements
    assert first.series.keys() == again.series.keys()
    for key, values in first.series.items():
        assert np.array_equal(values, again.series[key], equal_nan=True)


@pytest.mark.parametrize("name", NAMES)
def test_statistical_checks_stay_within_the_experiments_share_of_alpha(name: str) -> None:
    verdicts = [measurement.verdict for measurement in outcome(name, SEEDS[0]).measurements]
    spent = sum(v.alpha for v in verdicts if v.alpha is not None)
    assert spent <= RUN_ALPHA / EXPERIMENTS_AT_MOST * (1 + 1e-9)
    assert len(NAMES) <= EXPERIMENTS_AT_MOST
