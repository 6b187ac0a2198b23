"""Linear autoencoders on scikit-learn's digits: every bound, gap and optimum is known.

The decoder is W z + b with normal pixels of variance s^2, the encoder's mean is linear in the
image and its deviations do not depend on it. That is probabilistic principal components (Tipping
and Bishop, JRSS B 61, 1999, equations 4 and 6 to 8), and the bound has no optimum beside that of
the evidence (Lucas, Tucker, Grosse and Norouzi, "Don't blame the ELBO!", NeurIPS 2019). The
encoder sees images after a linear map that decorrelates them, which changes how fast one climbs
but not what a linear encoder can say. Compared are

- what the lecture's loop and then ascent on the exact bound reach with the greatest likelihood,
- the gap that independent coordinates leave at each image's own best law, where the latent space
  is rotated, with its closed form; by ascent, and by drawing with a guarantee,
- the gap of amortization for an encoder that is too poor, a matrix without an offset: the closed
  form of ``variational.amortization`` in 64 pixels instead of one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import perf_counter
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from numerics.comparisons import agreement
from numerics.measurements import Experiment, Measurement, Observation
from numerics.models.autoencoders import PIXELS, digits, divergence, numbers
from numerics.models.principal_components import (
    LinearModel,
    decorrelating,
    greatest_likelihood,
    most_likely,
    stand_ins,
)
from numerics.settings import Setting
from numerics.statistics import decide_mean_with_variance, experiment_budget
from numerics.training import device_name, reproducible

__all__ = ["run"]

TRAINS = True

Reals: TypeAlias = NDArray[np.float64]

SIZE = 5
BATCH = 100


@dataclass(frozen=True, slots=True)
class _Networks:
    """Encoder and decoder as single layers, and logarithms of their deviations."""

    torch: Any
    encoder: Any
    decoder: Any
    log_deviations: Any
    log_noise: Any

    def parameters(self) -> list[Any]:
        layers = [*self.encoder.parameters(), *self.decoder.parameters()]
        return [*layers, self.log_deviations, self.log_noise]

    def bounds(self, images: Any, seen: Any) -> Any:
        """The bound of each image, which the encoder sees as ``seen``, in closed form."""
        decoder = (self.decoder.weight, self.decoder.bias, self.log_noise)
        return bounds(images, decoder, self.encoder(seen), self.log_deviations.exp())

    def estimates(self, images: Any, seen: Any) -> Any:
        """The lecture's estimate of each bound, from one draw."""
        mean, deviation = self.encoder(seen), self.log_deviations.exp()
        latent = mean + deviation * self.torch.randn(mean.shape).to(mean)
        square = ((images - self.decoder(latent)) ** 2).sum(1)
        return _log_normal(square, self.log_noise) - divergence(mean, deviation)

    def model(self) -> LinearModel:
        """The decoder alone."""
        noise = float((2 * self.log_noise).exp().detach())
        return LinearModel(numbers(self.decoder.weight), numbers(self.decoder.bias), noise)


def bounds(images: Any, decoder: tuple[Any, Any, Any], mean: Any, deviation: Any) -> Any:
    """The bound of each image at N(mean, diag deviation^2), its expectation in closed form.

    Args:
        images: shape (n, 64).
        decoder: W, b and log s.
        mean: shape (n, size).
        deviation: the same shape, or one for all images.
    """
    matrix, offset, log_noise = decoder
    square = ((images - offset - mean @ matrix.T) ** 2).sum(-1)
    scattered = (deviation**2 * (matrix**2).sum(0)).sum(-1)
    return _log_normal(square + scattered, log_noise) - divergence(mean, deviation)


def _log_normal(square: Any, log_noise: Any) -> Any:
    """The log density of pixels with this squared distance from their means."""
    constant = PIXELS * (log_noise + 0.5 * math.log(2 * math.pi))
    return -0.5 * square * (-2 * log_noise).exp() - constant


def run(setting: Setting) -> Experiment:
    """Train to the greatest likelihood, and measure two gaps at known decoders."""
    began = perf_counter()
    training, held_out = digits(setting)
    held_out = held_out[: setting.choose(50, 200)]
    with reproducible(setting) as torch:
        centre = training.mean(0)
        decorrelate = decorrelating(training - centre)
        networks = _networks(torch, setting, decorrelate.shape[1])

        def both(images: Reals) -> tuple[Any, Any]:
            """The images, and what the encoder sees of them."""
            seen = (images - centre) @ decorrelate
            return _tensor(torch, setting, images), _tensor(torch, setting, seen)

        loop = _loop(networks, setting, both(training))
        points = both(stand_ins(training))
        ascent = _ascend(torch, networks.parameters(), lambda: networks.bounds(*points).mean())
        bound = float(networks.bounds(*both(training)).mean().detach())
        reached, best = networks.model(), most_likely(training, SIZE)
        optimum = greatest_likelihood(training, SIZE)
        evidence = reached.log_evidence(training)
        setting.progress(0.6)
        turned = rotated(best, setting.generator("rotation"))
        own = _own_bounds(torch, setting, turned, held_out)
        setting.progress(0.8)
        poor = _through_the_origin(torch, setting, best, training)
    steps, seed = len(ascent), setting.seed
    measurements = (
        *_optimum(optimum, bound, evidence, reached, best, steps, seed),
        *_mean_field(turned, held_out, own, setting),
        _amortization(best, training, poor, seed),
    )
    return Experiment(
        "linear_vae",
        measurements,
        MappingProxyType(
            {
                "loop": loop,
                "ascent": ascent,
                "optimum": np.array([optimum]),
                "mean-field-gaps": turned.log_evidence(held_out) - own,
                "mean-field-gap": np.array([turned.mean_field_gap()]),
                "amortization-gaps": best.log_evidence(training) - poor,
                "predicted-gaps": origin_gaps(best, training),
            }
        ),
        device=device_name(setting.device),
        seconds=perf_counter() - began,
        observations=tuple(
            _observations(
                setting, float(loop[-1]), optimum, len(loop), reached.log_evidence(held_out)
            )
        ),
    )


