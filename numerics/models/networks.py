"""Small networks as studies train them: fully connected, in double precision."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["descend", "milestones", "perceptron", "values"]

_CHUNK = 1 << 15


def perceptron(torch: Any, widths: Sequence[int], activation: str = "Tanh") -> Any:
    """Affine layers of these widths, input and output included, and activations in between.

    Args:
        torch: PyTorch, as :func:`numerics.training.reproducible` hands it out.
        widths: of the layers; the last is the number of outputs.
        activation: the name of a class in ``torch.nn``.
    """
    layers: list[Any] = []
    for inputs, outputs in pairwise(widths):
        layers += [torch.nn.Linear(inputs, outputs), getattr(torch.nn, activation)()]
    return torch.nn.Sequential(*layers[:-1]).to(torch.float64)


def values(
    torch: Any, function: Callable[[Any], Any], points: NDArray[np.float64], device: str
) -> NDArray[np.float64]:
    """A function of tensors at points of shape (n, d), without gradients; shape (n,)."""
    with torch.no_grad():
        chunks = torch.as_tensor(points, dtype=torch.float64, device=device).split(_CHUNK)
        result: NDArray[np.float64] = torch.cat([function(chunk) for chunk in chunks]).cpu().numpy()
    return result.reshape(len(points))


def descend(
    torch: Any,
    parameters: Iterable[Any],
    loss: Callable[[], Any],
    steps: int,
    rate: float,
    watch: Callable[[int], None] = lambda step: None,
) -> None:
    """Adam (Kingma and Ba, 2015, Algorithm 1) with a rate that falls to zero like half a cosine.

    Args:
        torch: PyTorch.
        parameters: what is trained.
        loss: draws a minibatch and returns its loss.
        steps: how many.
        rate: the first step's.
        watch: called after each step with its number, counted from one.
    """
    optimizer = torch.optim.Adam(parameters, lr=rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for step in range(1, steps + 1):
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
        schedule.step()
        watch(step)


def milestones(steps: int, count: int = 12) -> list[int]:
    """Numbers of steps from one to ``steps``, about evenly spaced on a logarithmic axis.

    >>> milestones(100, 5)
    [1, 3, 10, 32, 100]
    """
    return sorted({round(step) for step in np.geomspace(1, steps, count).tolist()})
