"""Checking several solutions, on as many cores as there are."""

from __future__ import annotations

import copyreg
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from types import MappingProxyType
from typing import Any

from numerics.verification import CheckedSolution, check_solution
from reports.interrupts import ignoring

__all__ = ["WorkerEnded", "check"]


class WorkerEnded(RuntimeError):
    """A process that was checking something was ended from outside."""


def _read_only(items: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(items)


def _reduce(view: MappingProxyType[Any, Any]) -> tuple[Any, ...]:
    return _read_only, (dict(view),)


# solutions hold read-only mappings, which Python does not pickle by itself
copyreg.pickle(MappingProxyType, _reduce)


def check(
    names: Sequence[str],
    seed: int = 0,
    progress: Callable[[str], None] = lambda name: None,
    workers: int | None = None,
) -> dict[str, CheckedSolution]:
    """Check several solutions.

    Args:
        names: of solutions, as ``topic.function``; repeated ones are checked once.
        seed: of every draw.
        progress: called with each name when it has been checked.
        workers: how many processes; by default one for each core, as long as each has two names.

    Returns:
        The checked solutions by name, in the order of ``names``.

    Raises:
        WorkerEnded: a process did not live to report.
    """
    wanted = list(dict.fromkeys(names))
    workers = min(workers or os.cpu_count() or 1, len(wanted) // 2)
    if workers < 2:
        found = {}
        for name in wanted:
            found[name] = check_solution(name, seed)
            progress(name)
        return found
    # a fresh interpreter for each worker: forking a process with threads is not safe
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _end_with_parent) as pool:
        tasks: dict[Future[CheckedSolution], str] = {}
        try:
            # an interrupt reaches the whole group: the workers leave it to us to end them
            with ignoring(signal.SIGINT):
                for name in wanted:
                    tasks[pool.submit(_check_one, name, seed)] = name
            for task in as_completed(tasks):
                task.result()
                progress(tasks[task])
        except BrokenProcessPool:
            raise WorkerEnded(
                "a checking process was ended from outside, perhaps for want of memory"
            ) from None
        except BaseException:
            # leaving the block waits for the workers, so end what they are at; their tasks then
            # fail by themselves, while cancelling them too would confuse the pool
            for process in multiprocessing.active_children():
                process.terminate()
            raise
    done = {name: task.result() for task, name in tasks.items()}
    return {name: done[name] for name in wanted}


def _check_one(name: str, seed: int) -> CheckedSolution:
    """What a worker does; being of this module, it brings the pickling of read-only mappings."""
    return check_solution(name, seed)


def _end_with_parent() -> None:
    """Let a worker end when its parent was killed, instead of waiting for tasks for ever."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
