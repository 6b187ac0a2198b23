"""Tasks on several cores, each in a fresh process: their results in turn, and their end."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from grading.interrupts import ignoring

__all__ = ["WorkerEnded", "in_turn"]


class WorkerEnded(RuntimeError):
    """A process that was working on something was ended from outside."""


T = TypeVar("T")
R = TypeVar("R")


def in_turn(
    work: Callable[[T], R],
    tasks: Sequence[T],
    workers: int,
    prepare: Callable[..., None],
    prepared_with: tuple[Any, ...] = (),
) -> Generator[tuple[T, R], None, None]:
    """Each task with what ``work`` makes of it, as soon as it is done, while others go on.

    Close it, lest the others go on for nothing.

    Args:
        work: a function of a module, called in another process.
        tasks: what it is called with, each once.
        workers: how many processes.
        prepare: called once in each process before its first task, with ``prepared_with``.
        prepared_with: such as a queue through which workers report.

    Raises:
        WorkerEnded: a process did not live to report.
    """
    # a fresh interpreter for each worker: forking a process with threads is not safe
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _start, (prepare, prepared_with)) as pool:
        running: dict[Future[R], T] = {}
        try:
            # an interrupt reaches the whole group: the workers leave it to us to end them
            with ignoring(signal.SIGINT):
                for task in tasks:
                    running[pool.submit(work, task)] = task
            for done in as_completed(running):
                yield running[done], done.result()
        except BrokenProcessPool:
            raise WorkerEnded(
                "a working process was ended from outside, perhaps for want of memory"
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


def _start(prepare: Callable[..., None], prepared_with: tuple[Any, ...]) -> None:
    """Begin a worker, which ends with its parent."""
    _end_with_parent()
    prepare(*prepared_with)


def _end_with_parent() -> None:
    """Let a worker end when its parent was killed, instead of waiting for tasks for ever."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
