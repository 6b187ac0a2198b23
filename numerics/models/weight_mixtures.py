"""A mixture of normal laws as the prior of weights: its gradients, its rest, and its groups.

The derived formulas in arrays and tensors; PyTorch is handed in, since it is imported only where
it is there.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Mixture",
    "averages",
    "by_groups",
    "differentiated",
    "find_groups",
    "nearest_values",
    "slopes",
    "to_rest",
]

Reals: TypeAlias = NDArray[np.float64]


class Mixture(NamedTuple):
    """Means, log variances and logits of the components, each of shape (m,): arrays or tensors."""

    mean: Any
    eta: Any
    logit: Any


def slopes(torch: Any, w: Any, mixture: Mixture) -> tuple[Any, Mixture]:
    """The derived derivatives of the regularizer at weights of shape (n,), as tensors.

    The closed forms of "dR-dw", "dR-dmu", "dR-deta" and "dR-da".
    """
    distance = w[:, None] - mixture.mean
    precision = torch.exp(-mixture.eta)
    logs = mixture.logit - mixture.eta / 2 - distance**2 * precision / 2
    shares = torch.softmax(logs, dim=1)
    pulls = shares * distance * precision
    return pulls.sum(1), Mixture(
        -pulls.sum(0),
        (shares * (1 - distance**2 * precision)).sum(0) / 2,
        w.numel() * torch.softmax(mixture.logit, 0) - shares.sum(0),
    )


def _regularizer(torch: Any, w: Any, mixture: Mixture) -> Any:
    """Minus the log density of the weights, as PyTorch's distributions have it."""
    laws = torch.distributions
    components = laws.Normal(mixture.mean, torch.exp(mixture.eta / 2))
    law = laws.MixtureSameFamily(laws.Categorical(logits=mixture.logit), components)
    return -law.log_prob(w).sum()


def averages(w: Reals, mixture: Mixture) -> tuple[Reals, Reals, Reals]:
    """The derived averages of every component, each of shape (m,).

    At rest they are the means, the variances around these means, and the mixing weights.
    """
    squares = (w - mixture.mean[:, None]) ** 2
    logs = (mixture.logit - mixture.eta / 2)[:, None] - squares / (2 * np.exp(mixture.eta))[:, None]
    shares = np.exp(logs - logs.max(axis=0))
    shares /= shares.sum(axis=0)
    counts = shares.sum(axis=1) + np.finfo(np.float64).tiny  # some may be left with no weight
    return shares @ w / counts, (shares * squares).sum(axis=1) / counts, counts / w.size


def to_rest(w: Reals, mixture: Mixture, floor: float) -> Mixture:
    """Expectation-maximization with the weights fixed, until nothing moves any more."""
    for _ in range(20_000):
        mean, squares, share = averages(w, mixture)
        # around the new mean it is smaller by the square of the way that the mean has gone
        variance = np.maximum(squares - (mean - mixture.mean) ** 2, floor**2)
        moved = Mixture(mean, np.log(variance), np.log(share))
        still = np.abs(np.subtract(moved, mixture)).max() < 1e-12
        mixture = moved
        if still:
            break
    return mixture


def differentiated(torch: Any, w: Any, mixture: Mixture) -> tuple[Any, ...]:
    """The regularizer's derivatives by weights, means, log variances and logits."""
    leaves = [part.detach().clone().requires_grad_() for part in (w, *mixture)]
    value = _regularizer(torch, leaves[0], Mixture(*leaves[1:]))
    found: tuple[Any, ...] = torch.autograd.grad(value, leaves)
    return found


def find_groups(w: Reals, mixture: Mixture) -> NDArray[np.int64]:
    """The number of each weight's group, from the smallest values to the largest.

    A weight belongs to the component that answers for most of it; neighbouring components whose
    means are closer than the sum of their deviations are one group.
    """
    order = np.argsort(mixture.mean)
    mean, eta, logit = (part[order] for part in mixture)
    logs = logit - eta / 2 - (w[:, None] - mean) ** 2 / (2 * np.exp(eta))
    owner = logs.argmax(axis=1)
    used, place = np.unique(owner, return_inverse=True)
    deviation = np.exp(eta[used] / 2)
    apart = np.diff(mean[used]) > deviation[1:] + deviation[:-1]
    groups: NDArray[np.int64] = np.concatenate(([0], np.cumsum(apart)))[place]
    return groups


def by_groups(w: Reals, groups: NDArray[np.int64]) -> Reals:
    """Each weight replaced by the mean of its group."""
    means: Reals = np.bincount(groups, w) / np.bincount(groups)
    return means[groups]


def nearest_values(w: Reals, groups: NDArray[np.int64]) -> Reals:
    """Each weight replaced by the nearest of as many values, by Lloyd's algorithm."""
    values = np.quantile(w, (np.arange(groups.max() + 1) + 0.5) / (groups.max() + 1))
    for _ in range(50):
        nearest = np.abs(w[:, None] - values).argmin(axis=1)
        counts = np.maximum(np.bincount(nearest, minlength=values.size), 1)
        values = np.bincount(nearest, w, values.size) / counts
    return np.asarray(values[nearest], dtype=np.float64)
