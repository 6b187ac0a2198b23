"""Checking several solutions, on as many cores as there are."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from typing import TypeVar

import derivations.topics
import language.pickling  # noqa: F401 - solutions hold read-only mappings
from derivations.conventions import Variant
from grading.interrupts import ignoring
from numerics.verification import CheckedSolution, check_solution

__all__ = ["WorkerEnded", "check", "check_in_turn"]


class WorkerEnded(RuntimeError):
    """A process that was checking something was ended from outside."""


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
    # a fresh interpreter for each worker: forking a process with threads is not safe
    context = multiprocessing.get_context("spawn")
    folders = tuple(derivations.topics.__path__)
    with ProcessPoolExecutor(workers, context, _start, (folders,)) as pool:
        tasks: dict[Future[CheckedSolution], W] = {}
        try:
            # an interrupt reaches the whole group: the workers leave it to us to end them
            with ignoring(signal.SIGINT):
                for one in different:
                    tasks[pool.submit(_check_one, one, seed)] = one
            for task in as_completed(tasks):
                yield tasks[task], task.result()
        except BrokenProcessPool:
            raise WorkerEnded(
                "a checking process was ended from outside, perhaps for want of memory"
            ) from None
        except BaseException:
            _end(pool)  # leaving the block waits for the workers
            raise


def _end(pool: ProcessPoolExecutor) -> None:
    """End whatever the workers of a pool are in the middle of.

    Their tasks then fail by themselves, while cancelling them too would confuse the pool.
    """
    for process in multiprocessing.active_children():
        process.terminate()
    # A worker that was ended while it wrote leaves half a result. The pool would wait for its rest
    # for ever, as long as we hold an end of that pipe to write to, which only the pool knows.
    pool._result_queue._writer.close()  # type: ignore[attr-defined]


def _check_one(wanted: str | Variant, seed: int) -> CheckedSolution:
    """What a worker does."""
    return check_solution(wanted, seed)


def _start(folders: Sequence[str]) -> None:
    """Begin a worker: it finds the topics that its parent finds, and ends with it."""
    derivations.topics.__path__[:] = folders
    _end_with_parent()


def _end_with_parent() -> None:
    """Let a worker end when its parent was killed, instead of waiting for tasks for ever."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
