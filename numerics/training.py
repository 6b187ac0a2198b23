"""PyTorch, as studies use it: seeded, deterministic, and left as it was found."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from numerics.settings import Setting

__all__ = [
    "LEFT_OUT",
    "DeviceMissing",
    "device_name",
    "reproducible",
    "seeded",
    "torch_installed",
]


#: Why a study is left out, and what to do.
LEFT_OUT = "it trains a model, which needs PyTorch: pip install torch"

#: What cuBLAS looks for in the environment, and what lets it always add up in the same order.
_WORKSPACE, _FIXED = "CUBLAS_WORKSPACE_CONFIG", ":4096:8"


class DeviceMissing(LookupError):
    """The device that was asked for is not there; the message says what is."""


def torch_installed() -> bool:
    """Whether PyTorch can be imported; it is not imported to find out."""
    return importlib.util.find_spec("torch") is not None


def device_name(device: str) -> str:
    """What a document calls a device: ``"cpu"``, or a GPU's own name.

    Raises:
        DeviceMissing: there is no such device.
    """
    if device == "cpu":
        return device
    if not torch_installed():
        raise DeviceMissing(f"no device {device!r} without PyTorch: only cpu is there")
    import torch

    kind, _, number = device.partition(":")
    count = torch.cuda.device_count()
    if kind != "cuda" or not (number.isdecimal() or not number) or int(number or 0) >= count:
        known = ["cpu", *(f"cuda:{place}" for place in range(count))]
        raise DeviceMissing(f"no device {device!r}; there is {', '.join(known)}")
    return str(torch.cuda.get_device_name(device))


@contextmanager
def reproducible(setting: Setting) -> Iterator[Any]:
    """PyTorch with its seed set and one thread on the CPU, so that equal settings give equal
    numbers; what was set otherwise comes back afterwards.

    One thread is also the fastest for networks as small as ours. Draw from
    ``torch.Generator(device).manual_seed(...)`` where several streams are needed.
    """
    import torch

    threads, strict = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    lenient = torch.is_deterministic_algorithms_warn_only_enabled()
    with _fixed_workspace(setting.device), seeded(setting.seed, setting.device):
        torch.set_num_threads(1)
        torch.use_deterministic_algorithms(True, warn_only=True)
        try:
            yield torch
        finally:
            torch.use_deterministic_algorithms(strict, warn_only=lenient)
            torch.set_num_threads(threads)


@contextmanager
def seeded(seed: int, device: str) -> Iterator[None]:
    """Let PyTorch draw from a seed, on the CPU and the device; then it goes on as before."""
    import torch

    # all GPUs are touched, and there is a warning, unless we name those that draw
    with torch.random.fork_rng([] if device == "cpu" else [device]):
        torch.manual_seed(seed % 2**64)  # it takes no more digits
        yield


@contextmanager
def _fixed_workspace(device: str) -> Iterator[None]:
    """Let matrix products on a GPU repeat exactly, unless the user has set how they are done."""
    if device == "cpu" or _WORKSPACE in os.environ:
        yield
        return
    os.environ[_WORKSPACE] = _FIXED
    try:
        yield
    finally:
        del os.environ[_WORKSPACE]
