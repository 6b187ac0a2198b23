"""Probabilistic principal components: z ~ N(0, I), x | z ~ N(W z + b, s^2 I), in closed form.

Tipping and Bishop, "Probabilistic principal component analysis", JRSS B 61 (1999). It is the
model of a variational autoencoder whose decoder is linear, and for it everything is known:
evidence, posterior, and the most likely parameters.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["LinearModel", "decorrelating", "greatest_likelihood", "most_likely", "stand_ins"]

Reals: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LinearModel:
    """A linear decoder.

    Attributes:
        matrix: W, shape (pixels, coordinates).
        offset: b, shape (pixels,).
        variance: s^2 of each pixel.
    """

    matrix: Reals
    offset: Reals
    variance: float

    def precision(self) -> Reals:
        """The inverse covariance of the posterior: I + W^T W / s^2, whatever the observation."""
        gram = self.matrix.T @ self.matrix / self.variance
        return np.asarray(gram + np.eye(self.matrix.shape[1]), np.float64)

    def posterior_means(self, images: Reals) -> Reals:
        """The means of the posteriors, one row for each image (their equation 6)."""
        seen = (images - self.offset) @ self.matrix / self.variance
        return np.asarray(np.linalg.solve(self.precision(), seen.T).T, np.float64)

    def log_evidence(self, images: Reals) -> Reals:
        """log N(x; b, W W^T + s^2 I) of each image."""
        size = len(self.offset)
        factor = np.linalg.cholesky(self.matrix @ self.matrix.T + self.variance * np.eye(size))
        white = np.linalg.solve(factor, (images - self.offset).T)
        constant = np.log(np.diag(factor)).sum() + 0.5 * size * math.log(2 * math.pi)
        result: Reals = -0.5 * (white**2).sum(0) - constant
        return result

    def mean_field_gap(self) -> float:
        """KL from the best normal law with independent coordinates to the posterior.

        That law has the posterior's mean and the inverse diagonal of its precision P as variances,
        which leaves (sum_j log P_jj - log det P) / 2: zero if and only if P is diagonal.
        """
        precision = self.precision()
        return 0.5 * float(np.log(np.diag(precision)).sum() - np.linalg.slogdet(precision)[1])


def most_likely(images: Reals, size: int) -> LinearModel:
    """The parameters of greatest likelihood with ``size`` coordinates (their equations 7, 8).

    Of all rotations of the latent space, the one whose posteriors have independent coordinates.
    """
    offset = images.mean(0)
    values, vectors = _spectrum(images)
    noise = float(values[size:].mean())
    return LinearModel(vectors[:, :size] * np.sqrt(values[:size] - noise), offset, noise)


def greatest_likelihood(images: Reals, size: int) -> float:
    """The greatest mean log evidence of ``images`` with ``size`` coordinates (their equation 4)."""
    values, _ = _spectrum(images)
    count = len(values)
    logs = np.log(values[:size]).sum() + (count - size) * math.log(values[size:].mean())
    return -0.5 * float(logs + count * (math.log(2 * math.pi) + 1))


def decorrelating(images: Reals) -> Reals:
    """A matrix (pixels, rank) after which the second moments of the images are the identity."""
    values, vectors = np.linalg.eigh(images.T @ images / len(images))
    kept = values > 1e-9
    result: Reals = vectors[:, kept] / np.sqrt(values[kept])
    return result


def stand_ins(images: Reals) -> Reals:
    """Points with the same mean and covariance as the images, twice as many as pixels.

    The bounds of linear networks are quadratic in the image, so the mean over these points is the
    mean over the images.
    """
    centre = images.mean(0)
    values, vectors = _spectrum(images)
    arms = (vectors * np.sqrt(len(centre) * np.maximum(values, 0.0))).T
    return np.concatenate((centre + arms, centre - arms))


def _spectrum(images: Reals) -> tuple[Reals, Reals]:
    """Eigenvalues of the covariance, the largest first, and its eigenvectors as columns."""
    centred = images - images.mean(0)
    values, vectors = np.linalg.eigh(centred.T @ centred / len(images))
    return values[::-1], vectors[:, ::-1]
