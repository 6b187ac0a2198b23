"""How fast losses under dropout are sampled, and how fast a million Dirac-GANs are trained.

    python -m benchmarks.sampling [--turns N]

Both are timed beside plain NumPy, eager PyTorch where it is installed, and ceilings measured in
the same run; on a GPU too, where there is one. All take turns, so that whatever else the machine
does slows down all alike. Times are medians over the turns; a turn before them does not count.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics import masks
from numerics.compilation import compiled, numba_installed
from numerics.trajectories import SCHEMES, fast_logistic, logistic, simulate

ROWS, COLUMNS = 64, 256  # of a mask
MASKS = 1 << 16
PLAIN_MASKS = 1 << 9  # for what keeps all masks in memory at once
KEEPS = (0.5, 0.3, 0.8)

TRAJECTORIES = 10**6
STEPS = 128
PLAIN_STEPS = 4
RATE, WEIGHT = 0.5, 0.5

GENERATOR = np.random.default_rng(0)


@dataclass(frozen=True, slots=True)
class Contender:
    """Something to time: its name, what it does, and how many units that is."""

    name: str
    work: Callable[[], object]
    units: float


def report(title: str, unit: str, contenders: Sequence[Contender], turns: int) -> None:
    """Time the contenders in turns; print their rates, and the first one's in units of each."""
    seconds: list[list[float]] = [[] for _ in contenders]
    for _ in range(turns + 1):
        for contender, times in zip(contenders, seconds, strict=True):
            began = time.perf_counter()
            contender.work()
            times.append(time.perf_counter() - began)
    medians = [statistics.median(times[1:]) for times in seconds]
    rates = [c.units / median for c, median in zip(contenders, medians, strict=True)]
    width = max(len(contender.name) for contender in contenders)
    print(f"\n{title}\n  {'':{width}}  {unit + ' per second':>17}  {'the first is':>12}")
    for contender, rate in zip(contenders, rates, strict=True):
        print(f"  {contender.name:{width}}  {rate:17.3g}  {rates[0] / rate:6.2f} times")


def torch_devices() -> Iterator[str]:
    """The devices of PyTorch, if it is installed."""
    if importlib.util.find_spec("torch") is not None:
        import torch

        yield "cpu"
        if torch.cuda.is_available():
            yield "cuda"


# Dropout.


@dataclass(frozen=True, slots=True)
class Regression:
    """Inputs (n, d), targets (n,), weights (d,), and the probability of keeping an entry."""

    inputs: NDArray[np.float64]
    targets: NDArray[np.float64]
    weights: NDArray[np.float64]
    keep: float

    def fast(self, device: str = "cpu") -> NDArray[np.float64]:
        """Losses as this package samples them."""
        return masks.losses(
            self.inputs, self.targets, self.weights, self.keep, MASKS, GENERATOR, device
        )

    def plain(self) -> NDArray[np.float64]:
        """Losses as the formula is written, in NumPy."""
        kept = GENERATOR.random((PLAIN_MASKS, *self.inputs.shape)) < self.keep
        residuals = self.targets - np.einsum("mnd,nd,d->mn", kept, self.inputs, self.weights)
        return (residuals**2).sum(axis=1)

    def eager(self, device: str) -> float:
        """The mean loss by eager PyTorch; a number, so that the device has finished."""
        import torch

        there = (torch.from_numpy(a).to(device) for a in (self.inputs, self.targets, self.weights))
        inputs, targets, weights = there
        drawn = torch.rand((PLAIN_MASKS, *inputs.shape), dtype=torch.float64, device=device)
        residuals = targets - ((drawn < self.keep) * inputs) @ weights
        return float(residuals.square().sum(-1).mean())


def regression(keep: float) -> Regression:
    """A problem whose numbers do not matter here."""
    shapes: tuple[tuple[int, ...], ...] = ((ROWS, COLUMNS), (ROWS,), (COLUMNS,))
    inputs, targets, weights = (GENERATOR.normal(size=shape) for shape in shapes)
    return Regression(inputs, targets, weights, keep)


