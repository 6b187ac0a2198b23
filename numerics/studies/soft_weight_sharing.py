"""Soft weight sharing: a network whose weights gather in a few groups, and what that saves.

A classifier of scikit-learn's digits (8 x 8 pixels, one hidden layer) is trained with a Gaussian
prior, then further with a mixture of normal laws as the prior of its weights (Nowlan and Hinton,
"Simplifying neural networks by soft weight-sharing", Neural Computation 4, 1992; for compression:
Ullrich, Meeds and Welling, ICLR 2017, whose factor in front of the regularizer is kept). Weights,
means, log variances and logits of the mixing weights are trained together; the regularizer's part
of every gradient is the derived formula in terms of responsibilities, and automatic
differentiation of the mixture's density is used to check it. The conditions under which a mixture
is at rest are checked after expectation-maximization with the trained weights fixed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from derivations.topics import mixture_prior as topic
from numerics.comparisons import Value, agreement, claims_of, predict
from numerics.measurements import Experiment, Measurement, Observation
from numerics.models.weight_mixtures import (
    Mixture,
    averages,
    by_groups,
    differentiated,
    find_groups,
    nearest_values,
    slopes,
    to_rest,
)
from numerics.settings import Setting
from numerics.training import device_name, reproducible

__all__ = ["TRAINS", "run"]

TRAINS = True

Reals: TypeAlias = NDArray[np.float64]

HIDDEN, CLASSES, TESTED = 32, 10, 500
#: The variance of the Gaussian prior before, and the factor in front of the mixture's regularizer.
BROAD, FACTOR = 0.5, 0.05
#: The regularizer has no lower bound: no deviation may fall below this one.
FLOOR = 0.0005
#: Digits of sums of thousands of terms with exponents in the thousands.
WANTED = 8
#: What a number that is not coded takes, in bits.
PLAIN = 32
#: The weights whose gradients are compared with the derived terms, and those that are drawn.
COMPARED, DRAWN = 12, 40


@dataclass(frozen=True, slots=True)
class _Task:
    """Digits to learn from and to be tested on, and the network's functions of its weights."""

    torch: Any
    inputs: Any
    labels: Any
    test_inputs: Any
    test_labels: Any

    @property
    def sizes(self) -> tuple[int, int]:
        """How many weights both layers have."""
        return HIDDEN * self.inputs.shape[1], CLASSES * HIDDEN

    def scores(self, w: Any, biases: Any, inputs: Any) -> Any:
        first, second = w.split(self.sizes)
        one, two = biases.split((HIDDEN, CLASSES))
        hidden = self.torch.relu(inputs @ first.reshape(HIDDEN, -1).T + one)
        return hidden @ second.reshape(CLASSES, -1).T + two

    def loss(self, w: Any, biases: Any) -> Any:
        """The negative log likelihood, summed over the examples."""
        scores = self.scores(w, biases, self.inputs)
        return self.torch.nn.functional.cross_entropy(scores, self.labels, reduction="sum")

    def accuracy(self, w: Reals, biases: Any) -> float:
        """The share of the test digits that are recognized with these weights."""
        weights = self.torch.tensor(w, device=biases.device)
        right = self.scores(weights, biases, self.test_inputs).argmax(1) == self.test_labels
        return float(right.double().mean())


def _task(torch: Any, setting: Setting) -> _Task:
    """The digits, split at random; pixels that are never on are left out, the rest centred."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    order = setting.generator("split").permutation(digits.target.size)
    test, train = order[:TESTED], order[TESTED:]
    used = digits.data[train].std(axis=0) > 0
    pixels = (digits.data[:, used] - digits.data[train][:, used].mean(axis=0)) / 8
    parts = (pixels[train], digits.target[train], pixels[test], digits.target[test])
    return _Task(torch, *(torch.tensor(part, device=setting.device) for part in parts))


def run(setting: Setting) -> Experiment:
    """Train, share, round the weights to the values of their groups, and count bits."""
    began = perf_counter()
    with reproducible(setting) as torch:
        task = _task(torch, setting)
        w, biases = _train(task, setting)
        before, old_biases = _array(w), biases.detach().clone()
        mixture, series = _share(task, setting, w, biases)
        after = _array(w)
        trained = Mixture(*map(_array, mixture))
        rested = to_rest(after, trained, FLOOR)
        measurements = (*_gradients(torch, w, mixture), *_at_rest(torch, after, rested))
        groups = find_groups(after, trained)
        rounded = by_groups(after, groups)
        middle = np.abs(rounded) == np.abs(rounded).min()
        control = nearest_values(before, groups)
        accuracies = {
            "before": task.accuracy(before, old_biases),
            "after": task.accuracy(after, biases),
            "rounded": task.accuracy(rounded, biases),
            "pruned": task.accuracy(np.where(middle, 0.0, rounded), biases),
            "control": task.accuracy(control, old_biases),
        }
    return Experiment(
        "soft_weight_sharing",
        measurements,
        MappingProxyType(series | _histograms(before, after, trained)),
        device=device_name(setting.device),
        seconds=perf_counter() - began,
        observations=(
            *_accuracies(accuracies, setting.seed),
            *_compression(groups, middle, _entropy(control), setting.seed),
        ),
    )


def _array(tensor: Any) -> Reals:
    """A copy of a tensor's values."""
    return np.array(tensor.detach().cpu().numpy(), dtype=np.float64)


