"""Linear regression with Gaussian noise and prior: its posterior, and how descent gets to its mode.

The derived closed forms, evaluated at data.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

import numpy as np
from flint import acb_mat
from numpy.typing import NDArray

from derivations.topics import ridge, weight_prior
from numerics import balls
from numerics.comparisons import claims_of, predict
from numerics.valuations import Exact, Valuation

__all__ = ["GaussianRegression", "penalty_factor"]

Reals: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class GaussianRegression:
    """Targets that are linear in inputs, but for noise, with independent weights.

    Attributes:
        inputs: shape (n, d).
        targets: shape (n,).
        noise: the standard deviation of the noise.
        prior: that of each weight.
    """

    inputs: Reals
    targets: Reals
    noise: float
    prior: float

    @property
    def decay(self) -> float:
        """The ``weight_decay`` for the mean negative log likelihood.

        Twice the derived factor, since an optimizer adds decay times weight to the gradient; over
        n, since the mean is n times smaller than the sum.
        """
        return 2 * penalty_factor(self.prior) / self.targets.size

    @property
    def curvatures(self) -> Reals:
        """The curvatures of the negative log likelihood, in ascending order."""
        return np.asarray(
            np.linalg.eigvalsh(self.inputs.T @ self.inputs) / self.noise**2, np.float64
        )

    @property
    def alone(self) -> Reals:
        """The weights that minimize the loss alone."""
        return np.asarray(np.linalg.lstsq(self.inputs, self.targets, rcond=None)[0], np.float64)

    @property
    def covariance(self) -> Reals:
        """Of the posterior: the inverse curvature of minus its logarithm."""
        precision = self.inputs.T @ self.inputs / self.noise**2
        return np.asarray(
            np.linalg.inv(precision + np.eye(len(precision)) / self.prior**2), np.float64
        )

    def mode(self) -> Reals:
        """The derived mode of the posterior, by ball arithmetic on the exact data."""
        claim = claims_of(ridge.gaussian_prior())["mode"]
        values: dict[str, Exact] = {
            "X": tuple(tuple(map(Fraction, row)) for row in self.inputs.tolist()),
            "y": tuple((Fraction(target),) for target in self.targets.tolist()),
            "n": Fraction(self.targets.size),
            "d": Fraction(self.inputs.shape[1]),
            "sigma": Fraction(self.noise),
            "tau": Fraction(self.prior),
        }
        ball = balls.evaluate(claim.closed_form, Valuation(claim.notation, 0, values), 128)
        assert isinstance(ball, acb_mat)
        return np.array([float(entry.real.mid()) for entry in ball.entries()])

    def pace(self) -> dict[str, float]:
        """Step size and momentum of the fastest heavy ball on this quadratic (Polyak, 1964)."""
        low, high = np.sqrt(self.curvatures[[0, -1]] / self.targets.size + self.decay)
        return {"lr": (2 / (low + high)) ** 2, "momentum": ((high - low) / (high + low)) ** 2}


def penalty_factor(prior: float) -> float:
    """The derived factor of the squared length of weights with this prior standard deviation."""
    claim = claims_of(weight_prior.gaussian_prior())["lambda"]
    return predict(claim.closed_form, claim.notation, {"sigma": prior})
