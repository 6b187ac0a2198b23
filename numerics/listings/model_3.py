"""Model 3: noise is added to the code."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module


def loss(x: Tensor, g: Module, f: Module) -> Tensor:
    """The squared error with noise added to the code."""
    import torch

    h = g(x)
    z = torch.normal(torch.zeros_like(h), torch.ones_like(h))
    return ((x - f(h + z)) ** 2).sum()
