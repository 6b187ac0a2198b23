"""Least squares GANs on small discrete laws: the criterion by regression, and what training does.

The optimal discriminator is a regression of the labels, so it can be fitted without the formula;
and with the discriminator at its optimum one step of the generator can be taken exactly. The data
are a fair coin, q is the generator's share of heads, and its one parameter is the logit of q.
"""

from __future__ import annotations

import math
from time import perf_counter
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from derivations.topics.least_squares_gan import generator_criterion
from numerics.comparisons import agreement, claims_of, predict
from numerics.measurements import Experiment, Measurement
from numerics.statistics import decide_mean, experiment_budget

__all__ = ["run"]

Reals: TypeAlias = NDArray[np.float64]

LINE: Reals = np.linspace(-12.0, 13.0, 5001)
EPSILON = 0.01  # of a range of 2
#: What the generator wants to hear: the label of the data, the midpoint, the label of the fakes.
WISHES = (1.0, 0.5, 0.0)
FAKE_LABEL, REAL_LABEL = 0.0, 1.0
RATE = 0.5  # the generator's learning rate in the local comparison
NEAR = 1e-5  # the imbalance of shares from which it starts there
STEPS = 40


def _triangular(p: Reals, q: Reals) -> float:
    """int (p - q)^2 / (p + q)."""
    return float(((p - q) ** 2 / (p + q)).sum())


def _fitted(p: Reals, q: Reals, fake: float, real: float) -> Reals:
    """The discriminator that least squares finds: one free number at each point, both classes."""
    weights = np.sqrt(np.concatenate((p, q)))
    design = np.vstack((np.eye(p.size), np.eye(p.size))) * weights[:, None]
    labels = np.repeat((real, fake), p.size) * weights
    solution: Reals = np.linalg.lstsq(design, labels, rcond=None)[0]
    return solution


def _criteria(generator: np.random.Generator, seed: int) -> list[Measurement]:
    """2 C(G), with a discriminator by regression, against a constant and a divergence."""
    found = []
    for number, size in enumerate((3, 7), 1):
        p, q = (generator.dirichlet(np.ones(size)) for _ in range(2))
        a, b, c = (float(label) for label in generator.normal(size=3))
        said = _fitted(p, q, a, b)
        measured = float(((p + q) * (said - c) ** 2).sum())
        predicted = (a + b - 2 * c) ** 2 / 2 + (b - a) ** 2 / 4 * _triangular(p, q)
        words = f"twice the criterion by regression, random labels and laws on {size} points"
        found.append(
            agreement(
                f"criterion-{number}", words, predicted, measured, size, "least squares", seed=seed
            )
        )
    return found


def _sampled(generator: np.random.Generator, seed: int) -> Measurement:
    """The divergence of N(0, 1) and N(1, 1), as twice the mean of (D* - c)^2 under the mixture.

    With the labels -1 and 1 and the wish 0 the optimal discriminator says tanh((x - 1/2)/2).
    """
    first, second = (
        np.exp(-0.5 * (LINE - mean) ** 2) / math.sqrt(2 * math.pi) for mean in (0.0, 1.0)
    )
    value = _triangular(first, second) * float(LINE[1] - LINE[0])

    def sampler(count: int) -> Reals:
        x = generator.normal(size=count) + generator.integers(0, 2, size=count)
        result: Reals = 2 * np.tanh((x - 0.5) / 2) ** 2
        return result

    level = experiment_budget("sampled")["sampled"]
    decision = decide_mean(sampler, value, (0.0, 2.0), level, EPSILON)
    words = "N(0, 1) against N(1, 1): twice the criterion from samples, labels -1 and 1, wish 0"
    return decision.measurement("sampled", words, value, seed)


def _step(share: float, wish: float, rate: float) -> float:
    """The share after one descent step of the generator, the discriminator at its optimum."""
    ratios = np.array((2 * share, 2 * (1 - share)))
    said = (REAL_LABEL + FAKE_LABEL * ratios) / (1 + ratios)
    losses = (said - wish) ** 2 / 2
    slope = share * (1 - share) * float(losses[0] - losses[1])
    logit = math.log(share / (1 - share)) - rate * slope
    return 1 / (1 + math.exp(-logit))


def _growth(wish: float) -> float:
    """By what factor one step multiplies a small imbalance of the shares."""
    share = 0.5 + NEAR / 2
    for _ in range(STEPS):
        share = _step(share, wish, RATE)
    return float(((2 * share - 1) / NEAR) ** (1 / STEPS))


def _factors() -> list[Measurement]:
    """The measured factors against 1 - rate slope / 8, the slope from the derivation.

    With h = 2 q - 1 small, the ratios are 1 + h and 1 - h, the losses differ by h times the slope
    of the squared distance at equality, halved and doubled; dq = q (1 - q) ds and q (1 - q) = 1/4
    twice, and h is 2 q - 1: so h changes by - rate slope h / 8.
    """
    claim = claims_of(generator_criterion())["restoring-force"]
    labels = {"a": FAKE_LABEL, "b": REAL_LABEL}
    found = []
    for name, wish in zip(("real-label", "midpoint", "fake-label"), WISHES, strict=True):
        slope = predict(claim.closed_form, claim.notation, {**labels, "c": wish})
        words = f"growth of a small imbalance in one generator step, labels 0 and 1, wish {wish:g}"
        found.append(
            agreement(
                f"growth-{name}", words, 1 - RATE * slope / 8, _growth(wish), STEPS, "simulation"
            )
        )
    return found


def _path(wish: float, steps: int, rate: float) -> Reals:
    shares = [0.6]
    for _ in range(steps):
        shares.append(_step(shares[-1], wish, rate))
    return np.array(shares)


def run(seed: int) -> Experiment:
    """The criterion by regression and by sampling, and the generator's steps near the optimum."""
    began = perf_counter()
    generator = np.random.Generator(np.random.PCG64(seed))
    measurements = (*_criteria(generator, seed), *_factors(), _sampled(generator, seed))
    paths = {f"path-{k}": _path(wish, 400, 1.0) for k, wish in enumerate(WISHES)}
    return Experiment(
        "least_squares_gan",
        measurements,
        MappingProxyType({"wishes": np.array(WISHES), **paths}),
        seconds=perf_counter() - began,
    )
