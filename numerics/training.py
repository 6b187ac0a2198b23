"""PyTorch, as studies use it: seeded, deterministic, and left as it was found."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from numerics.settings import Setting

__all__ = ["LEFT_OUT", "DeviceMissing", "device_name", "reproducible", "torch_installed"]


#: Why a study is left out, and what to do.
LEFT_OUT = "it trains a model, which needs PyTorch: pip install torch"


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
    with torch.random.fork_rng():
        torch.manual_seed(setting.seed)
        torch.set_num_threads(1)
        torch.use_deterministic_algorithms(True, warn_only=True)
        try:
            yield torch
        finally:
            torch.use_deterministic_algorithms(strict)
            torch.set_num_threads(threads)
