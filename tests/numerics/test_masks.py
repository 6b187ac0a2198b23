"""Losses under random masks: the right law for any probability, compiled or not."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray

from language.claims import Status
from numerics import masks
from numerics.statistics import decide_mean

#: With targets and weights like these the root of a loss is the number of its mask in binary.
BINARY = np.array([[1.0, 2.0, 4.0]])


@pytest.fixture(params=[False, True], ids=["NumPy", "Numba"])
def fast(request: pytest.FixtureRequest) -> bool:
    if request.param:
        pytest.importorskip("numba")
    return bool(request.param)


@dataclass(frozen=True, slots=True)
class Scripted:
    """In place of a generator: every byte once, and always the same uniform number."""

    uniform: float

    def integers(self, low: int, high: int, size: int, dtype: Any) -> NDArray[np.uint64]:
        assert (low, high, 8 * size) == (0, 1 << 64, 256)
        return np.arange(256, dtype=np.uint8).view(dtype)

    def random(self, size: int) -> NDArray[np.float64]:
        return np.full(size, self.uniform)


@pytest.mark.parametrize("keep", [0.0, 1 / 256, 1 / 3, 1 / 2, 0.8, 0.999, math.nextafter(1, 0), 1])
def test_an_entry_is_one_with_exactly_the_probability(keep: float, fast: bool) -> None:
    def kept(uniform: float) -> int:
        generator: Any = Scripted(uniform)
        return int(masks._kept(256, keep, generator, fast=fast).sum())

    rest, whole = math.modf(256 * keep)
    # Of the 256 bytes, which are equally likely, one is kept if the uniform number is below rest.
    assert Fraction(rest) + Fraction(whole) == 256 * Fraction(keep)
    assert kept(rest) == whole
    if rest:
        assert kept(math.nextafter(rest, 0)) == whole + 1
    assert (rest * 2**53).is_integer()  # as many of the uniform numbers are below it


def _decided(keep: float, seen: NDArray[np.int64]) -> set[Status]:
    """Whether every mask of three entries came as often as with this probability."""
    found = set()
    for mask in range(8):
        share = keep ** mask.bit_count() * (1 - keep) ** (3 - mask.bit_count())
        came = iter((seen == mask).astype(np.float64))

        def sampler(count: int, came: Any = came) -> NDArray[np.float64]:
            return np.fromiter(came, np.float64, count)

        found.add(decide_mean(sampler, share, (0, 1), 1e-8, 0.02, seen.size).verdict.status)
    return found


@pytest.mark.parametrize("keep", [1 / 2, 0.8])
def test_every_mask_comes_as_often_as_it_should(keep: float, fast: bool) -> None:
    generator = np.random.default_rng(1)
    losses = masks._losses(BINARY, np.zeros(1), keep, 1 << 18, generator, fast=fast)
    assert _decided(keep, np.sqrt(losses).astype(int)) == {Status.STATISTICAL}
    assert Status.UNDECIDED in _decided(keep - 1 / 20, np.sqrt(losses).astype(int))


def test_probabilities_are_not_rounded_to_bytes(fast: bool) -> None:
    def decided(claimed: float) -> Status:
        generator = np.random.default_rng(2)

        def kept(count: int) -> NDArray[np.float64]:
            return masks._kept(count, 1 / 768, generator, fast=fast).astype(np.float64)

        return decide_mean(kept, claimed, (0, 1), 1e-8, 1 / 1024).verdict.status

    assert decided(1 / 768) is Status.STATISTICAL
    assert decided(0) is decided(1 / 256) is Status.UNDECIDED


@given(
    st.integers(1, 4), st.integers(1, 70), st.integers(1, 300), st.floats(0, 1), st.integers(0, 99)
)
@settings(max_examples=30)
def test_compiled_or_not_the_losses_are_the_same(
    rows: int, columns: int, count: int, keep: float, seed: int
) -> None:
    pytest.importorskip("numba")
    generator = np.random.default_rng(seed)
    parts, targets = generator.normal(size=(rows, columns)), generator.normal(size=rows)
    plain, compiled = (
        masks._losses(parts, targets, keep, count, np.random.default_rng(seed), fast=fast)
        for fast in (False, True)
    )
    np.testing.assert_allclose(compiled, plain, rtol=1e-12, atol=1e-12)


def test_blocks_join_and_a_loss_is_the_squared_error(fast: bool) -> None:
    generator = np.random.default_rng(3)
    inputs, targets, weights = (generator.normal(size=shape) for shape in ((3, 1000), 3, 1000))
    count = masks.BLOCK // 1000 + 7
    everything = masks.losses(inputs, targets, weights, 1.0, count, generator)
    np.testing.assert_allclose(everything, ((targets - inputs @ weights) ** 2).sum(), rtol=1e-12)
    nothing = masks.losses(inputs, targets, weights, 0.0, count, generator)
    np.testing.assert_allclose(nothing, (targets**2).sum(), rtol=1e-12)


def test_on_a_device_every_mask_comes_as_often_as_it_should() -> None:
    """On the CPU here: what differs on a GPU is that PyTorch compiles it."""
    pytest.importorskip("torch")

    def seen(seed: int) -> NDArray[np.int64]:
        generator = np.random.default_rng(seed)
        losses = masks._device_losses(BINARY, np.zeros(1), 1 / 3, 1 << 18, generator, "cpu")
        return np.sqrt(losses).astype(int)

    assert _decided(1 / 3, seen(0)) == {Status.STATISTICAL}
    assert Status.UNDECIDED in _decided(1 / 3 + 1 / 20, seen(0))
    assert (seen(0) == seen(0)).all()
    assert (seen(0) != seen(1)).any()


@pytest.mark.gpu
def test_on_a_gpu_every_mask_comes_as_often_as_it_should() -> None:
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("no GPU")
    generator = np.random.default_rng(0)
    losses = masks.losses(BINARY, np.zeros(1), np.ones(3), 1 / 3, 1 << 18, generator, "cuda")
    assert _decided(1 / 3, np.sqrt(losses).astype(int)) == {Status.STATISTICAL}
