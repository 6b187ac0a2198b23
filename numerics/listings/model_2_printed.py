"""Model 2 as it is printed: the code is the mean of a draw."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module


def loss(x: Tensor, g: Module, f: Module) -> Tensor:
    """The squared error with a drawn code."""
    import torch

    h = g(x)
    z = torch.normal(h, torch.ones_like(h))
    return ((x - f(z)) ** 2).sum()
