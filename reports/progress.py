"""Bars on standard error where that is a terminal; nothing otherwise."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["progress", "study_progress"]


@cache
def _console() -> Console:
    """Of all bars: those of one console stand below each other."""
    from rich.console import Console

    return Console(stderr=True)


@contextmanager
def progress(total: int) -> Iterator[Callable[[str], None]]:
    """A bar on standard error where that is a terminal; nothing otherwise."""
    if not sys.stderr.isatty():
        yield lambda name: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (BarColumn(24), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=_console(), transient=True) as bar:
        task = bar.add_task("", total=total)

        def advance(name: str) -> None:
            bar.update(task, description=name, advance=1)

        yield advance


@contextmanager
def study_progress(names: Sequence[str]) -> Iterator[Callable[[str, float], None]]:
    """A bar for all studies and one for each that runs, with the time that is left."""
    done = dict.fromkeys(names, 0.0)
    if not sys.stderr.isatty():
        yield done.__setitem__
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        BarColumn(24),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=_console(), transient=True, speed_estimate_period=600) as bar:
        whole = bar.add_task("all studies", total=len(names))
        running = {}

        def watch(name: str, share: float) -> None:
            done[name] = share
            if name not in running:
                running[name] = bar.add_task(name, total=1.0)
            bar.update(running[name], completed=share, visible=share < 1)
            bar.update(whole, completed=sum(done.values()))

        yield watch
