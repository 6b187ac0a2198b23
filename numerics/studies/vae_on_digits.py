"""A variational autoencoder on scikit-learn's digits: the lecture's loop, and what it reaches.

Black and white images of 8 x 8 pixels, independent Bernoulli pixels given the latent vector, an
encoder whose law is normal with independent coordinates, a standard normal prior: the model of
Kingma and Welling, "Auto-encoding variational Bayes" (2014), sections 2 and 3. The latent vector
has two coordinates, so that for the trained networks, whatever they have become, the evidence and
the posterior are integrals over a plane, which quadrature computes to many digits. Compared are

- the drawn log ratio of encoder and prior with the derived divergence (``gaussian_kl``),
- the mean weight of a draw with the evidence that quadrature gives (``importance_bounds``),
- log evidence minus bound with the divergence from the posterior (``vae_training``).

How large bounds and gaps are is observed: the gap splits into the one that the family leaves at
each image's own best law, and the one of amortization on top of it (Cremer, Li and Duvenaud,
"Inference suboptimality in variational autoencoders", 2018, equation 5).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from time import perf_counter
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from derivations.topics.gaussian_kl import diagonal_against_standard
from numerics.comparisons import agreement, claims_of, predict
from numerics.measurements import Experiment, Measurement, Observation
from numerics.models.autoencoders import (
    LATENT,
    Autoencoder,
    Plane,
    binary,
    bound,
    digits,
    exact_bounds,
    log_normal,
    normal_nodes,
    numbers,
    plane,
    trained,
)
from numerics.settings import Setting
from numerics.statistics import decide_mean_with_variance, experiment_budget
from numerics.training import device_name, reproducible

__all__ = ["run"]

TRAINS = True

Reals: TypeAlias = NDArray[np.float64]

#: Pictures in a row of the figure, and in a side of the square of decoded latent vectors.
PICTURES, MANIFOLD = 12, 14
_CHECKS = ("divergence", "mean-weight")
_PARTS = ("training", "held-out")
_TERMS = ("reconstruction", "divergence", "bound")
_KL = claims_of(diagonal_against_standard())


def run(setting: Setting) -> Experiment:
    """Train, and compare what the trained networks give with the derived identities."""
    began = perf_counter()
    parts = {name: binary(part) for name, part in zip(_PARTS, digits(setting), strict=True)}
    with reproducible(setting) as torch:
        records: list[_Record] = []

        def watch(epoch: int, vae: Autoencoder) -> None:
            if epoch % setting.choose(2, 10) == 0:
                records.append(_record(vae, setting, parts, epoch))

        vae = trained(torch, setting, parts["training"], watch)
        images = vae.tensor(parts["held-out"][: setting.choose(50, 150)])
        with torch.no_grad():
            laws = vae.law(images)
        own = _own_laws(vae, images, setting.choose(40, 150))
        setting.progress(0.8)
        bounds, best = (exact_bounds(vae, images, *both) for both in (laws, own))
        grid = plane(vae, images, setting.choose(0.08, 0.04))
        mean, deviation = (numbers(part) for part in laws)
        measurements = (
            _divergence(setting, mean, deviation),
            _evidence(setting, vae, images, grid, mean, deviation),
            _gap(grid, bounds, mean, deviation),
        )
        pictures = _pictures(vae, setting, images)
    evidence = grid.log_evidence()
    curves = {
        "epochs": np.array([record.epoch for record in records], dtype=np.float64),
        "terms": np.array([record.means for record in records]),
    }
    bounds_of = {"evidence": evidence, "bounds": bounds, "own-bounds": best}
    return Experiment(
        "vae_on_digits",
        measurements,
        MappingProxyType({**curves, **bounds_of, **pictures}),
        device=device_name(setting.device),
        seconds=perf_counter() - began,
        observations=(
            *_terms(records[-1], setting),
            *_gaps(evidence, bounds, best, setting),
        ),
    )


@dataclass(frozen=True, slots=True)
class _Record:
    """Means over images, and their standard errors: (training, held out) x (the three terms)."""

    epoch: int
    means: Reals
    errors: Reals


def _record(vae: Autoencoder, setting: Setting, parts: Mapping[str, Reals], epoch: int) -> _Record:
    """The terms after an epoch, with noise of its own, so that the loop's is not disturbed."""
    generator = setting.generator(f"epoch {epoch}")
    means, errors = [], []
    for name in _PARTS:
        images = vae.tensor(parts[name])
        noise = vae.tensor(generator.standard_normal((len(images), LATENT)))
        with vae.torch.no_grad():
            reconstruction, kl = (numbers(term) for term in vae.terms(images, noise))
        terms = np.stack((reconstruction, kl, reconstruction - kl))
        means.append(terms.mean(1))
        errors.append(terms.std(1, ddof=1) / math.sqrt(len(images)))
    return _Record(epoch, np.array(means), np.array(errors))


