"""Inner loops as machine code, where Numba is installed (``pip install 'closedform[fast]'``).

On a GPU, PyTorch makes the machine code, where it finds Triton and a C compiler.

The loops are ordinary functions on arrays, written so that LLVM can turn them into vector
instructions. Compiling takes about a second and happens once in a process, so it pays only for
work that would take longer than that without; whoever uses this has a way without.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from functools import cache
from typing import Any

__all__ = ["compiled", "fused", "numba_installed"]


def numba_installed() -> bool:
    """Whether Numba can be imported; it is not imported to find out."""
    return importlib.util.find_spec("numba") is not None


@cache
def compiled(function: Callable[..., Any], *, reorder_sums: bool = False) -> Any:
    """``function`` as machine code that runs without the interpreter's lock.

    Products and sums may be fused into one rounding; dividing by zero gives an infinity. A function
    that is called inside another is handed to it as an argument, compiled too.

    Args:
        function: what to compile, once for each combination of its arguments' types.
        reorder_sums: whether sums may be taken in any order.
    """
    numba = importlib.import_module("numba")
    freedom = {"contract", "reassoc", "nsz"} if reorder_sums else {"contract"}
    return numba.njit(nogil=True, error_model="numpy", fastmath=freedom)(function)


def fused(function: Callable[..., Any], device: str) -> Callable[..., Any]:
    """``function`` of tensors as few kernels on a GPU, without storing what is between its steps.

    It is called as it stands elsewhere, and where no kernels can be made.
    """
    if not device.startswith("cuda"):
        return function
    import torch
    from torch._dynamo.exc import TorchDynamoException

    chosen = torch.compile(function, dynamic=False)

    def call(*arguments: Any) -> Any:
        nonlocal chosen
        try:
            return chosen(*arguments)
        except TorchDynamoException:  # without Triton or a compiler
            chosen = function
            return function(*arguments)

    return call