# training -------------------------------------------------------------------------------------


def _train(task: _Task, setting: Setting) -> tuple[Any, Any]:
    """Weights and biases by Adam, with the weight decay of the broad Gaussian prior."""
    torch, generator = task.torch, setting.generator("network")
    scales = np.repeat([1 / math.sqrt(task.inputs.shape[1]), 1 / math.sqrt(HIDDEN)], task.sizes)
    start = scales * generator.normal(size=sum(task.sizes))
    w = torch.tensor(start, device=setting.device, requires_grad=True)
    biases = torch.zeros_like(w[: HIDDEN + CLASSES], requires_grad=True)
    groups = [{"params": [w], "weight_decay": 1 / BROAD}, {"params": [biases]}]
    optimizer = torch.optim.Adam(groups, lr=0.02)
    for _ in range(setting.choose(80, 300)):
        optimizer.zero_grad()
        task.loss(w, biases).backward()
        optimizer.step()
    return w, biases


def _share(task: _Task, setting: Setting, w: Any, biases: Any) -> tuple[Mixture, dict[str, Reals]]:
    """Train on with the mixture prior, in place; the derived formulas are the gradients."""
    torch, steps = task.torch, setting.choose(150, 2000)
    count, spread = setting.choose(5, 9), float(w.detach().std())
    options = {"dtype": w.dtype, "device": w.device, "requires_grad": True}
    mixture = Mixture(
        torch.tensor(np.linspace(-2, 2, count) * spread, **options),
        torch.full((count,), 2 * math.log(4 * spread / count), **options),
        torch.zeros(count, **options),
    )
    # the log variances move by at most the rate at a step: the same way at both levels
    rates = [
        {"params": [w, biases], "lr": setting.choose(0.005, 0.002)},
        {"params": list(mixture), "lr": 6 / steps},
    ]
    optimizer = torch.optim.Adam(rates)
    fade = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / steps)
    kept = np.unique(np.linspace(0, steps, 101).astype(int))
    chosen = setting.generator("drawn").choice(w.numel(), DRAWN, replace=False)
    path: list[tuple[Reals, Reals]] = []
    for step in range(steps + 1):
        if step in kept:
            path.append((_array(w)[chosen], _array(mixture.mean)))
            setting.progress(0.1 + 0.85 * step / steps)
        if step == steps:
            break
        optimizer.zero_grad()
        task.loss(w, biases).backward()
        with torch.no_grad():
            pull, derived = slopes(torch, w, mixture)
            w.grad += FACTOR * pull
            for parameter, slope in zip(mixture, derived, strict=True):
                parameter.grad = FACTOR * slope
        optimizer.step()
        fade.step()
        with torch.no_grad():
            mixture.eta.clamp_(min=2 * math.log(FLOOR))
    weights, means = zip(*path, strict=True)
    return Mixture(*(part.detach() for part in mixture)), {
        "steps": kept.astype(np.float64),
        "weights": np.array(weights),
        "means": np.array(means),
    }


# the mixture at rest --------------------------------------------------------------------------


