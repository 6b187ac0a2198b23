"""A variational autoencoder of small images: the model, the lecture's loop, and exact integrals.

Kingma and Welling, "Auto-encoding variational Bayes" (2014), sections 2 and 3: independent
Bernoulli pixels given the latent vector, an encoder whose law is normal with independent
coordinates, a standard normal prior. The latent vector has two coordinates, so that for trained
networks, whatever they have become, evidence and bounds are integrals over a plane, which
quadrature computes to many digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from numerics.settings import Setting

__all__ = [
    "LATENT",
    "PIXELS",
    "Autoencoder",
    "Nodes",
    "Plane",
    "binary",
    "bound",
    "digits",
    "divergence",
    "exact_bounds",
    "log_normal",
    "normal_nodes",
    "numbers",
    "plane",
    "trained",
    "untrained",
]

Reals: TypeAlias = NDArray[np.float64]
#: Points and their weights.
Nodes: TypeAlias = tuple[Reals, Reals]

#: Pixels of an image, and coordinates of a latent vector.
PIXELS, LATENT = 64, 2
HELD_OUT = 297
BATCH = 100
#: Half the side of the square on which the plane is integrated: of the prior less than 1e-11 lies
#: outside, and little of an encoder's law, which is narrower.
REACH = 7.0


def digits(setting: Setting) -> tuple[Reals, Reals]:
    """Grey images in [0, 1], shape (images, 64): for training, and held out."""
    from sklearn.datasets import load_digits

    images: Reals = load_digits().data / 16
    order = setting.generator("split").permutation(len(images))
    return images[order[HELD_OUT:]], images[order[:HELD_OUT]]


def binary(images: Reals) -> Reals:
    """Black and white: a pixel is one if it is at least half as bright as can be.

    Grey pixels have no Bernoulli likelihood: see ``pixel_likelihood``.
    """
    return (images >= 0.5).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Autoencoder:
    """An encoder and a decoder.

    Attributes:
        torch: PyTorch.
        encoder: from images (n, 64) to means and logarithms of deviations, side by side (n, 4).
        decoder: from latent vectors (n, 2) to logits (n, 64); its last hidden units are tanh.
    """

    torch: Any
    encoder: Any
    decoder: Any

    def tensor(self, values: Reals) -> Any:
        """The values where the networks are, in their precision."""
        return self.torch.tensor(values).to(next(self.decoder.parameters()))

    def law(self, images: Any) -> tuple[Any, Any]:
        """Means and deviations of the encoder's laws, both of shape (n, 2)."""
        mean, log_deviation = self.encoder(images).chunk(2, dim=1)
        return mean, log_deviation.exp()

    def log_likelihood(self, images: Any, latent: Any) -> Any:
        """log P(x|z) = sum_j x_j a_j - softplus(a_j) with logits a, over the last axis."""
        logits = self.decoder(latent)
        return (images * logits - self.torch.nn.functional.softplus(logits)).sum(-1)

    def terms(self, images: Any, noise: Any) -> tuple[Any, Any]:
        """Reconstruction term at one draw for each image, and the divergence from the prior."""
        mean, deviation = self.law(images)
        return self.log_likelihood(images, mean + deviation * noise), divergence(mean, deviation)


def numbers(values: Any) -> Reals:
    """A tensor as an array."""
    result: Reals = values.detach().cpu().numpy()
    return result


def divergence(mean: Any, deviation: Any) -> Any:
    """KL from N(mean, diag deviation^2) to N(0, I), over the last axis: the derived closed form."""
    return 0.5 * (mean**2 + deviation**2 - 1 - (deviation**2).log()).sum(-1)


def untrained(torch: Any, setting: Setting) -> Autoencoder:
    """Networks with random weights, where the setting's device is."""
    nn, hidden = torch.nn, setting.choose(32, 64)
    encoder = nn.Sequential(nn.Linear(PIXELS, hidden), nn.Tanh(), nn.Linear(hidden, 2 * LATENT))
    inner = nn.Sequential(nn.Linear(LATENT, hidden), nn.Tanh(), nn.Linear(hidden, hidden))
    decoder = nn.Sequential(inner, nn.Tanh(), nn.Linear(hidden, PIXELS))
    for network in (encoder, decoder):
        network.to(setting.device, torch.float64)
    return Autoencoder(torch, encoder, decoder)


