"""Model 1: noise on the input."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module


def loss(x: Tensor, g: Module, f: Module) -> Tensor:
    """The squared error with noise on the input."""
    import torch

    z = torch.normal(x, torch.ones_like(x))
    h = g(z)
    return ((x - f(h)) ** 2).sum()
