"""Training a GAN between two point masses from many starts at once.

The two algorithms of Mescheder, Geiger and Nowozin, "Which training methods for GANs do actually
converge?" (2018), Algorithms 1 and 2, for the Dirac-GAN with a biased critic and the penalty
gamma / 2 psi_0^2. States have the coordinates (psi_0, psi_1, theta): the critic's slope and bias,
and the generator's sample.

A block of trajectories takes all its steps before the next block begins, so that its states stay
in the cache. Large work is compiled where Numba is installed, and then done by all cores.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from numerics.compilation import compiled, fused, numba_installed

__all__ = [
    "SCHEMES",
    "Run",
    "alternating",
    "fast_logistic",
    "logistic",
    "simulate",
    "simultaneous",
]

Reals: TypeAlias = NDArray[np.float64]
#: A number, or an array of NumPy or PyTorch: what a step is made of is written once for all.
Value: TypeAlias = Any
State: TypeAlias = "tuple[Value, Value, Value]"
#: Slope, bias, place, weight, rate and the logistic function to the next state.
Step: TypeAlias = "Callable[..., State]"


class Run(NamedTuple):
    """Where trajectories ended.

    Attributes:
        states: the last states, of shape (3, m).
        outside: after how many of its steps each trajectory was farther from equilibrium than the
            radius that was asked for; of shape (m,).
    """

    states: Reals
    outside: Reals


def simultaneous(
    slope: Value,
    bias: Value,
    place: Value,
    weight: Value,
    rate: float,
    logistic: Callable[[Value], Value],
) -> State:
    """One step of both players from the old parameters."""
    push = logistic(slope * place + bias)
    return (
        slope - rate * (place * push + weight * slope),
        bias + rate * (logistic(-bias) - push),
        place + rate * slope * push,
    )


def alternating(
    slope: Value,
    bias: Value,
    place: Value,
    weight: Value,
    rate: float,
    logistic: Callable[[Value], Value],
) -> State:
    """One step of the critic, and then one of the generator, who sees the new critic."""
    push = logistic(slope * place + bias)
    new_slope = slope - rate * (place * push + weight * slope)
    new_bias = bias + rate * (logistic(-bias) - push)
    pull = new_slope * logistic(new_slope * place + new_bias)
    return new_slope, new_bias, place + rate * pull


SCHEMES: Mapping[str, Step] = MappingProxyType(
    {"simultaneous": simultaneous, "alternating": alternating}
)

#: Trajectories whose states stay in the cache: more where each operation is a call.
_BLOCK, _COMPILED_BLOCK = 1 << 14, 1 << 11
_WORTH_COMPILING = 10**8  # steps: about a second without
_FUSED = 8  # steps in one kernel on a GPU


def simulate(
    starts: Reals,
    weights: Reals,
    rate: float,
    steps: int,
    scheme: str,
    *,
    radius: float | None = None,
    threads: int | None = None,
    device: str = "cpu",
) -> Run:
    """Take ``steps`` steps from every start.

    Args:
        starts: of shape (3, m).
        weights: gamma for each of them, of shape (m,).
        rate: the learning rate.
        steps: how many steps each takes.
        scheme: a name in :data:`SCHEMES`.
        radius: count the steps after which the distance from equilibrium exceeds this; None counts
            nothing.
        threads: of compiled work; as many as there are cores unless given. The result does not
            depend on it.
        device: where it happens, as PyTorch names it.
    """
    step = SCHEMES[scheme]
    if device != "cpu":
        return _device_run(starts, weights, rate, steps, step, radius, device)
    fast = numba_installed() and starts.shape[1] * steps >= _WORTH_COMPILING
    run = Run(np.array(starts, dtype=np.float64, order="C"), np.zeros(starts.shape[1]))
    size = _COMPILED_BLOCK if fast else _BLOCK
    blocks = [slice(k, k + size) for k in range(0, starts.shape[1], size)]

    def advance(block: slice) -> None:
        outside = None if radius is None else run.outside[block]
        limit = 0.0 if radius is None else radius**2
        arguments = (run.states[:, block], weights[block], rate, steps, step, limit, outside)
        (_advance_compiled if fast else _advance_arrays)(*arguments)

    if fast:
        advance(slice(0, 0))  # compiles, before threads ask for it
        with ThreadPoolExecutor(threads or os.cpu_count()) as pool:
            list(pool.map(advance, blocks))
    else:
        for block in blocks:
            advance(block)
    return run


def logistic(z: Reals) -> Reals:
    """The logistic function of an array; it does not overflow."""
    return 0.5 + 0.5 * np.tanh(0.5 * z)


def _advance_arrays(
    states: Reals,
    weights: Reals,
    rate: float,
    steps: int,
    step: Step,
    limit: float,
    outside: Reals | None,
) -> None:
    """Move ``states`` by whole arrays, and count."""
    state: State = tuple(states)
    for _ in range(steps):
        state = step(*state, weights, rate, logistic)
        if outside is not None:
            outside += _squared(state) > limit
    states[:] = state


def _squared(state: State) -> Value:
    slope, bias, place = state
    return slope**2 + bias**2 + place**2


# Compiled.


def _advance_compiled(
    states: Reals,
    weights: Reals,
    rate: float,
    steps: int,
    step: Step,
    limit: float,
    outside: Reals | None,
) -> None:
    """The same by compiled loops."""
    one_step, logistic = compiled(step), compiled(fast_logistic)
    compiled(_loops)(*states, weights, rate, steps, one_step, logistic, limit, outside)


def _loops(
    slope: Reals,
    bias: Reals,
    place: Reals,
    weights: Reals,
    rate: float,
    steps: int,
    step: Step,
    logistic: Callable[[Value], Value],
    limit: float,
    outside: Reals | None,
) -> None:
    for _ in range(steps):
        for i in range(slope.size):
            a, b, c = step(slope[i], bias[i], place[i], weights[i], rate, logistic)
            slope[i], bias[i], place[i] = a, b, c
            if outside is not None:
                outside[i] += 1.0 if a * a + b * b + c * c > limit else 0.0


_LOG_2 = math.log(2)
_PER_LOG_2 = 1 / math.log(2)
#: Adding it rounds to a whole number, which then is in the last bits.
_ROUNDER = 1.5 * 2.0**52
#: Where the logistic function is zero or one up to 1e-17.
_FAR = 40.0


def fast_logistic(z: float) -> float:
    """The logistic function without branches or calls, so that loops over it become vectors.

    exp(z) = 2^n exp(r) with |r| <= log(2)/2, and exp(r) is the quotient of the two polynomials of
    its Pade approximant of order (5, 5), to 1e-15 there. The absolute error is below 1e-15.
    """
    z = min(max(z, -_FAR), _FAR)
    rounded = np.float64(z * _PER_LOG_2 + _ROUNDER)
    r = z - (rounded - _ROUNDER) * _LOG_2
    s = r * r
    even = (30 * s + 3360) * s + 30240
    odd = ((s + 420) * s + 15120) * r
    up = np.float64(even + odd)
    # 2^n multiplies by adding n to the exponent.
    up = np.int64(up.view(np.int64) + (rounded.view(np.int64) << 52)).view(np.float64)
    return float(up / (up + (even - odd)))


# On a GPU.


def _device_run(
    starts: Reals,
    weights: Reals,
    rate: float,
    steps: int,
    step: Step,
    radius: float | None,
    device: str,
) -> Run:
    """The same by PyTorch: several steps in one kernel, so that arithmetic bounds it."""
    import torch

    limit = math.inf if radius is None else radius**2

    def advance(state: State, outside: Value, weight: Value, count: int) -> tuple[State, Value]:
        for _ in range(count):
            state = step(*state, weight, rate, torch.sigmoid)
            outside = outside + (_squared(state) > limit)
        return state, outside

    several = fused(advance, device)
    arrays = (*starts, np.zeros(starts.shape[1]), weights)
    *coordinates, outside, weight = (torch.from_numpy(array.copy()).to(device) for array in arrays)
    state: State = tuple(coordinates)
    for start in range(0, steps, _FUSED):
        state, outside = several(state, outside, weight, min(_FUSED, steps - start))
    return Run(torch.stack(state).cpu().numpy(), outside.cpu().numpy())
