"""Listings: PyTorch's gradients against those written out by hand, where PyTorch is installed."""

from __future__ import annotations

import ast
import importlib
from importlib.util import find_spec
from pathlib import Path

import pytest

from language.claims import Status
from numerics.experiments.reparametrization import run

LISTINGS = sorted(Path(importlib.import_module("numerics.listings").__path__[0]).glob("[!_]*.py"))
HAS_TORCH = find_spec("torch") is not None


@pytest.mark.parametrize("path", LISTINGS, ids=lambda path: path.stem)
def test_a_listing_is_imported_without_its_library_and_ends_in_one_function(path: Path) -> None:
    module = importlib.import_module(f"numerics.listings.{path.stem}")
    assert callable(module.loss)
    last = ast.parse(path.read_text(encoding="utf-8")).body[-1]
    assert isinstance(last, ast.FunctionDef)
    assert [argument.arg for argument in last.args.args] == ["x", "g", "f"]


def test_every_listing_is_executed_exactly_where_pytorch_is() -> None:
    executed = {m.name.partition(":")[0] for m in run(3).measurements if ":" in m.name}
    assert executed == ({path.stem for path in LISTINGS} if HAS_TORCH else set())


@pytest.mark.parametrize("seed", [4, 5])
def test_the_printed_program_gives_the_encoder_nothing(seed: int) -> None:
    found = {m.name: m for m in run(seed).measurements}
    assert found["model-2-lambda-printed"].estimate == 0
    repaired = found["model-2-lambda-repaired"]
    assert repaired.upper < 0  # the exact gradient is far from zero, and so is every estimate
    assert repaired.verdict.status is Status.STATISTICAL
    if HAS_TORCH:
        assert found["model_2_printed:lambda"].estimate == 0
        assert found["model_2_repaired:lambda"].upper < 0
