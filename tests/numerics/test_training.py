"""PyTorch as it is handed to studies: seeded, and left as it was found."""

from __future__ import annotations

import os
from typing import Any

import pytest

from numerics.compilation import fused
from numerics.settings import Setting
from numerics.training import reproducible, seeded

torch: Any = pytest.importorskip("torch")


def test_draws_repeat_and_what_was_set_comes_back() -> None:
    def state() -> tuple[Any, ...]:
        return (
            torch.get_num_threads(),
            torch.are_deterministic_algorithms_enabled(),
            torch.is_deterministic_algorithms_warn_only_enabled(),
            torch.get_rng_state().tolist(),
        )

    before, drawn = state(), []
    for _ in range(2):
        with reproducible(Setting(seed=5)):
            drawn.append(torch.rand(3).tolist())
    assert drawn[0] == drawn[1]
    assert state() == before


@pytest.mark.parametrize("seed", [2**40, 2**63, 2**64 - 1, 2**64, 10**30])
def test_a_seed_may_have_any_number_of_digits(seed: int) -> None:
    with seeded(seed, "cpu"):
        assert 0 <= torch.rand(1).item() < 1


@pytest.mark.parametrize("own", [None, ":16:8"])
def test_products_on_a_gpu_repeat_unless_the_user_chose_how_they_are_done(
    own: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable, forked = "CUBLAS_WORKSPACE_CONFIG", torch.random.fork_rng
    monkeypatch.delenv(variable, raising=False)
    if own is not None:
        monkeypatch.setenv(variable, own)
    named: list[Any] = []

    def forks(devices: Any) -> Any:
        named.append(list(devices))
        return forked([])  # there need not be a GPU

    monkeypatch.setattr(torch.random, "fork_rng", forks)
    with reproducible(Setting(device="cuda:1")):
        assert os.environ[variable] == (own or ":4096:8")
    assert os.environ.get(variable) == own
    with reproducible(Setting()):
        assert os.environ.get(variable) == own
    assert named == [["cuda:1"], []]


def test_without_a_compiler_functions_are_called_as_they_stand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from torch._dynamo.exc import TorchDynamoException

    tried: list[Any] = []

    def compile_(function: Any, dynamic: bool) -> Any:
        def fails(*arguments: Any) -> Any:
            tried.append(arguments)
            raise TorchDynamoException("no compiler")

        return fails

    monkeypatch.setattr(torch, "compile", compile_)
    double = fused(lambda x: 2 * x, "cuda")
    assert (double(3), double(4)) == (6, 8)
    assert tried == [(3,)]
