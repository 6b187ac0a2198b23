"""Three estimates of a gradient, from draws: along the path, by the score, and with a baseline.

The gradient is that of the reconstruction term E log P(x|z) in the mean of the encoder's law; the
third estimate is the second with the mean of the log likelihood taken away first. On the line
their means and variances are derived in ``reparametrization`` (and which is the noisier one). With
a linear decoder they are closed forms for images, too, see :class:`Quadratic`: for the likeliest
one of grey digits all three are compared with a guarantee, every gradient by automatic
differentiation of the log likelihood over 64 pixels. For networks trained as in ``vae_on_digits``
the variances are observed, beside their values by quadrature.

Sources: Kingma and Welling, "Auto-encoding variational Bayes" (2014), section 2.4; Ranganath,
Gerrish and Blei, "Black box variational inference" (2014), section 3.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import perf_counter
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from numpy.typing import NDArray

from numerics.measurements import Experiment, Measurement, Observation
from numerics.models.autoencoders import (
    LATENT,
    Autoencoder,
    Nodes,
    binary,
    digits,
    normal_nodes,
    numbers,
    trained,
)
from numerics.models.principal_components import LinearModel, most_likely
from numerics.settings import Setting
from numerics.statistics import decide_mean_with_variance, experiment_budget
from numerics.training import device_name, reproducible

__all__ = ["run"]

TRAINS = True

Reals: TypeAlias = NDArray[np.float64]

#: Coordinates of the linear decoder's latent vector.
SIZE = 5
WORDS = {
    "pathwise": "gradient along the path",
    "score": "gradient by the score",
    "baseline": "gradient by the score with a baseline",
}
ESTIMATORS = tuple(WORDS)
BUDGET = experiment_budget(
    *(f"{name}-{what}" for name in ESTIMATORS for what in ("mean", "variance"))
)


def run(setting: Setting) -> Experiment:
    """Draw all three estimates at a linear decoder, and at trained networks."""
    began = perf_counter()
    training, held_out = digits(setting)
    with reproducible(setting) as torch:
        vae = trained(torch, setting, binary(training))
        images = binary(held_out[: setting.choose(8, 32)])
        series, observations = _trained_gradients(setting, vae, images)
        model = most_likely(training, SIZE)
        decoder = LinearDecoder.at_the_prior(torch, setting, model, held_out[0])
        measurements = tuple(_linear_gradients(setting, decoder))
        series |= _coordinates(setting, decoder)
    return Experiment(
        "vae_gradients",
        measurements,
        MappingProxyType(series),
        device=device_name(setting.device),
        seconds=perf_counter() - began,
        observations=observations,
    )


def gradients(
    torch: Any,
    log_likelihood: Callable[[Any], Any],
    mean: Any,
    deviation: Any,
    noise: Any,
    expected: Any,
) -> dict[str, Reals]:
    """Three estimates of the slopes of E log P(x|z) in the mean, from each draw of the noise.

    Args:
        torch: PyTorch.
        log_likelihood: of latent vectors, over the last axis.
        mean: of the latent vector.
        deviation: its deviations.
        noise: shape (..., size).
        expected: the mean of the log likelihood, which the third takes away.
    """
    at = (mean + torch.zeros_like(noise)).requires_grad_()
    values = log_likelihood(at + deviation * noise)
    (slopes,) = torch.autograd.grad(values.sum(), at)
    score = noise / deviation
    found = slopes, values[..., None] * score, (values - expected)[..., None] * score
    return {name: numbers(part) for name, part in zip(ESTIMATORS, found, strict=True)}


def _trained_gradients(
    setting: Setting, vae: Autoencoder, images: Reals
) -> tuple[dict[str, Reals], tuple[Observation, ...]]:
    """Variances of the three estimates at the trained networks, by quadrature and by drawing."""
    generator, draws = setting.generator("gradients"), setting.choose(500, 4000)
    points, shares = normal_nodes(0.25)
    nodes, seen = vae.tensor(points), vae.tensor(images)
    with vae.torch.no_grad():
        laws = list(zip(seen, *vae.law(seen), strict=True))
    exact = {name: np.empty((len(images), LATENT)) for name in ESTIMATORS}
    squares = {name: np.empty((len(images), draws)) for name in ESTIMATORS}
    for i, (image, mean, deviation) in enumerate(laws):

        def log_likelihood(latent: Any, image: Any = image) -> Any:
            return vae.log_likelihood(image, latent)

        with vae.torch.no_grad():
            expected = float(shares @ numbers(log_likelihood(mean + deviation * nodes)))
        at = vae.torch, log_likelihood, mean, deviation
        at_nodes = gradients(*at, nodes, expected)
        noise = vae.tensor(generator.standard_normal((draws, LATENT)))
        for name, drawn in gradients(*at, noise, expected).items():
            centre = shares @ at_nodes[name]
            exact[name][i] = shares @ (at_nodes[name] - centre) ** 2
            squares[name][i] = ((drawn - centre) ** 2).mean(1)
    observations = tuple(
        Observation(
            f"trained-{name}-variance",
            f"{words}: variance in a coordinate, trained networks, held-out images",
            float(squares[name].mean()),
            float(squares[name].std(ddof=1)) / math.sqrt(squares[name].size),
            squares[name].size,
            setting.seed,
            predicted=float(exact[name].mean()),
        )
        for name, words in WORDS.items()
    )
    return {f"trained-{name}": exact[name].ravel() for name in ESTIMATORS}, observations


@dataclass(frozen=True, slots=True)
class Quadratic:
    """f(e) = c + g.e - e.A e / 2 of standard normal e: a log likelihood with a linear decoder.

    In e the gradient of its mean is g, and the three estimates are g - A e, f(e) e and
    (f(e) - E f) e. Their variances follow with E e_k^2 h = E h + E d^2 h / d e_k^2 (Stein).

    Attributes:
        value: c.
        slope: g.
        curvature: A, symmetric.
    """

    value: float
    slope: Reals
    curvature: Reals

    def mean(self) -> float:
        return self.value - 0.5 * float(np.trace(self.curvature))

    def variances(self) -> dict[str, Reals]:
        """Of the three estimates, coordinate by coordinate."""
        squared = self.curvature @ self.curvature
        own, twice = np.diag(self.curvature), np.diag(squared)
        spread = self.slope @ self.slope + 0.5 * np.trace(squared)
        centred: Reals = spread + self.slope**2 + 2 * twice
        raw: Reals = centred + self.mean() ** 2 - 2 * own * self.mean()
        return dict(zip(ESTIMATORS, (twice, raw, centred), strict=True))


@dataclass(frozen=True, slots=True)
class LinearDecoder:
    """A linear decoder at one image, with a standard normal law of the latent vector.

    That is where an encoder may start; and there noise and latent vector are the same.
    """

    torch: Any
    log_likelihood: Callable[[Any], Any]
    form: Quadratic
    device: str

    @staticmethod
    def at_the_prior(
        torch: Any, setting: Setting, model: LinearModel, image: Reals
    ) -> LinearDecoder:
        """The log likelihood as it is defined, and its coefficients."""
        residual = image - model.offset
        constant = -0.5 * len(image) * math.log(2 * math.pi * model.variance)
        form = Quadratic(
            constant - 0.5 * float(residual @ residual) / model.variance,
            model.matrix.T @ residual / model.variance,
            model.matrix.T @ model.matrix / model.variance,
        )
        matrix, centred = (
            torch.tensor(part, device=setting.device) for part in (model.matrix, residual)
        )

        def log_likelihood(latent: Any) -> Any:
            return constant - 0.5 * ((centred - latent @ matrix.T) ** 2).sum(-1) / model.variance

        return LinearDecoder(torch, log_likelihood, form, setting.device)

    def gradients(self, noise: Reals) -> dict[str, Reals]:
        """The three estimates at every draw, shape (draws, size), by automatic differentiation."""
        parts: list[dict[str, Reals]] = []
        for some in np.array_split(noise, max(1, len(noise) // 16_384)):
            drawn = self.torch.tensor(some, device=self.device)
            at = self.torch.zeros_like(drawn), self.torch.ones_like(drawn), drawn
            parts.append(gradients(self.torch, self.log_likelihood, *at, self.form.mean()))
        return {name: np.concatenate([part[name] for part in parts]) for name in ESTIMATORS}


def hermite(count: int, size: int) -> Nodes:
    """Gauss-Hermite nodes (count**size, size) and weights: exact to degree 2 count - 1."""
    nodes, weights = hermegauss(count)
    axes = np.meshgrid(*[nodes] * size, indexing="ij")
    shares = np.meshgrid(*[weights / weights.sum()] * size, indexing="ij")
    return np.stack([axis.ravel() for axis in axes], axis=1), np.prod(shares, axis=0).ravel()


def _linear_gradients(setting: Setting, decoder: LinearDecoder) -> Iterator[Measurement]:
    """Means and variances of the three estimates, with a guarantee.

    The mean is that of the steepest coordinate, to a fraction of the deviation of one draw; the
    variance is summed over the coordinates, and the fourth moments that its guarantee needs are
    those of polynomials, for which Gauss-Hermite quadrature is exact.
    """
    slope, variances = decoder.form.slope, decoder.form.variances()
    steepest = int(np.argmax(np.abs(slope)))
    points, shares = hermite(7, SIZE)
    at_points = decoder.gradients(points)
    for name, words in WORDS.items():
        generator = setting.generator(f"linear {name}")

        def drawn(count: int, name: str = name, source: Any = generator) -> Reals:
            return decoder.gradients(source.standard_normal((count, SIZE)))[name]

        def steep(count: int, drawn: Callable[[int], Reals] = drawn) -> Reals:
            return drawn(count)[:, steepest]

        def squares(count: int, drawn: Callable[[int], Reals] = drawn) -> Reals:
            return np.asarray(((drawn(count) - slope) ** 2).sum(1), np.float64)

        own = float(variances[name][steepest])
        epsilon = setting.choose(0.1, 0.02) * math.sqrt(own)
        decision = decide_mean_with_variance(
            steep,
            float(slope[steepest]),
            own,
            BUDGET[f"{name}-mean"],
            epsilon,
        )
        about = f"{words}: mean, steepest coordinate, linear decoder"
        yield decision.measurement(f"{name}-mean", about, float(slope[steepest]), setting.seed)
        total = float(variances[name].sum())
        fourth = float(shares @ ((at_points[name] - slope) ** 2).sum(1) ** 2)
        decision = decide_mean_with_variance(
            squares,
            total,
            fourth - total**2,
            BUDGET[f"{name}-variance"],
            setting.choose(0.4, 0.1) * total,
        )
        about = f"{words}: variance, summed over coordinates, linear decoder"
        yield decision.measurement(f"{name}-variance", about, total, setting.seed)


def _coordinates(setting: Setting, decoder: LinearDecoder) -> dict[str, Reals]:
    """Variances of the estimates in each coordinate: predicted, drawn, and their errors."""
    noise = setting.generator("coordinates").standard_normal((setting.choose(2000, 20_000), SIZE))
    found: dict[str, Reals] = {}
    for name, drawn in decoder.gradients(noise).items():
        squares = (drawn - decoder.form.slope) ** 2
        errors = squares.std(0, ddof=1) / math.sqrt(len(noise))
        rows = decoder.form.variances()[name], squares.mean(0), errors
        found[f"linear-{name}"] = np.stack(rows)
    return found