def _terms(record: _Record, setting: Setting) -> Iterator[Observation]:
    """What the loop has reached, by one draw for each image."""
    for part, means, errors in zip(_PARTS, record.means, record.errors, strict=True):
        for term, value, error in zip(_TERMS, means, errors, strict=True):
            yield Observation(
                f"{term}-{part}",
                f"mean {term}{' term' if term != 'bound' else ''}, {part.replace('-', ' ')} images",
                float(value),
                float(error),
                record.epoch,
                setting.seed,
            )


def _gaps(evidence: Reals, bounds: Reals, best: Reals, setting: Setting) -> Iterator[Observation]:
    """The evidence and what the bounds lack, held-out images, in nats."""
    found = {
        "evidence": ("log evidence, by quadrature", evidence),
        "amortization-gap": (
            "bound at an image's own law, by ascent, minus bound at the encoder's",
            best - bounds,
        ),
        "family-gap": (
            "log evidence minus bound at an image's own law, by ascent",
            evidence - best,
        ),
    }
    for name, (words, values) in found.items():
        error = float(values.std(ddof=1)) / math.sqrt(values.size)
        words = f"mean {words}, held-out images"
        mean = float(values.mean())
        yield Observation(name, words, mean, error, values.size, setting.seed)


def _divergence(setting: Setting, mean: Reals, deviation: Reals) -> Measurement:
    """log q - log p at a draw for a random image; the variance is that within plus that between."""
    generator = setting.generator("divergence")
    exact, within = np.empty(len(mean)), np.empty(len(mean))
    closed, spread = _KL["sigma"], _KL["one-draw-variance"]
    for i, law in enumerate(zip(mean.tolist(), deviation.tolist(), strict=True)):
        values = {"p": LATENT, "mu": law[0], "sigma": law[1]}
        exact[i] = predict(closed.closed_form, closed.notation, values)
        within[i] = sum(
            predict(spread.closed_form, spread.notation, {"mu": mu, "sigma": sigma})
            for mu, sigma in zip(*law, strict=True)
        )

    def log_ratios(count: int) -> Reals:
        which = generator.integers(len(mean), size=count)
        noise = generator.standard_normal((count, LATENT))
        latent = mean[which] + deviation[which] * noise
        ratios: Reals = (0.5 * (latent**2 - noise**2) - np.log(deviation[which])).sum(1)
        return ratios

    decision = decide_mean_with_variance(
        log_ratios,
        float(exact.mean()),
        float(within.mean() + exact.var()),
        experiment_budget(*_CHECKS)["divergence"],
        setting.choose(0.1, 0.03),
    )
    words = "mean log ratio of encoder and prior at a draw, held-out images, in nats"
    return decision.measurement("divergence", words, float(exact.mean()), setting.seed)