def trained(
    torch: Any,
    setting: Setting,
    images: Reals,
    watch: Callable[[int, Autoencoder], None] = lambda epoch, vae: None,
) -> Autoencoder:
    """The lecture's loop: minibatches, one draw of the noise for each image, steps by Adam.

    Args:
        torch: PyTorch, seeded.
        setting: how many epochs and hidden units, and where.
        images: black and white, shape (n, 64).
        watch: called before the first epoch and after each.
    """
    vae, epochs = untrained(torch, setting), setting.choose(20, 250)
    data = vae.tensor(images)
    parameters = [*vae.encoder.parameters(), *vae.decoder.parameters()]
    adam = torch.optim.Adam(parameters, setting.choose(1e-2, 3e-3))
    watch(0, vae)
    for epoch in range(epochs):
        for chosen in torch.randperm(len(data)).split(BATCH):
            batch = data[chosen]
            reconstruction, kl = vae.terms(batch, torch.randn(len(batch), LATENT).to(batch))
            adam.zero_grad()
            (kl - reconstruction).mean().backward()
            adam.step()
        watch(epoch + 1, vae)
        setting.progress((epoch + 1) / epochs / 2)
    return vae


# --------------------------------------------------------------------------- quadrature


def normal_nodes(spacing: float, reach: float = 8.0) -> Nodes:
    """Points (n, 2) of a square grid and their shares (n,) of the standard normal law.

    The trapezoidal rule: for functions as smooth as these networks its error falls exponentially
    in 1/spacing, and much faster than that of Gauss-Hermite quadrature.
    """
    axis = np.arange(-reach, reach + spacing / 2, spacing)
    shares = np.exp(-0.5 * axis**2)
    shares /= shares.sum()
    points = np.stack([part.ravel() for part in np.meshgrid(axis, axis, indexing="ij")], axis=1)
    return points, np.outer(shares, shares).ravel()


def log_normal(points: Reals, mean: Reals, deviation: Reals) -> Reals:
    """The log density of N(mean, diag deviation^2) at points, over the last axis."""
    standard = (points - mean) / deviation
    constant = 0.5 * points.shape[-1] * math.log(2 * math.pi)
    result: Reals = -(0.5 * standard**2 + np.log(deviation)).sum(-1) - constant
    return result


@dataclass(frozen=True, slots=True)
class Plane:
    """The joint density of images and latent vectors on a grid over the latent plane.

    Attributes:
        points: shape (grid, 2).
        cell: the area that belongs to a point.
        log_joint: log P(x|z) + log p(z), shape (images, grid).
    """

    points: Reals
    cell: float
    log_joint: Reals

    def log_evidence(self) -> Reals:
        """log p(x) of each image, by the trapezoidal rule, which converges geometrically here."""
        top = self.log_joint.max(axis=1, keepdims=True)
        result: Reals = top[:, 0] + np.log(np.exp(self.log_joint - top).sum(axis=1) * self.cell)
        return result

    def gap(self, means: Reals, deviations: Reals) -> Reals:
        """KL from N(mean, diag deviation^2) to the posterior, for each image."""
        posterior = self.log_joint - self.log_evidence()[:, None]
        gaps = np.empty(len(means))
        for i, (mean, deviation) in enumerate(zip(means, deviations, strict=True)):
            law = log_normal(self.points, mean, deviation)
            gaps[i] = (np.exp(law) * (law - posterior[i])).sum() * self.cell
        return gaps


def plane(vae: Autoencoder, images: Any, spacing: float) -> Plane:
    """The joint density of some images on a square grid."""
    torch = vae.torch
    axis = np.arange(-REACH, REACH + spacing / 2, spacing)
    points = np.stack([part.ravel() for part in np.meshgrid(axis, axis, indexing="ij")], axis=1)
    with torch.no_grad():
        logits = vae.decoder(vae.tensor(points))
        silent = torch.nn.functional.softplus(logits).sum(1)
        likelihood = numbers(images @ logits.T - silent)
    prior = log_normal(points, np.zeros(LATENT), np.ones(LATENT))
    return Plane(points, spacing**2, likelihood + prior)


def bound(vae: Autoencoder, images: Any, mean: Any, deviation: Any, nodes: Nodes) -> Any:
    """The evidence lower bound of each image at these laws, by quadrature over the noise."""
    points, weights = (vae.tensor(part) for part in nodes)
    latent = mean[:, None] + deviation[:, None] * points
    expected = vae.log_likelihood(images[:, None], latent) @ weights
    return expected - divergence(mean, deviation)


def exact_bounds(vae: Autoencoder, images: Any, mean: Any, deviation: Any) -> Reals:
    """The bounds to many digits, a few images at a time."""
    nodes = normal_nodes(0.25)
    with vae.torch.no_grad():
        parts = zip(images.split(10), mean.split(10), deviation.split(10), strict=True)
        return np.concatenate([numbers(bound(vae, *part, nodes)) for part in parts])