def dropout(keep: float) -> Iterator[Contender]:
    """Samples of the loss, and the random numbers that they need at least."""
    problem, entries = regression(keep), ROWS * COLUMNS
    chunk, chunks = masks.BLOCK, MASKS * entries // masks.BLOCK

    def words() -> None:
        for _ in range(chunks):
            GENERATOR.integers(0, 1 << 64, chunk // 8, dtype=np.uint64)

    def uniforms() -> None:
        for _ in range(chunks // 16):
            GENERATOR.random(chunk)

    yield Contender("closedform", problem.fast, MASKS)
    yield Contender("plain NumPy", problem.plain, PLAIN_MASKS)
    for device in torch_devices():
        name = f"eager PyTorch, {device}"
        yield Contender(name, lambda device=device: problem.eager(device), PLAIN_MASKS)
    yield Contender("ceiling: only the random words that it draws", words, MASKS)
    yield Contender("ceiling: a random number for each entry", uniforms, MASKS / 16)


def dropout_on_gpu(keep: float) -> Iterator[Contender]:
    """The same on a GPU, beside the drawing of its words alone."""
    import torch

    problem, entries, size = regression(keep), ROWS * COLUMNS, 1 << 12

    @torch.compile
    def words() -> Any:
        return torch.randint(0, 1 << 62, (size, entries), device="cuda").sum(-1)

    yield Contender("closedform, cuda", lambda: problem.fast("cuda"), MASKS)
    yield Contender("eager PyTorch, cuda", lambda: problem.eager("cuda"), PLAIN_MASKS)
    yield Contender("ceiling: only the random words", lambda: words().cpu(), size)


# Trajectories.


def starts(count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where trajectories start, of shape (3, count), and their weights of the penalty."""
    return GENERATOR.uniform(-2, 2, (3, count)), np.full(count, WEIGHT)


def training(scheme: str) -> Iterator[Contender]:
    """Steps of a million trajectories, and what bounds them."""
    states, weights = starts(TRAJECTORIES)
    step, copy = SCHEMES[scheme], np.empty_like(states)

    def fast(threads: int | None) -> object:
        return simulate(states, weights, RATE, STEPS, scheme, threads=threads)

    def plain() -> None:
        state = tuple(states)
        for _ in range(PLAIN_STEPS):
            state = step(*state, weights, RATE, lambda z: 1 / (1 + np.exp(-z)))

    many, few = STEPS * TRAJECTORIES, PLAIN_STEPS * TRAJECTORIES
    yield Contender(f"closedform, {os.cpu_count()} threads", lambda: fast(None), many)
    yield Contender("closedform, 1 thread", lambda: fast(1), many)
    yield Contender("plain NumPy", plain, few)
    for device in torch_devices():
        yield Contender(f"eager PyTorch, {device}", eager_steps(scheme, device), few)
    memory = "ceiling: memory, each step reads and writes the states"
    yield Contender(memory, lambda: np.copyto(copy, states), TRAJECTORIES)
    arithmetic = "ceiling: arithmetic, only the logistic functions, 1 thread"
    evaluated = SWEEPS * CACHED / LOGISTIC_FUNCTIONS[scheme]
    yield Contender(arithmetic, logistic_functions(), evaluated)


def training_on_gpu(scheme: str) -> Iterator[Contender]:
    """The same on a GPU."""
    import torch

    states, weights = starts(TRAJECTORIES)
    there = torch.from_numpy(states).to("cuda")
    copy = torch.empty_like(there)

    @torch.compile
    def chain(values: Any) -> Any:
        for _ in range(LOGISTIC_FUNCTIONS[scheme] * GPU_CHAIN):
            values = torch.sigmoid(values)
        return values

    def finished(work: Callable[[], object]) -> Callable[[], None]:
        def both() -> None:
            work()
            torch.cuda.synchronize()

        return both

    yield Contender(
        "closedform, cuda",
        lambda: simulate(states, weights, RATE, GPU_STEPS, scheme, device="cuda"),
        GPU_STEPS * TRAJECTORIES,
    )
    eager = eager_steps(scheme, "cuda")
    yield Contender("eager PyTorch, cuda", eager, PLAIN_STEPS * TRAJECTORIES)
    memory = "ceiling: memory, each step reads and writes the states"
    yield Contender(memory, finished(lambda: copy.copy_(there)), TRAJECTORIES)
    arithmetic = "ceiling: arithmetic, only the logistic functions"
    yield Contender(arithmetic, finished(lambda: chain(there[0])), GPU_CHAIN * TRAJECTORIES)


#: In a step of each scheme.
LOGISTIC_FUNCTIONS = {"simultaneous": 2, "alternating": 3}
CACHED, SWEEPS = 2048, 20_000  # values in the cache, and how often each is replaced
GPU_STEPS, GPU_CHAIN = 1 << 13, 64


def eager_steps(scheme: str, device: str) -> Callable[[], float]:
    """Steps by eager PyTorch, ending with a number, so that the device has finished."""
    import torch

    states, weights = (torch.from_numpy(array).to(device) for array in starts(TRAJECTORIES))

    def work() -> float:
        state = tuple(states)
        for _ in range(PLAIN_STEPS):
            state = SCHEMES[scheme](*state, weights, RATE, torch.sigmoid)
        return float(state[0][0])

    return work


def sweep(values: NDArray[np.float64], function: Callable[[Any], Any]) -> None:
    """Replace every value by that of the function, time and again."""
    for _ in range(SWEEPS):
        for i in range(values.size):
            values[i] = function(values[i])


def logistic_functions() -> Callable[[], None]:
    """Logistic functions of values in the cache, by what :func:`simulate` evaluates them with."""
    values = np.linspace(-1, 1, CACHED)
    if numba_installed():
        return lambda: compiled(sweep)(values, compiled(fast_logistic))

    def whole_arrays() -> None:
        for _ in range(SWEEPS):
            values[:] = logistic(values)

    return whole_arrays


def main() -> None:
    """Time everything and print it."""
    parser = argparse.ArgumentParser(prog="benchmarks.sampling", description=__doc__)
    parser.add_argument("--turns", type=int, default=9, help="how often each is timed")
    turns = parser.parse_args().turns
    speed = "compiled by Numba" if numba_installed() else "without Numba"
    print(f"cores: {os.cpu_count()}; {speed}; medians of {turns} turns")
    gpu = "cuda" in torch_devices()
    for keep in KEEPS:
        title = f"Losses of masks of {ROWS} x {COLUMNS}, keeping {keep:g}"
        report(title, "masks", list(dropout(keep)), turns)
        if gpu:
            report(f"{title}, GPU", "masks", list(dropout_on_gpu(keep)), turns)
    for scheme in SCHEMES:
        title = f"{TRAJECTORIES:,} trajectories, {scheme} steps"
        report(title, "steps", list(training(scheme)), turns)
        if gpu:
            report(f"{title}, GPU", "steps", list(training_on_gpu(scheme)), turns)


if __name__ == "__main__":
    main()
