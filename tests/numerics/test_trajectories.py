"""Trajectories of the Dirac-GAN: the derived steps, the same however they are computed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from flint import arb
from hypothesis import given, strategies as st

from derivations.topics import dirac_gan as topic
from language.terms import children
from numerics import trajectories
from numerics.comparisons import predict
from numerics.trajectories import SCHEMES, Run, simulate

REALS = st.floats(-3, 3)
#: Few, because some trajectories overshoot, and magnify rounding ten thousand times in 40 steps.
STEPS = 10


@given(REALS, REALS, REALS, st.floats(1e-3, 3), st.floats(1e-3, 1))
def test_steps_follow_the_derived_velocities(
    slope: float, bias: float, place: float, weight: float, rate: float
) -> None:
    (answer,) = (a for a in topic.regularized_velocity_field().answers if a.id == "v")

    def velocity(slope: float, bias: float, place: float) -> list[float]:
        values = {"psi_0": slope, "psi_1": bias, "theta": place, "gamma": weight}
        field = children(answer.derivation.claim.closed_form)
        return [predict(part, topic.REGULARIZED, values) for part in field]

    def run(scheme: str) -> list[float]:
        starts, weights = np.array([[slope], [bias], [place]]), np.array([weight])
        return list(simulate(starts, weights, rate, 1, scheme).states[:, 0])

    moved = np.array([slope, bias, place]) + rate * np.array(velocity(slope, bias, place))
    assert run("simultaneous") == pytest.approx(list(moved), abs=1e-12)
    seen = velocity(moved[0], moved[1], place)[2]
    assert run("alternating") == pytest.approx([*moved[:2], place + rate * seen], abs=1e-12)


@given(st.floats(-1e6, 1e6) | st.floats(-40, 40))
def test_the_fast_logistic_function_is_one(z: float) -> None:
    exact = float(1 / (1 + (-arb(z)).exp()))
    assert trajectories.fast_logistic(z) == pytest.approx(exact, rel=1e-13, abs=1e-17)
    assert trajectories.logistic(np.array(z)) == pytest.approx(exact, abs=3e-16)


@pytest.fixture(scope="module")
def starts() -> tuple[np.ndarray, np.ndarray]:
    """More than fill a block, and from where simultaneous steps go far, too."""
    generator = np.random.default_rng(0)
    return generator.uniform(-4, 4, (3, 20_000)), generator.uniform(0, 2, 20_000)


def _same(found: Run, expected: Run) -> None:
    scale = np.abs(expected.states).max(axis=0)
    assert (np.abs(found.states - expected.states) <= 1e-12 * scale + 1e-12).all()
    assert (found.outside == expected.outside).all()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_compiled_steps_are_the_same(
    scheme: str, starts: tuple[np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("numba")
    plain = simulate(*starts, 0.5, STEPS, scheme, radius=1.0)
    assert plain.outside.min() < plain.outside.max() == STEPS
    monkeypatch.setattr(trajectories, "_WORTH_COMPILING", 0)
    one, two = (simulate(*starts, 0.5, STEPS, scheme, radius=1.0, threads=n) for n in (1, 2))
    assert (one.states == two.states).all()
    _same(one, plain)
    uncounted = simulate(*starts, 0.5, STEPS, scheme)
    assert (uncounted.states == one.states).all()
    assert not uncounted.outside.any()
    with pytest.raises(AssertionError):
        _same(simulate(*starts, 0.5 + 1e-9, STEPS, scheme, radius=1.0), plain)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_steps_of_pytorch_are_the_same(scheme: str, starts: tuple[np.ndarray, np.ndarray]) -> None:
    """On the CPU here: what differs on a GPU is that PyTorch compiles them."""
    pytest.importorskip("torch")
    plain = simulate(*starts, 0.5, STEPS, scheme, radius=1.0)
    found = trajectories._device_run(*starts, 0.5, STEPS, SCHEMES[scheme], 1.0, "cpu")
    _same(found, plain)


@pytest.mark.gpu
@pytest.mark.parametrize("scheme", SCHEMES)
def test_steps_on_a_gpu_are_the_same(scheme: str, starts: tuple[np.ndarray, np.ndarray]) -> None:
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("no GPU")
    plain, there = (simulate(*starts, 0.5, STEPS, scheme, device=d) for d in ("cpu", "cuda"))
    np.testing.assert_allclose(there.states, plain.states, rtol=1e-6, atol=1e-12)


def test_starts_stay_as_they_were() -> None:
    before = np.ones((3, 2))
    simulate(before, np.zeros(2), 0.5, 3, "alternating")
    assert (before == 1).all()
    assert math.isclose(simulate(before, np.zeros(2), 0.5, 0, "alternating").states[0, 0], 1)
