"""Model 2, repaired: the draw is a function of the code and of noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module


def loss(x: Tensor, g: Module, f: Module) -> Tensor:
    """The squared error with a reparametrized code."""
    import torch

    h = g(x)
    epsilon = torch.randn_like(h)
    z = h + epsilon
    return ((x - f(z)) ** 2).sum()
