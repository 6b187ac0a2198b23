"""Weight decay is a Gaussian prior: training against the posterior it stands for.

A linear model of the diabetes data (442 patients, ten features, all in standard units) with
Gaussian noise and a Gaussian prior. The derived factor of the penalty, one over twice the prior's
variance, is handed to PyTorch's optimizers as their ``weight_decay``, and what they reach is
compared with the derived mode of the posterior, which is ridge regression. Every minimizer of
the same loss on fresh noise, decaying towards a draw from the prior instead of zero, is a draw
from the posterior (Papandreou and Yuille, "Gaussian sampling by local perturbations", NIPS 2010);
its mean is the mode. AdamW decays beside its scaled gradient, not inside it (Loshchilov and
Hutter, "Decoupled weight decay regularization", ICLR 2019, Algorithm 2); where it converges on all
the data at once, it does so at the minimizer of the loss alone, as long as every weight there is
below one over the decay (Xie and Li, "Implicit bias of AdamW", ICML 2024, Theorem 1.1). At last
the inputs and outputs of a small trained network change their units, and the penalty must follow
as derived (Bishop, "Pattern Recognition and Machine Learning", 2006, section 5.5.1).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from time import perf_counter
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from derivations.topics import weight_prior as topic
from numerics.comparisons import Value, agreement, predict
from numerics.measurements import Experiment, Measurement, Observation
from numerics.models.gaussian_regression import GaussianRegression, penalty_factor
from numerics.settings import Setting
from numerics.statistics import decide_mean_with_variance, experiment_budget
from numerics.training import device_name, reproducible

__all__ = ["TRAINS", "run"]

TRAINS = True

Reals: TypeAlias = NDArray[np.float64]
#: A loss, at parameters that are all in one tensor.
Loss: TypeAlias = Callable[[Any], Any]

#: Standard deviations of the noise and of the prior, in standard units.
NOISE, PRIOR = 0.7, 0.3
#: Steps down to rounding, at the pace below, and models that are trained at once.
STEPS, BATCH = 300, 4096
#: Digits of what converges to rounding, which the condition of the problem magnifies.
WANTED = 8
#: The network: its inputs by number, its hidden units, and the new units of inputs and outputs.
INPUTS, HIDDEN = (2, 8), 2
FACTORS = MappingProxyType({"a": Fraction(2), "b": Fraction(3)})

_BUDGET = experiment_budget("posterior-mean", "posterior-spread")


def _data() -> GaussianRegression:
    """The diabetes data, inputs and targets with mean zero and variance one."""
    from sklearn.datasets import load_diabetes

    data = load_diabetes()
    targets = data.target - data.target.mean()
    return GaussianRegression(
        data.data * math.sqrt(targets.size), targets / targets.std(), NOISE, PRIOR
    )


def run(setting: Setting) -> Experiment:
    """Train by several optimizers, sample the posterior, and change the units of a network."""
    began = perf_counter()
    problem = _data()
    mode, alone = problem.mode(), problem.alone
    with reproducible(setting) as torch:
        paths = _descend(torch, setting, problem)
        setting.progress(0.3)
        posterior = _posterior(torch, setting, problem, mode)
        setting.progress(0.9)
        units, unit = _change_of_units(torch, setting, problem)
    directions = np.linalg.eigh(problem.inputs.T @ problem.inputs)[1].T
    series = {"curvatures": problem.curvatures}
    for name, path in paths.items():
        series[f"distance-{name}"] = np.abs(path - mode).max(axis=1)
        series[f"left-{name}"] = directions @ path[-1] / (directions @ alone)
    return Experiment(
        "weight_decay_training",
        (*_at_the_mode(series), *posterior, *units),
        MappingProxyType(series),
        device=device_name(setting.device),
        seconds=perf_counter() - began,
        observations=(*_scaled(paths, mode, alone), unit),
    )


# optimizers -----------------------------------------------------------------------------------


def _descend(torch: Any, setting: Setting, problem: GaussianRegression) -> dict[str, Reals]:
    """The weights after every step, shape (steps + 1, d), for each way to train them."""
    options: dict[str, Any] = {"dtype": torch.float64, "device": setting.device}
    x, y = torch.tensor(problem.inputs, **options), torch.tensor(problem.targets, **options)

    def loss(w: Any) -> Any:
        return -torch.distributions.Normal(x @ w, NOISE).log_prob(y).mean()

    def surprise(w: Any) -> Any:
        prior = torch.distributions.Normal(torch.zeros_like(w), PRIOR)
        return loss(w) - prior.log_prob(w).sum() / y.numel()

    def path(objective: Loss, steps: int, optimizer: Any, fade: bool = False) -> Reals:
        w = torch.zeros(x.shape[1], requires_grad=True, **options)
        steady = optimizer([w])
        rate = torch.optim.lr_scheduler.LambdaLR(steady, lambda k: 1 - k / steps if fade else 1.0)
        found = [w.detach().clone()]
        for _ in range(steps):
            steady.zero_grad()
            objective(w).backward()
            steady.step()
            rate.step()
            found.append(w.detach().clone())
        result: Reals = torch.stack(found).cpu().numpy()
        return result

    optimizers, pace, decay = torch.optim, problem.pace(), {"weight_decay": problem.decay}
    long = setting.choose(400, 6000)
    return {
        "posterior": path(surprise, STEPS, lambda w: optimizers.SGD(w, **pace)),
        "decay": path(loss, STEPS, lambda w: optimizers.SGD(w, **pace, **decay)),
        "adam": path(loss, long, lambda w: optimizers.Adam(w, lr=0.05, **decay), fade=True),
        "adamw": path(loss, long, lambda w: optimizers.AdamW(w, lr=0.05, **decay), fade=True),
    }


def _at_the_mode(series: Mapping[str, Reals]) -> tuple[Measurement, ...]:
    """Where descent ends, against the derived mode; and what is left along two directions."""
    solution = topic.effect_of_weight_decay()
    ways = {
        "posterior": "descent on minus the log posterior, written with densities",
        "decay": "descent on the loss with the derived weight decay",
    }
    found = [
        (f"{name}-distance", f"{words}: largest distance from the mode", 0.0, distance)
        for name, words in ways.items()
        for distance in series[f"distance-{name}"][-1:]
    ]
    for place, name in ((0, "flattest"), (-1, "steepest")):
        values = {"h": float(series["curvatures"][place]), "lambda": penalty_factor(PRIOR)}
        factor = predict(solution.formulas["factor"], solution.notation, values)
        words = f"share of the least-squares weights left by decay in the {name} direction"
        found.append((f"{name}-direction", words, factor, series["left-decay"][place]))
    stage = "gradient descent with momentum"
    return tuple(
        agreement(name, words, predicted, float(estimate), STEPS, stage, wanted=WANTED)
        for name, words, predicted, estimate in found
    )


def _scaled(paths: Mapping[str, Reals], mode: Reals, alone: Reals) -> tuple[Observation, ...]:
    """Where the scaled optimizers end: Adam has the decay in its gradient, AdamW beside it."""

    def distance(name: str, words: str, path: Reals, from_: Reals, limit: Reals) -> Observation:
        apart, predicted = (float(np.abs(at - from_).max()) for at in (path[-1], limit))
        return Observation(name, words, apart, None, len(path) - 1, None, predicted)

    adam, adamw = paths["adam"], paths["adamw"]
    return (
        distance("adam", "Adam with the decay: largest distance from the mode", adam, mode, mode),
        distance("adamw", "AdamW with the same decay: from the mode", adamw, mode, alone),
        distance(
            "adamw-alone", "AdamW with it: from the weights without decay", adamw, alone, alone
        ),
    )


# the posterior --------------------------------------------------------------------------------


def _draw(
    torch: Any, setting: Setting, problem: GaussianRegression, generator: np.random.Generator
) -> Reals:
    """A batch of trained models, shape (d, BATCH): fresh noise, decay towards a draw of the prior.

    What is trained is the offset from that draw, so that the decay is the usual one.
    """
    x, size = problem.inputs, problem.targets.size
    centres = PRIOR * generator.normal(size=(x.shape[1], BATCH))
    noisy = problem.targets[:, None] + NOISE * generator.normal(size=(size, BATCH))
    options: dict[str, Any] = {"dtype": torch.float64, "device": setting.device}
    gram = torch.tensor(x.T @ x, **options)
    pull = torch.tensor(x.T @ (noisy - x @ centres), **options)
    offsets = torch.zeros_like(pull, requires_grad=True)
    optimizer = torch.optim.SGD([offsets], weight_decay=problem.decay, **problem.pace())
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = ((gram @ offsets / 2 - pull) * offsets).sum() / (size * NOISE**2)
        loss.backward()
        optimizer.step()
    trained: Reals = offsets.detach().cpu().numpy()
    return centres + trained


def _posterior(
    torch: Any, setting: Setting, problem: GaussianRegression, mode: Reals
) -> tuple[Measurement, ...]:
    """Mean and spread of trained models that are draws from the posterior, with guarantees."""
    covariance, largest = problem.covariance, int(np.abs(mode).argmax())
    variance, spread = float(covariance[largest, largest]), float(covariance.trace())
    share = setting.choose(0.15, 0.04)  # of what is measured, or of the posterior's deviation

    def decide(
        name: str,
        words: str,
        of: Callable[[Reals], Reals],
        claimed: float,
        variance: float,
        epsilon: float,
    ) -> Measurement:
        generator, ready = setting.generator(name), np.empty((mode.size, 0))

        def sampler(count: int) -> Reals:
            nonlocal ready
            while ready.shape[1] < count:
                drawn = _draw(torch, setting, problem, generator)
                ready = np.concatenate((ready, drawn), axis=1)
            models, ready = ready[:, :count], ready[:, count:]
            result: Reals = of(models)
            return result

        decision = decide_mean_with_variance(sampler, claimed, variance, _BUDGET[name], epsilon)
        return decision.measurement(name, words, claimed, setting.seed)

    return (
        decide(
            "posterior-mean",
            "mean of the largest weight over draws from the posterior, against its mode",
            lambda models: models[largest],
            float(mode[largest]),
            variance,
            share * math.sqrt(variance),
        ),
        decide(
            "posterior-spread",
            "mean squared distance of the draws from the mode, against the sum of variances",
            lambda models: ((models - mode[:, None]) ** 2).sum(axis=0),
            spread,
            2 * float((covariance**2).sum()),
            share * spread,
        ),
    )


# the units of a network -----------------------------------------------------------------------


def _change_of_units(
    torch: Any, setting: Setting, problem: GaussianRegression
) -> tuple[tuple[Measurement, ...], Observation]:
    """Train in the old units, undo a change of them in the weights, and train on."""
    options: dict[str, Any] = {"dtype": torch.float64, "device": setting.device}
    x = torch.tensor(problem.inputs[:, INPUTS], **options)
    y = torch.tensor(problem.targets, **options)
    a, b = (float(FACTORS[name]) for name in "ab")
    sizes = (HIDDEN * len(INPUTS), HIDDEN, HIDDEN, 1)

    def output(theta: Any, inputs: Any) -> Any:
        weights, biases, second, bias = theta.split(sizes)
        return torch.tanh(inputs @ weights.reshape(HIDDEN, -1).T + biases) @ second + bias

    def loss(inputs: Any, targets: Any, first: float, second: float) -> Loss:
        def value(theta: Any) -> Any:
            one, _, two, _ = theta.split(sizes)
            fit = ((targets - output(theta, inputs)) ** 2).sum()
            return fit + first * (one**2).sum() + second * (two**2).sum()

        return value

    solution = topic.layer_penalty_consistency()
    single = (
        2 * NOISE**2 * penalty_factor(PRIOR)
    )  # the fit is not over twice the noise variance here
    values: dict[str, Value] = {"lambda1": single, "lambda2": single, **FACTORS}
    old = loss(x, y, single, single)
    kept = loss(a * x, b * y, single, single)
    followed = loss(
        a * x,
        b * y,
        predict(solution.formulas["with-fit-first"], solution.notation, values),
        predict(solution.formulas["with-fit-second"], solution.notation, values),
    )
    start = torch.tensor(setting.generator("network").normal(size=sum(sizes)) / 2, **options)
    trained = _minimize(torch, old, start)
    weights, biases, second, bias = trained.split(sizes)
    moved = torch.cat([weights / a, biases, b * second, b * bias])

    def shift(objective: Loss) -> float:
        """How far training on moves the predictions: root mean square, in the old units."""
        change = output(_minimize(torch, objective, moved), a * x) / b - output(trained, x)
        return float((change**2).mean().sqrt())

    common = predict(solution.formulas["common"], solution.notation, FACTORS)
    stage, words = "BFGS and Newton's method", "new units for a network"
    measurements = (
        agreement(
            "units-objective",
            f"{words}: the objective whose factors followed, at the weights that undo the change",
            common * float(old(trained)),
            float(followed(moved)),
            1,
            stage,
            wanted=WANTED,
            seed=setting.seed,
        ),
        agreement(
            "units-followed",
            f"{words}: how far training on moves its predictions, the factors having followed",
            0.0,
            shift(followed),
            1,
            stage,
            wanted=WANTED,
            seed=setting.seed,
        ),
    )
    kept_words = f"{words}: how far it moves them, both factors kept as they were"
    return measurements, Observation("units-kept", kept_words, shift(kept), None, 1, setting.seed)


def _minimize(torch: Any, objective: Loss, start: Any) -> Any:
    """Quasi-Newton steps to a minimum close by, then Newton's own down to rounding."""
    options = {"dtype": start.dtype, "device": start.device}

    def value_and_slope(at: Reals) -> tuple[float, Reals]:
        slope, value = torch.func.grad_and_value(objective)(torch.tensor(at, **options))
        return float(value), slope.cpu().numpy()

    found = minimize(value_and_slope, start.cpu().numpy(), jac=True, method="BFGS")
    theta, gradient = torch.tensor(found.x, **options), torch.func.grad(objective)
    for _ in range(5):
        curvature, slope = torch.func.jacrev(gradient)(theta), gradient(theta)
        theta = theta - torch.linalg.pinv(curvature, hermitian=True) @ slope
    return theta
