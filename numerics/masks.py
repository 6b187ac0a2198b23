"""Losses of linear regression under random dropout masks, many at a time.

A mask R has entries that are independent and one with probability p, else zero; its loss is
||y - (R o X) w||^2, with o the entrywise product (Srivastava et al., "Dropout", JMLR 15, 2014,
section 9.1).

One random byte decides an entry in 255 of 256 cases: it is one if the byte lies below the first
eight binary digits of p, zero if above. Where the byte equals them, a uniform number decides by
the digits that follow. So an entry costs an eighth of a random word, and is one with probability p
exactly: what follows the first eight digits of a float is a multiple of 2^-53, as the uniform
numbers are, unless p < 1/256, where it is rounded to the next such multiple.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from numerics.compilation import compiled, fused, numba_installed
from numerics.training import seeded

__all__ = ["BLOCK", "losses"]

Reals: TypeAlias = NDArray[np.float64]
Bytes: TypeAlias = NDArray[np.uint8]
Flags: TypeAlias = NDArray[np.bool_]
Places: TypeAlias = NDArray[np.int64]

#: Mask entries that are worked on at once: as many bytes, which stay in the cache.
BLOCK = 1 << 17
_WORTH_COMPILING = 10**9  # mask entries: about a second without

_DEVICE_BLOCK = 1 << 27  # the same on a GPU
_DEVICE_DIGITS = 62  # of p there, one word for each entry


def losses(
    inputs: Reals,
    targets: Reals,
    weights: Reals,
    keep: float,
    count: int,
    generator: np.random.Generator,
    device: str = "cpu",
) -> Reals:
    """The losses of ``count`` independent masks, of shape (count,).

    Args:
        inputs: X, of shape (n, d).
        targets: y, of shape (n,).
        weights: w, of shape (d,).
        keep: the probability p that an entry of a mask is one.
        count: how many masks to draw.
        generator: what they are drawn from; on another device than the CPU, the seed is.
        device: where it happens, as PyTorch names it.
    """
    if device != "cpu":
        return _device_losses(inputs * weights, targets, keep, count, generator, device)
    fast = numba_installed() and count * inputs.size >= _WORTH_COMPILING
    return _losses(inputs * weights, targets, keep, count, generator, fast=fast)


def _losses(
    parts: Reals,
    targets: Reals,
    keep: float,
    count: int,
    generator: np.random.Generator,
    *,
    fast: bool,
) -> Reals:
    """The losses where ``parts`` has the entries X_ij w_j; the same with and without ``fast``, up
    to rounding."""
    total = np.zeros(count)
    columns = parts.shape[1]
    size = max(1, BLOCK // columns)
    for start in range(0, count, size):
        block = total[start : start + size]
        for row, target in zip(parts, targets, strict=True):
            kept = _kept(block.size * columns, keep, generator, fast=fast)
            block += (target - _sums(kept.reshape(-1, columns), row, fast=fast)) ** 2
    return total


def _kept(size: int, keep: float, generator: np.random.Generator, *, fast: bool) -> Flags:
    """``size`` independent entries of a mask."""
    rest, first = math.modf(256 * keep)
    words = generator.integers(0, 1 << 64, -(-size // 8), dtype=np.uint64)
    drawn = words.view(np.uint8)[:size]
    kept = drawn < int(first)
    tied = compiled(_places)(drawn, int(first)) if fast else np.flatnonzero(drawn == int(first))
    kept[tied] = generator.random(tied.size) < rest
    return kept


def _sums(kept: Flags, parts: Reals, *, fast: bool) -> Reals:
    """The sum of the parts that each row keeps."""
    if not fast:
        return kept @ parts
    sums = np.empty(len(kept))
    compiled(_add_up, reorder_sums=True)(kept, parts, sums)
    return sums


# To be compiled.


def _places(drawn: Bytes, byte: int) -> Places:
    """Where ``drawn`` equals ``byte``.

    Eight at a time: w has a zero byte exactly where (w - 0x01..01) & ~w & 0x80..80 is not zero
    (Warren, "Hacker's Delight", 2nd edition, section 6-1).
    """
    found = np.empty(drawn.size, np.int64)
    count = 0
    ones, tops = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
    pattern = ones * np.uint64(byte)
    whole = drawn.size // 8
    words = drawn[: 8 * whole].view(np.uint64)
    for k in range(whole):
        word = words[k] ^ pattern
        if (word - ones) & ~word & tops:
            for place in range(8 * k, 8 * k + 8):
                if drawn[place] == byte:
                    found[count] = place
                    count += 1
    for place in range(8 * whole, drawn.size):
        if drawn[place] == byte:
            found[count] = place
            count += 1
    return found[:count]


def _add_up(kept: Flags, parts: Reals, sums: Reals) -> None:
    for i in range(sums.size):
        total = 0.0
        for j in range(parts.size):
            total += parts[j] if kept[i, j] else 0.0
        sums[i] = total


# On a GPU.


def _device_losses(
    parts: Reals,
    targets: Reals,
    keep: float,
    count: int,
    generator: np.random.Generator,
    device: str,
) -> Reals:
    """The losses by PyTorch, drawing and summing in one kernel, so that no mask is ever stored.

    A word for each entry decides by the first 62 binary digits of p.
    """
    import torch

    threshold = math.ceil(math.ldexp(keep, _DEVICE_DIGITS))

    def block_losses(size: int, parts: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        shape = (size, *parts.shape)
        drawn = torch.randint(0, 1 << _DEVICE_DIGITS, shape, device=parts.device)
        residuals = targets - torch.where(drawn < threshold, parts, 0.0).sum(-1)
        return residuals.square().sum(-1)

    of_block = fused(block_losses, device)
    size = max(1, _DEVICE_BLOCK // parts.size)
    there = [torch.from_numpy(array).to(device) for array in (parts, targets)]
    with seeded(int(generator.integers(1 << 63)), device):
        blocks = [of_block(min(size, count - start), *there) for start in range(0, count, size)]
    found: Reals = torch.cat(blocks).cpu().numpy()
    return found
