"""Affine couplings: normalizing flows of the plane with an inverse and a Jacobian in closed form.

Source: Dinh, Sohl-Dickstein and Bengio, "Density estimation using Real NVP", ICLR 2017, equations
4 to 8. PyTorch is handed in, since it is imported only where it is there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Couplings", "identity_couplings", "log_base", "log_determinant"]

LAYERS, HIDDEN = 4, 16
#: The shapes of a layer's tensors; the first two are features, drawn at random.
SHAPES = ((HIDDEN,), (HIDDEN,), (HIDDEN, 2), (2,))


@dataclass(frozen=True, slots=True)
class Couplings:
    """A flow of the plane: each layer scales and shifts one coordinate as the other one says.

    ``weights`` has four tensors for each layer: of a network with one input, one hidden layer, and
    the log scale and the shift as outputs. Points have shape (k, 2); with them comes the log of the
    size of the Jacobian determinant there, shape (k,).
    """

    torch: Any
    weights: tuple[Any, ...]

    def _scale_and_shift(self, layer: int, at: Any) -> Any:
        slopes, biases, matrix, shifts = self.weights[4 * layer : 4 * layer + 4]
        return (self.torch.tanh(at[:, None] * slopes + biases) @ matrix + shifts).unbind(1)

    def forward(self, u: Any) -> tuple[Any, Any]:
        """The images, and the flow's determinant."""
        kept, moved = u.unbind(1)
        total = self.torch.zeros_like(kept)
        for layer in range(LAYERS):
            scale, shift = self._scale_and_shift(layer, kept)
            kept, moved = moved * self.torch.exp(scale) + shift, kept
            total = total + scale
        return self.torch.stack((kept, moved), 1), total

    def inverse(self, x: Any) -> tuple[Any, Any]:
        """The preimages, and the inverse's determinant."""
        moved, kept = x.unbind(1)
        total = self.torch.zeros_like(kept)
        for layer in reversed(range(LAYERS)):
            scale, shift = self._scale_and_shift(layer, kept)
            kept, moved = (moved - shift) * self.torch.exp(-scale), kept
            total = total - scale
        return self.torch.stack((moved, kept), 1), total

    def frozen(self) -> Couplings:
        """The same flow, no longer to be trained."""
        return Couplings(self.torch, tuple(w.detach() for w in self.weights))

    def log_density(self, x: Any) -> Any:
        """Of the flow's law."""
        u, stretch = self.inverse(x)
        return log_base(u) + stretch


def log_base(u: Any) -> Any:
    """The log density of the standard normal law at points of the plane."""
    return -(u**2).sum(1) / 2 - math.log(2 * math.pi)


def identity_couplings(torch: Any, generator: np.random.Generator, device: str) -> Couplings:
    """Couplings to be trained: the identity, with features drawn at random."""
    start = [
        generator.normal(size=shape) if place < 2 else np.zeros(shape)
        for _ in range(LAYERS)
        for place, shape in enumerate(SHAPES)
    ]
    weights = (torch.tensor(w, device=device, requires_grad=True) for w in start)
    return Couplings(torch, tuple(weights))


def log_determinant(flow: Couplings, u: Any) -> Any:
    """The log of the size of the flow's Jacobian determinant, by automatic differentiation."""
    at = u.clone().requires_grad_()
    image, _ = flow.forward(at)
    rows = [flow.torch.autograd.grad(image[:, k].sum(), at, retain_graph=True)[0] for k in (0, 1)]
    return flow.torch.linalg.slogdet(flow.torch.stack(rows, 1))[1]
