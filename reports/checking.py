"""Checking several solutions, on as many cores as there are."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from functools import partial
from typing import TypeVar

import derivations.topics
import language.pickling  # noqa: F401 - solutions hold read-only mappings
from derivations.conventions import Variant
from numerics.verification import CheckedSolution, check_solution
from reports.pool import in_turn

__all__ = ["check", "check_in_turn"]


W = TypeVar("W", str, Variant)


def check(
    wanted: Sequence[W],
    seed: int = 0,
    progress: Callable[[str], None] = lambda name: None,
    workers: int | None = None,
) -> dict[W, CheckedSolution]:
    """Check several solutions.

    Args:
        wanted: solutions, as ``topic.function`` or in other conventions; repeated ones are checked
            once.
        seed: of every draw.
        progress: called with each one's name when it has been checked.
        workers: how many processes; by default one for each core, as long as each has two to check.

    Returns:
        The checked solutions, in the order of ``wanted``.

    Raises:
        WorkerEnded: a process did not live to report.
    """
    done = {}
    with closing(check_in_turn(wanted, seed, workers)) as results:
        for one, checked in results:
            done[one] = checked
            progress(str(one))
    return {one: done[one] for one in dict.fromkeys(wanted)}


def check_in_turn(
    wanted: Sequence[W], seed: int = 0, workers: int | None = None
) -> Generator[tuple[W, CheckedSolution], None, None]:
    """Check several solutions, and give each one when it is ready, while others go on.

    Arguments and errors are those of :func:`check`. Close it, lest the others go on for nothing.
    """
    different = list(dict.fromkeys(wanted))
    workers = min(workers or os.cpu_count() or 1, len(different) // 2)
    if workers < 2:
        for one in different:
            yield one, check_solution(one, seed)
        return
    folders = tuple(derivations.topics.__path__)
    work = partial(_check_one, seed=seed)
    with closing(in_turn(work, different, workers, _find_topics, (folders,))) as results:
        yield from results


def _check_one(wanted: str | Variant, seed: int) -> CheckedSolution:
    """What a worker does."""
    return check_solution(wanted, seed)


def _find_topics(folders: Sequence[str]) -> None:
    """Let a worker find the topics that its parent finds."""
    derivations.topics.__path__[:] = folders