# --------------------------------------------------------------------------- ascent


def _networks(torch: Any, setting: Setting, seen: int) -> _Networks:
    place = {"device": setting.device, "dtype": torch.float64}
    encoder, decoder = (
        torch.nn.Linear(seen, SIZE, **place),
        torch.nn.Linear(SIZE, PIXELS, **place),
    )
    return _Networks(torch, encoder, decoder, _start(torch, setting, SIZE), _start(torch, setting))


def _loop(networks: _Networks, setting: Setting, images: tuple[Any, Any]) -> Reals:
    """The lecture's loop; the mean exact bound after each epoch."""
    torch, epochs = networks.torch, setting.choose(10, 100)
    adam = torch.optim.Adam(networks.parameters(), 1e-2)
    fading = torch.optim.lr_scheduler.CosineAnnealingLR(adam, epochs)
    reached = []
    for epoch in range(epochs):
        for chosen in torch.randperm(len(images[0])).split(BATCH):
            adam.zero_grad()
            (-networks.estimates(*(part[chosen] for part in images)).mean()).backward()
            adam.step()
        fading.step()
        reached.append(float(networks.bounds(*images).mean().detach()))
        setting.progress(0.5 * (epoch + 1) / epochs)
    return np.array(reached)


def _ascend(torch: Any, parameters: list[Any], objective: Callable[[], Any]) -> Reals:
    """Values of the objective on the way up, by L-BFGS until its slopes vanish."""
    reached: list[float] = []
    vector = torch.nn.utils.parameters_to_vector(parameters).detach()

    def descend(flat: Reals) -> tuple[float, Reals]:
        torch.nn.utils.vector_to_parameters(torch.tensor(flat).to(vector), parameters)
        loss = -objective()
        slopes = torch.autograd.grad(loss, parameters)
        reached.append(-float(loss.detach()))
        return -reached[-1], numbers(torch.cat([slope.reshape(-1) for slope in slopes]))

    options = {"maxcor": 30, "maxiter": 5000, "maxfun": 6000, "ftol": 0.0, "gtol": 1e-7}
    found = minimize(descend, numbers(vector), jac=True, method="L-BFGS-B", options=options)
    descend(found.x)
    return np.array(reached)


def _tensor(torch: Any, setting: Setting, values: Reals) -> Any:
    return torch.tensor(values, device=setting.device)


def _start(torch: Any, setting: Setting, *shape: int) -> Any:
    """Zeros to climb from."""
    place = {"device": setting.device, "dtype": torch.float64}
    return torch.zeros(shape, requires_grad=True, **place)


def _parts(torch: Any, setting: Setting, model: LinearModel) -> tuple[Any, Any, Any]:
    """W, b and log s of a decoder that stays as it is."""
    noise = np.array(0.5 * math.log(model.variance))
    matrix, offset, log_noise = (
        _tensor(torch, setting, part) for part in (model.matrix, model.offset, noise)
    )
    return matrix, offset, log_noise


def _own_bounds(torch: Any, setting: Setting, model: LinearModel, images: Reals) -> Reals:
    """Each image's bound at its own best law, found by ascent from the prior."""
    decoder = _parts(torch, setting, model)
    pixels = _tensor(torch, setting, images)
    mean, log_deviation = (_start(torch, setting, len(images), SIZE) for _ in range(2))

    def own() -> Any:
        return bounds(pixels, decoder, mean, log_deviation.exp())

    _ascend(torch, [mean, log_deviation], lambda: own().mean())
    return numbers(own())


def _through_the_origin(torch: Any, setting: Setting, model: LinearModel, images: Reals) -> Reals:
    """The bounds that an encoder without an offset reaches, found by ascent on their mean."""
    decoder = _parts(torch, setting, model)
    decorrelate = decorrelating(images)
    slopes = _start(torch, setting, decorrelate.shape[1], SIZE)
    log_deviations = _start(torch, setting, SIZE)

    def shared(images: Reals) -> Any:
        pixels, seen = (_tensor(torch, setting, part) for part in (images, images @ decorrelate))
        return bounds(pixels, decoder, seen @ slopes, log_deviations.exp())

    points = stand_ins(images)
    _ascend(torch, [slopes, log_deviations], lambda: shared(points).mean())
    return numbers(shared(images))


