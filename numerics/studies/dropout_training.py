"""Stochastic gradient descent with dropout, and where it ends up.

A linear model is trained on minibatches whose inputs are masked at random. The derived minimizer of
the expected loss, (1/p) (X^T X + lambda Gamma^2)^{-1} X^T y with lambda = (1 - p)/p
(:func:`derivations.topics.dropout.dropout_minimizer`), is where its weights should end up on
average. PyTorch's ``Dropout`` divides what it keeps by p ("inverted dropout"), which replaces w by
w / p: its weights should end up at p times the minimizer, the weights that predict.

One step at rate h on a batch of B masked examples z (drawn with replacement) is
w <- w - (2h/B) sum z (z^T w - y): an affine map of w that is independent of it, so that

    E[w_k] - w* = (I - h H)^k (w_0 - w*)

*exactly*, where H is the Hessian of the expected loss over n. At a constant rate the weights keep
moving, but their mean tends to the minimizer geometrically, and their average over steps (Polyak
and Juditsky, "Acceleration of stochastic approximation by averaging", SIAM J. Control Optim. 30,
1992; at a constant rate: Bach and Moulines, NeurIPS 2013) is as close to it as one likes. The steps
before the average begins are as many as make its bias less than 1e-9, which the eigenvalues of H
tell beforehand.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from time import perf_counter
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from derivations.topics import dropout as topic
from numerics.comparisons import claims_of, replicated
from numerics.experiments.dropout import Problem
from numerics.measurements import Experiment, Measurement
from numerics.settings import Setting
from numerics.statistics import ErrorBudget, experiment_budget
from numerics.training import device_name, reproducible
from numerics.valuations import Rows

__all__ = ["TRAINS", "run"]

TRAINS = True

Reals: TypeAlias = NDArray[np.float64]

ROWS, COLUMNS, BATCH = 64, 5, 16
KEEPS = (("half", Fraction(1, 2)), ("most", Fraction(4, 5)))
#: What is left of the bias when the average over steps begins.
BIAS = 1e-9
#: Along which averages are compared: from least squares to the minimizer, and any.
DIRECTIONS = ("change", "drawn")


@dataclass(frozen=True, slots=True)
class Prediction:
    """What is known of a training beforehand.

    Attributes:
        minimizer: where the weights end up on average, shape (d,).
        least_squares: the weights without dropout, shape (d,).
        hessian: of the expected loss over n, shape (d, d).
        rate: the constant rate of the steps.
    """

    minimizer: Reals
    least_squares: Reals
    hessian: Reals
    rate: float

    def bias(self, steps: Reals) -> Reals:
        """The distance of E[w_k] from the minimizer after each number of steps from w = 0."""
        values, vectors = np.linalg.eigh(self.hessian)
        parts = (1 - self.rate * values) ** steps[:, None] * (vectors.T @ self.minimizer)
        return np.asarray(np.linalg.norm(parts, axis=1), dtype=np.float64)

    def burn_in(self) -> int:
        """Steps after which the bias stays below ``BIAS``, and so does that of an average."""
        slowest = float(np.abs(1 - self.rate * np.linalg.eigvalsh(self.hessian)).max())
        start = float(np.linalg.norm(self.minimizer))
        return math.ceil(math.log(BIAS / start) / math.log(slowest))


def _draw(setting: Setting) -> tuple[Reals, Reals]:
    """Features that share a part and differ in their scales, and targets with noise."""
    generator = setting.generator("data")
    shared, own = generator.uniform(-1, 1, (ROWS, 1)), generator.uniform(-1, 1, (ROWS, COLUMNS))
    inputs = (shared + own) * np.linspace(0.8, 1.2, COLUMNS)
    targets = inputs @ generator.uniform(-1, 1, COLUMNS) + generator.uniform(-1, 1, ROWS) / 2
    return inputs, targets


def _prediction(inputs: Reals, targets: Reals, keep: Fraction, *, inverted: bool) -> Prediction:
    """The derived minimizer and Hessian; with inverted dropout, in terms of v = p w.

    At this rate no step can lead away: the eigenvalues of h z z^T are at most one for every masked
    example z, so that those of I - 2 h z z^T lie between -1 and 1.
    """
    solution = topic.dropout_minimizer()
    claims = claims_of(solution)
    zero = ((Fraction(0),),) * COLUMNS
    problem = Problem(_exact(inputs), _exact(targets[:, None]), zero, keep)
    minimizer = claims["pw-dropout" if inverted else "w-dropout"]
    scale = float(keep) if inverted else 1.0
    hessian = problem.value(claims["hessian"].closed_form, claims["hessian"].notation)
    return Prediction(
        problem.value(minimizer.closed_form, minimizer.notation),
        problem.value(solution.formulas["least-squares"], solution.notation),
        hessian.reshape(COLUMNS, COLUMNS) / ROWS / scale**2,
        scale**2 / float((inputs**2).sum(axis=1).max()),
    )


def _exact(matrix: Reals) -> Rows:
    return tuple(tuple(Fraction(float(entry)) for entry in row) for row in matrix)


@dataclass(frozen=True, slots=True)
class Training:
    """What was measured in one training.

    Attributes:
        averages: of the weights over the steps after the burn-in, shape (replicates, d).
        steps: after which the distances were taken.
        distances: of the minimizer from the mean of all replicates, from a replicate, and from a
            replicate's average over the steps after the burn-in so far; the last two as root mean
            squares over replicates. Shape (steps, 3).
        length: steps of each replicate.
    """

    averages: Reals
    steps: Reals
    distances: Reals
    length: int


def _train(
    torch: Any,
    data: tuple[Reals, Reals],
    mask: Callable[[Any], Any],
    prediction: Prediction,
    setting: Setting,
) -> Training:
    """Minibatch descent of independent replicates side by side, each on batches of its own."""

    def tensor(values: Reals) -> Any:
        return torch.as_tensor(values, dtype=torch.float64, device=setting.device)

    inputs, targets, minimizer = map(tensor, (*data, prediction.minimizer))
    replicates = setting.choose(quick=32, full=256)
    weights = tensor(np.zeros((replicates, COLUMNS))).requires_grad_()
    optimizer = torch.optim.SGD([weights], lr=prediction.rate)
    start = prediction.burn_in()
    length = start + setting.choose(quick=500, full=10_000)
    looks = [int(step) for step in np.unique(np.geomspace(1, length, 48).round())]
    sums = torch.zeros_like(weights)
    distances: list[list[float]] = []
    for step in range(1, length + 1):
        rows = torch.randint(ROWS, (replicates, BATCH), device=setting.device)
        predicted = torch.einsum("rbd,rd->rb", mask(inputs[rows]), weights)
        optimizer.zero_grad()
        ((targets[rows] - predicted) ** 2).mean(dim=1).sum().backward()
        optimizer.step()
        with torch.no_grad():
            if step > start:
                sums += weights
            if step == looks[len(distances)]:
                off = torch.stack((weights, sums / max(step - start, 1))) - minimizer
                each = (off**2).sum(dim=2).mean(dim=1).sqrt()
                distances.append([float(off[0].mean(dim=0).norm()), *each.tolist()])
    averages = (sums / (length - start)).cpu().numpy()
    return Training(averages, np.array(looks, dtype=np.float64), np.array(distances), length)


def _compare(
    name: str,
    words: str,
    training: Training,
    prediction: Prediction,
    setting: Setting,
    budget: ErrorBudget,
) -> list[Measurement]:
    """The replicates' averages along two directions that were fixed beforehand.

    One leads from the least-squares weights to the minimizer, the other is drawn. The error left
    open is a part of what dropout changes, so that weights without regularization cannot pass.
    """
    change = prediction.minimizer - prediction.least_squares
    size = float(np.linalg.norm(change))
    drawn = setting.generator("direction").standard_normal(COLUMNS)
    directions = (
        ("change", "component away from least squares", change / size),
        ("drawn", "component in a drawn direction", drawn / np.linalg.norm(drawn)),
    )
    return [
        replicated(
            f"{name}-{which}",
            f"average weights of {words}, {where}",
            float(prediction.minimizer @ direction),
            training.averages @ direction,
            budget[f"{name}-{which}"],
            setting.choose(quick=1 / 4, full=1 / 50) * size,
            "stochastic gradient descent",
            samples=training.length * len(training.averages),
            seed=setting.seed,
        )
        for which, where, direction in directions
    ]


def run(setting: Setting) -> Experiment:
    """Train with masks as the question has them and as PyTorch has them, at each probability."""
    started = perf_counter()
    data = _draw(setting)
    kinds = [(convention, *keep) for keep in KEEPS for convention in ("plain", "inverted")]
    names = [f"{convention}-{label}" for convention, label, _ in kinds]
    budget = experiment_budget(*(f"{name}-{which}" for name in names for which in DIRECTIONS))
    measurements: list[Measurement] = []
    series: dict[str, Reals] = {}
    with reproducible(setting) as torch:
        for done, (name, (convention, _, keep)) in enumerate(zip(names, kinds, strict=True)):
            setting.progress(done / len(kinds))
            inverted = convention == "inverted"
            prediction = _prediction(*data, keep, inverted=inverted)
            mask = torch.nn.Dropout(1 - float(keep)) if inverted else _mask(torch, float(keep))
            training = _train(torch, data, mask, prediction, setting)
            words = f"{convention} dropout that keeps {keep}"
            measurements += _compare(name, words, training, prediction, setting, budget)
            series |= _series(name, training, prediction)
    return Experiment(
        "dropout_training",
        tuple(measurements),
        MappingProxyType(series),
        device=device_name(setting.device),
        seconds=perf_counter() - started,
    )


def _mask(torch: Any, keep: float) -> Callable[[Any], Any]:
    """Dropout without a scale, as the question defines it."""
    return lambda inputs: inputs * torch.bernoulli(torch.full_like(inputs, keep))


def _series(name: str, training: Training, prediction: Prediction) -> dict[str, Reals]:
    count = len(training.averages)
    return {
        f"{name}-steps": training.steps,
        f"{name}-distances": training.distances,
        f"{name}-bias": prediction.bias(training.steps),
        f"{name}-burn-in": np.array([float(prediction.burn_in())]),
        f"{name}-predicted": prediction.minimizer,
        f"{name}-least-squares": prediction.least_squares,
        f"{name}-measured": training.averages.mean(axis=0),
        f"{name}-errors": training.averages.std(axis=0, ddof=1) / math.sqrt(count),
    }