def _evidence(
    setting: Setting, vae: Autoencoder, images: Any, grid: Plane, mean: Reals, deviation: Reals
) -> Measurement:
    """Weights of draws over the evidence: their mean is one, for every law that is drawn from.

    Half of the draws are from the encoder's law and half from the prior, as a weight under the
    encoder's law alone may have no variance. The variance here is an integral over the plane.
    """
    generator = setting.generator("evidence")
    evidence = grid.log_evidence()

    def log_law(latent: Reals, which: NDArray[np.int64] | int) -> Reals:
        both = (
            log_normal(latent, mean[which], deviation[which]),
            log_normal(latent, np.zeros(LATENT), np.ones(LATENT)),
        )
        return np.asarray(np.logaddexp(*both), np.float64) - math.log(2)

    squares = [
        np.exp(2 * (joint - level) - log_law(grid.points, i)).sum() * grid.cell
        for i, (joint, level) in enumerate(zip(grid.log_joint, evidence, strict=True))
    ]

    def weights(count: int) -> Reals:
        which = generator.integers(len(images), size=count)
        latent = generator.standard_normal((count, LATENT))
        encoded = generator.random(count) < 0.5
        latent = np.where(encoded[:, None], mean[which] + deviation[which] * latent, latent)
        with vae.torch.no_grad():
            likelihood = numbers(vae.log_likelihood(images[which], vae.tensor(latent)))
        joint = likelihood + log_normal(latent, np.zeros(LATENT), np.ones(LATENT))
        return np.asarray(np.exp(joint - evidence[which] - log_law(latent, which)), np.float64)

    decision = decide_mean_with_variance(
        weights,
        1.0,
        float(np.mean(squares)) - 1,
        experiment_budget(*_CHECKS)["mean-weight"],
        setting.choose(0.2, 0.1),
    )
    words = "mean weight of a draw over the evidence, held-out images"
    return decision.measurement("mean-weight", words, 1.0, setting.seed)


def _gap(grid: Plane, bounds: Reals, mean: Reals, deviation: Reals) -> Measurement:
    """The divergence from the posterior, against log evidence minus bound: two quadratures."""
    return agreement(
        "gap",
        "mean divergence of the encoder's law from the posterior, held-out images, in nats",
        float((grid.log_evidence() - bounds).mean()),
        float(grid.gap(mean, deviation).mean()),
        len(grid.points),
        "quadrature",
    )


def _pictures(vae: Autoencoder, setting: Setting, images: Any) -> dict[str, Reals]:
    """Probabilities of the pixels, shape (pictures, 64), for the figures.

    A walk goes along one coordinate, by quantiles of the prior, from left to right through the
    plane; the other coordinate is that of the first image's code.
    """
    shown = images[:PICTURES]
    along, square = (ndtri((np.arange(count) + 0.5) / count) for count in (PICTURES, MANIFOLD))
    with vae.torch.no_grad():
        mean, _ = vae.law(shown)
        code = numbers(mean)[0]
        first = np.stack((along, np.full(PICTURES, code[1])), axis=1)
        second = np.stack((np.full(PICTURES, code[0]), along), axis=1)
        squares = np.stack([part.ravel() for part in np.meshgrid(square, square)], axis=1)
        prior = setting.generator("pictures").standard_normal((PICTURES, LATENT))
        latent = {
            "reconstructions": mean,
            "samples": vae.tensor(prior),
            "first-traversal": vae.tensor(first),
            "second-traversal": vae.tensor(second),
            "manifold": vae.tensor(squares),
        }
        found = {name: numbers(vae.decoder(at).sigmoid()) for name, at in latent.items()}
    return {"images": numbers(shown), **found}


def _own_laws(vae: Autoencoder, images: Any, steps: int) -> tuple[Any, Any]:
    """Means and deviations that climb each image's own bound, from the encoder's on, by Adam."""
    torch = vae.torch
    with torch.no_grad():
        mean, deviation = vae.law(images)
    mean, log_deviation = mean.clone().requires_grad_(), deviation.log().requires_grad_()
    adam = torch.optim.Adam([mean, log_deviation], 0.03)
    fading = torch.optim.lr_scheduler.CosineAnnealingLR(adam, steps)
    nodes = normal_nodes(1.0, 4.0)
    for _ in range(steps):
        bounds = bound(vae, images, mean, log_deviation.exp(), nodes)
        slopes = torch.autograd.grad(-bounds.sum(), [mean, log_deviation])
        mean.grad, log_deviation.grad = slopes
        adam.step()
        fading.step()
    return mean.detach(), log_deviation.detach().exp()