# --------------------------------------------------------------------------- what is measured


def _optimum(
    optimum: float,
    bound: float,
    evidence: Reals,
    reached: LinearModel,
    best: LinearModel,
    steps: int,
    seed: int,
) -> Iterator[Measurement]:
    """Where ascent ends, against the closed forms of greatest likelihood."""
    found = {
        "likelihood": (
            "mean log evidence, training images, in nats",
            optimum,
            float(evidence.mean()),
        ),
        "bound": ("mean bound, training images, in nats", optimum, bound),
        "noise": ("variance of a pixel given the latent vector", best.variance, reached.variance),
    }
    for name, (words, predicted, estimate) in found.items():
        words = f"{words}, after ascent"
        yield agreement(name, words, predicted, estimate, steps, "gradient ascent", seed=seed)


def rotated(model: LinearModel, generator: np.random.Generator) -> LinearModel:
    """The same law of images, its latent space turned at random."""
    turn, _ = np.linalg.qr(generator.standard_normal((SIZE, SIZE)))
    return LinearModel(model.matrix @ turn, model.offset, model.variance)


def _mean_field(
    model: LinearModel, images: Reals, own: Reals, setting: Setting
) -> Iterator[Measurement]:
    """What independent coordinates cost, by ascent for each image, and by drawing."""
    gap, evidence = model.mean_field_gap(), model.log_evidence(images)
    yield agreement(
        "mean-field-gap",
        "mean log evidence minus bound at an image's own best law, held-out images, in nats",
        gap,
        float((evidence - own).mean()),
        len(images),
        "gradient ascent",
        seed=setting.seed,
    )
    precision, means = model.precision(), model.posterior_means(images)
    deviations = np.diag(precision) ** -0.5
    generator = setting.generator("mean field")

    def shortfalls(count: int) -> Reals:
        """log p(x) - log p(x|z) - log p(z) + log q(z) at a draw from the best law."""
        which = generator.integers(len(images), size=count)
        noise = generator.standard_normal((count, SIZE))
        latent = means[which] + deviations * noise
        errors = ((images[which] - model.offset - latent @ model.matrix.T) ** 2).sum(1)
        likelihood = -0.5 * errors / model.variance
        likelihood -= 0.5 * PIXELS * math.log(2 * math.pi * model.variance)
        ratio = 0.5 * (latent**2 - noise**2).sum(1) - np.log(deviations).sum()
        result: Reals = evidence[which] - likelihood + ratio
        return result

    scaled = precision * np.outer(deviations, deviations) - np.eye(SIZE)
    decision = decide_mean_with_variance(
        shortfalls,
        gap,
        0.5 * float((scaled**2).sum()),
        experiment_budget("drawn-gap")["drawn-gap"],
        setting.choose(0.04, 0.01),
    )
    words = "mean of log evidence minus the one-draw estimate of that bound, in nats"
    yield decision.measurement("drawn-gap", words, gap, setting.seed)


def origin_gaps(model: LinearModel, images: Reals) -> Reals:
    """What each image loses if the encoder's mean is a matrix times the image, in closed form.

    The best matrix is that of least squares on the posterior means A x - A b, so what is left at
    an image is A b times the residual r of its least-squares prediction of the constant one, and
    the loss is r^2 (A b)^T P (A b) / 2 with the posterior's precision P. In one pixel the sum over
    the images is the derived ``total-gap``.
    """
    shift = model.posterior_means(np.zeros((1, len(model.offset))))[0]
    ones = np.ones(len(images))
    residual = ones - images @ np.linalg.lstsq(images, ones, rcond=None)[0]
    result: Reals = 0.5 * residual**2 * (shift @ model.precision() @ shift)
    return result


def _amortization(model: LinearModel, images: Reals, bounds: Reals, seed: int) -> Measurement:
    """The best law of each image is the posterior here, so all that is lost is amortization's."""
    return agreement(
        "amortization-gap",
        "mean log evidence minus bound, encoder through the origin, training images, in nats",
        float(origin_gaps(model, images).mean()),
        float((model.log_evidence(images) - bounds).mean()),
        len(images),
        "gradient ascent",
        seed=seed,
    )


def _observations(
    setting: Setting, after_loop: float, optimum: float, epochs: int, held_out: Reals
) -> Iterator[Observation]:
    words = "mean bound, training images, after the loop, in nats"
    yield Observation("loop-bound", words, after_loop, None, epochs, setting.seed, optimum)
    words = "mean log evidence, held-out images, after ascent, in nats"
    error = float(held_out.std(ddof=1)) / math.sqrt(held_out.size)
    mean = float(held_out.mean())
    yield Observation("held-out-evidence", words, mean, error, held_out.size, setting.seed)