def _gradients(torch: Any, w: Any, mixture: Mixture) -> tuple[Measurement, ...]:
    """The derived terms and formulas at the trained mixture, against differentiation."""
    solutions = (topic.weight_gradient(), topic.mean_gradient(), topic.spread_gradient())
    claims = {
        name: claim
        for solution in (*solutions, topic.posterior())
        for name, claim in claims_of(solution).items()
    }
    few = w.detach()[:: max(1, w.numel() // COMPARED)][:COMPARED]
    mean, eta, logit = (part.tolist() for part in mixture)
    shares = torch.softmax(mixture.logit, 0).tolist()
    values: dict[str, Value] = {"n": COMPARED, "m": len(mean), "w": few.tolist(), "mu": mean}
    busy = int(np.argmax(shares))
    values |= {"eta": eta, "a": logit, "i": busy + 1, "j": busy + 1}
    values |= {"sigma": [math.exp(one / 2) for one in eta], "pi": shares}
    slope = differentiated(torch, few, mixture)
    words = {
        "dR-dw": "a weight",
        "dR-dmu": "a mean",
        "dR-deta": "a log variance",
        "dR-da": "a logit",
    }
    terms = tuple(
        agreement(
            name,
            f"trained mixture: derivative of the regularizer of a few weights in {of}",
            predict(claims[name].closed_form, claims[name].notation, values),
            float(slope[place][busy]),
            1,
            "automatic differentiation",
            wanted=WANTED,
        )
        for place, (name, of) in enumerate(words.items())
    )
    pull, derived = slopes(torch, w.detach(), mixture)
    found = differentiated(torch, w, mixture)
    apart = max(
        float((one - two).abs().max() / two.abs().max())
        for one, two in zip((pull, *derived), found, strict=True)
    )
    whole = agreement(
        "gradients",
        "largest relative difference of the gradients in training from differentiation",
        0.0,
        apart,
        1,
        "automatic differentiation",
        wanted=WANTED,
    )
    return (*terms, whole)


def _at_rest(torch: Any, w: Reals, rested: Mixture) -> tuple[Measurement, ...]:
    """The largest relative distance of the parameters from their averages; the slopes there."""
    mean, variance, share = averages(w, rested)
    _, *by_mixture = differentiated(
        torch, torch.tensor(w), Mixture(*(torch.tensor(part) for part in rested))
    )
    slope = np.array([_array(part) for part in by_mixture])
    slope[0] *= np.exp(rested.eta / 2)  # by a mean in units of the deviation
    bound = rested.eta <= 2 * math.log(FLOOR)  # here the slope may point below
    slope[1, bound] = np.minimum(slope[1, bound], 0)
    apart = {
        "mean": (
            "means from their averages, in deviations",
            (rested.mean - mean) * np.exp(-rested.eta / 2),
        ),
        "variance": (
            "variances from their averages or the bound, relative",
            np.exp(rested.eta) / np.maximum(variance, FLOOR**2) - 1,
        ),
        "share": ("mixing weights from their averages, relative", np.exp(rested.logit) / share - 1),
        "slope": ("slopes of the regularizer from zero, per weight", slope / w.size),
    }
    return tuple(
        agreement(
            f"{name}-at-rest",
            f"mixture at rest, weights fixed: largest distance of {words}",
            0.0,
            float(np.abs(distance).max()),
            w.size,
            "expectation-maximization",
            wanted=WANTED,
        )
        for name, (words, distance) in apart.items()
    )


# compression ----------------------------------------------------------------------------------


def _accuracies(accuracies: Mapping[str, float], seed: int) -> tuple[Observation, ...]:
    words = {
        "before": "before sharing",
        "after": "after training with the mixture",
        "rounded": "each weight rounded to the mean of its group",
        "pruned": "the group nearest to zero set to zero as well",
        "control": "before sharing, rounded to as many values by k-means",
    }
    return tuple(
        Observation(
            f"accuracy-{name}",
            f"accuracy on digits not trained on: {words[name]}",
            share,
            math.sqrt(share * (1 - share) / TESTED),
            TESTED,
            seed,
        )
        for name, share in accuracies.items()
    )


def _compression(
    groups: NDArray[np.int64], middle: NDArray[np.bool_], control: float, seed: int
) -> tuple[Observation, ...]:
    """How many values are left, and what it takes to write down which weight has which."""
    entropy, values = _entropy(groups), int(np.unique(groups).size)
    rate = PLAIN * groups.size / (entropy * groups.size + PLAIN * values)
    found = {
        "values": ("distinct values of the weights after rounding", values),
        "middle": ("share of the weights in the group nearest to zero", middle.mean()),
        "entropy": ("entropy of a weight's value (bits)", entropy),
        "entropy-control": ("the same for the network rounded by k-means (bits)", control),
        "rate": (
            f"bits at {PLAIN} for each weight, over the entropies and a table of values",
            rate,
        ),
    }
    return tuple(
        Observation(name, words, float(value), None, groups.size, seed)
        for name, (words, value) in found.items()
    )


def _entropy(values: NDArray[Any]) -> float:
    """Of the empirical law of the values, in bits."""
    parts = np.unique(values, return_counts=True)[1] / values.size
    return -float((parts * np.log2(parts)).sum())


def _histograms(before: Reals, after: Reals, mixture: Mixture) -> dict[str, Reals]:
    """The weights before and after, and the density of the trained mixture."""
    reach = 1.3 * float(np.abs(np.quantile(after, [0.005, 0.995])).max())
    edges, line = np.linspace(-reach, reach, 82), np.linspace(-reach, reach, 2001)
    squares = (line - mixture.mean[:, None]) ** 2 / np.exp(mixture.eta)[:, None]
    heights = np.exp(mixture.logit - mixture.eta / 2)[:, None] * np.exp(-squares / 2)
    return {
        "edges": edges,
        "before": np.histogram(before, edges, density=True)[0],
        "after": np.histogram(after, edges, density=True)[0],
        "line": line,
        "density": heights.sum(axis=0) / math.sqrt(2 * math.pi),
    }
