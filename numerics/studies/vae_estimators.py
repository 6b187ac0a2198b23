"""What draws from an encoder estimate: the bound by one of them, tighter bounds by several.

For networks trained on digits as in ``vae_on_digits``:

- the one-draw estimate of the bound, whose mean is the bound (``vae_training``),
- the importance weighted bound of K draws (Burda, Grosse and Salakhutdinov, "Importance weighted
  autoencoders", 2016; ``importance_bounds``). Its exact value comes from Frullani's integral
  log s = int (e^-t - e^(-t s)) dt / t: the expectation over K independent draws becomes the K-th
  power of an expectation over one, which is an integral over the latent plane.

How much of the one-draw estimate's variance is due to the draw, and how much to which image it is
for, is observed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from numerics.comparisons import replicated
from numerics.measurements import Experiment, Measurement, Observation
from numerics.models.autoencoders import (
    LATENT,
    Autoencoder,
    binary,
    digits,
    divergence,
    exact_bounds,
    log_normal,
    normal_nodes,
    numbers,
    plane,
    trained,
)
from numerics.settings import Setting
from numerics.statistics import decide_mean, experiment_budget
from numerics.training import device_name, reproducible

__all__ = ["run"]

TRAINS = True

Reals: TypeAlias = NDArray[np.float64]

#: Draws of an importance weighted bound.
COUNTS = (1, 10, 100, 1000)
#: Steps of the integral of Frullani for each power of ten.
STEPS = 16
BUDGET = experiment_budget("bound", *(f"importance-{count}" for count in COUNTS))


def run(setting: Setting) -> Experiment:
    """Train, then draw from the encoder's laws many times."""
    began = perf_counter()
    training, held_out = digits(setting)
    with reproducible(setting) as torch:
        vae = trained(torch, setting, binary(training))
        images = vae.tensor(binary(held_out[: setting.choose(8, 32)]))
        with torch.no_grad():
            mean, deviation = vae.law(images)
        laws = _Laws(vae, images, mean, deviation)
        bounds = exact_bounds(vae, images, mean, deviation)
        evidence = plane(vae, images, setting.choose(0.08, 0.04)).log_evidence()
        one_draw = _one_draw(setting, laws, bounds)
        spread = tuple(_spread(setting, laws, bounds))
        series, weighted = _importance(setting, laws, bounds)
    return Experiment(
        "vae_estimators",
        (one_draw, *weighted),
        MappingProxyType({**series, "evidence": evidence}),
        device=device_name(setting.device),
        seconds=perf_counter() - began,
        observations=(*spread, _evidence(setting, evidence)),
    )


@dataclass(frozen=True, slots=True)
class _Laws:
    """Images with the encoder's laws of them, as tensors (n, 64), (n, 2) and (n, 2)."""

    vae: Autoencoder
    images: Any
    mean: Any
    deviation: Any

    def log_likelihood(self, which: Any, noise: Reals) -> Reals:
        """log P(x|z) at z = mean + deviation noise, for these images and their noise (..., 2)."""
        with self.vae.torch.no_grad():
            latent = self.mean[which] + self.deviation[which] * self.vae.tensor(noise)
            return numbers(self.vae.log_likelihood(self.images[which], latent))

    def log_weights(self, i: int, noise: Reals) -> Reals:
        """log P(x|z) + log p(z) - log q(z|x) of the i-th image, at draws from its noise (m, 2)."""
        mean, deviation = numbers(self.mean[i]), numbers(self.deviation[i])
        zeros, ones = np.zeros(LATENT), np.ones(LATENT)
        prior = log_normal(mean + deviation * noise, zeros, ones)
        law = log_normal(noise, zeros, ones) - np.log(deviation).sum()
        result: Reals = self.log_likelihood([i], noise) + prior - law
        return result


def _one_draw(setting: Setting, laws: _Laws, bounds: Reals) -> Measurement:
    """The lecture's estimate for a random image, whose mean is the mean bound.

    It is bounded: the decoder's last hidden units are within one of zero, so a logit is at most
    the sum of its absolute weights.
    """
    generator = setting.generator("one draw")
    kl = numbers(divergence(laws.mean, laws.deviation))
    last = laws.vae.decoder[-1]
    most = last.weight.abs().sum(1) + last.bias.abs()
    worst = -float(laws.vae.torch.nn.functional.softplus(most).sum().detach())

    def estimates(count: int) -> Reals:
        which = generator.integers(len(bounds), size=count)
        likelihood = laws.log_likelihood(which, generator.standard_normal((count, LATENT)))
        result: Reals = likelihood - kl[which]
        return result

    predicted = float(bounds.mean())
    limits = worst - float(kl.max()), -float(kl.min())
    epsilon = setting.choose(1.0, 0.25)
    decision = decide_mean(estimates, predicted, limits, BUDGET["bound"], epsilon)
    words = "mean one-draw estimate of the bound, held-out images, in nats"
    return decision.measurement("bound", words, predicted, setting.seed)


