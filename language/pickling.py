"""Read-only mappings can be pickled: solutions and items that go to other processes hold some.

Python does not do that by itself. Whoever starts a process imports this module; the other one does
so when it reads the first of them.
"""

from __future__ import annotations

import copyreg
from types import MappingProxyType
from typing import Any

__all__ = ["read_only"]


def read_only(items: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    """A view of ``items`` through which nothing can be changed."""
    return MappingProxyType(items)


def _reduce(view: MappingProxyType[Any, Any]) -> tuple[Any, ...]:
    return read_only, (dict(view),)


copyreg.pickle(MappingProxyType, _reduce)