def _spread(setting: Setting, laws: _Laws, bounds: Reals) -> Iterator[Observation]:
    """Where the variance of the one-draw estimate for a random image comes from."""
    generator, draws = setting.generator("spread"), setting.choose(500, 4000)
    points, shares = normal_nodes(0.25)
    squares, exact = np.empty((len(bounds), draws)), np.empty(len(bounds))
    for i in range(len(bounds)):
        at_points = laws.log_likelihood([i], points)
        mean = float(shares @ at_points)
        exact[i] = shares @ (at_points - mean) ** 2
        drawn = laws.log_likelihood([i], generator.standard_normal((draws, LATENT)))
        squares[i] = (drawn - mean) ** 2
    error = float(squares.std(ddof=1)) / math.sqrt(squares.size)
    yield Observation(
        "variance-of-draws",
        "variance of the one-draw estimate of an image's bound, mean over held-out images",
        float(squares.mean()),
        error,
        squares.size,
        setting.seed,
        predicted=float(exact.mean()),
    )
    yield Observation(
        "variance-of-images",
        "variance of the exact bounds of held-out images",
        float(bounds.var(ddof=1)),
        None,
        bounds.size,
        setting.seed,
    )


def _evidence(setting: Setting, evidence: Reals) -> Observation:
    error = float(evidence.std(ddof=1)) / math.sqrt(evidence.size)
    words = "mean log evidence by quadrature, held-out images, in nats: the limit of the bounds"
    value = float(evidence.mean())
    return Observation("evidence", words, value, error, evidence.size, setting.seed)


def importance_bounds(log_weights: Reals, shares: Reals, counts: tuple[int, ...]) -> Reals:
    """E log of the average of K independent weights, for powers of ten K, to seven digits.

    Args:
        log_weights: at the nodes of a quadrature.
        shares: the weights of the quadrature, which sum to one.
        counts: the numbers of draws, powers of ten.
    """
    centre = float(shares @ log_weights)
    step = math.log(10) / STEPS
    shifts = [STEPS * round(math.log10(count)) for count in counts]
    below, above = round(50 / step), round(60 / step)
    exponents = step * np.arange(-below - max(shifts), above + 1)
    with np.errstate(over="ignore"):
        transforms = np.array(
            [1 + shares @ np.expm1(-np.exp(u + log_weights - centre)) for u in exponents]
        )
    once = np.exp(-np.exp(exponents[max(shifts) :]))
    found = [
        step * (once - transforms[max(shifts) - shift :][: once.size] ** count).sum()
        for count, shift in zip(counts, shifts, strict=True)
    ]
    return centre + np.array(found)


def _importance(
    setting: Setting, laws: _Laws, bounds: Reals
) -> tuple[dict[str, Reals], list[Measurement]]:
    """Importance weighted bounds, drawn and exact."""
    generator = setting.generator("importance")
    counts, replicates = COUNTS[: setting.choose(3, 4)], setting.choose(24, 384)
    points, shares = normal_nodes(0.25)
    images = range(len(bounds))
    exact = np.mean(
        [importance_bounds(laws.log_weights(i, points), shares, counts) for i in images], axis=0
    )
    drawn = np.empty((replicates, len(bounds), len(counts)))
    for replicate in range(replicates):
        for i in images:
            weights = laws.log_weights(i, generator.standard_normal((counts[-1], LATENT)))
            for k, count in enumerate(counts):
                averages = logsumexp(weights.reshape(-1, count), axis=1) - math.log(count)
                drawn[replicate, i, k] = averages.mean()
        setting.progress(0.5 + 0.3 * replicate / replicates)
    estimates = drawn.mean(1)
    measurements = [
        replicated(
            f"importance-{count}",
            f"mean importance weighted bound of {count} draws, held-out images, in nats",
            float(exact[k]),
            estimates[:, k],
            BUDGET[f"importance-{count}"],
            setting.choose(0.25, 0.05),
            "independent draws",
            samples=replicates * len(bounds) * counts[-1],
            seed=setting.seed,
        )
        for k, count in enumerate(counts)
    ]
    series = {
        "counts": np.array(counts, dtype=np.float64),
        "importance-bounds": exact,
        "drawn-bounds": estimates,
    }
    return series, measurements
