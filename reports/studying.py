"""Running studies: what is kept is not run again, the others on as many cores as there are."""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType, ModuleType
from typing import Any

import language.pickling  # noqa: F401 - experiments hold read-only mappings
from numerics.measurements import Experiment
from numerics.settings import Level, Setting
from numerics.store import Store
from numerics.training import device_name, torch_installed
from reports.pool import in_turn

__all__ = ["Studied", "StudyFailed", "Watch", "resolve_device", "study"]


class StudyFailed(RuntimeError):
    """A study could not be carried out; the message names it and what went wrong."""


#: What ends a study in one line: numbers, memory and devices that fail, data or libraries that
#: cannot be read.
_FAILURES = (ArithmeticError, ImportError, MemoryError, OSError, RuntimeError, ValueError)

#: Is told the name of a study and the share of it that is done.
Watch = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Studied:
    """What became of the studies that were wanted.

    Attributes:
        level: how thoroughly they were carried out.
        found: what they measured.
        kept: those of them that had been carried out before.
        left_out: those that were not, for want of PyTorch.
    """

    level: Level
    found: Mapping[str, Experiment]
    kept: frozenset[str] = frozenset()
    left_out: tuple[str, ...] = ()


def resolve_device(level: Level, wanted: str | None) -> str:
    """The device to use: what is wanted, else a GPU for the full level where there is one.

    Raises:
        DeviceMissing: what is wanted is not there.
    """
    if wanted is None:
        wanted = "cpu"
        if level is Level.FULL and torch_installed():
            import torch

            wanted = "cuda" if torch.cuda.is_available() else "cpu"
    device_name(wanted)
    return wanted


def study(
    names: Sequence[str],
    setting: Setting,
    store: Store,
    watch: Watch = lambda name, share: None,
    workers: int | None = None,
) -> Studied:
    """Carry out studies, except those of which the store has the result.

    Each result is kept as soon as it is there, so that nothing is lost by an interrupt.

    Args:
        names: of modules of ``numerics.studies``, each once.
        setting: level, seed and device.
        store: where results are kept.
        watch: told how far each study is.
        workers: how many processes; by default one for each core, on a GPU one.

    Raises:
        StudyFailed, WorkerEnded: one could not be carried out.
    """
    possible = [name for name in names if torch_installed() or not _trains(name)]
    found: dict[str, Experiment] = {}
    for name in possible:
        if (experiment := store.load(name, setting)) is not None:
            found[name] = experiment
            watch(name, 1.0)
    kept = frozenset(found)
    missing = [name for name in possible if name not in kept]
    if workers is None:
        workers = (os.cpu_count() or 1) if setting.device == "cpu" else 1
    found |= _carried_out(missing, setting, store, watch, min(workers, len(missing)))
    return Studied(
        setting.level,
        MappingProxyType({name: found[name] for name in possible}),
        kept,
        tuple(name for name in names if name not in possible),
    )


def _trains(name: str) -> bool:
    return getattr(_module(name), "TRAINS", False) is True


def _module(name: str) -> ModuleType:
    try:
        return importlib.import_module(f"numerics.studies.{name}")
    except ImportError as error:
        raise StudyFailed(f"the study {name} cannot be loaded: {error}") from error


def _carried_out(
    names: Sequence[str], setting: Setting, store: Store, watch: Watch, workers: int
) -> dict[str, Experiment]:
    if workers < 2:
        return {
            name: _carry_out(
                name, setting=replace(setting, progress=partial(watch, name)), store=store
            )
            for name in names
        }
    with _heard(watch) as reports:
        work = partial(_work, setting=setting, store=store)
        with closing(in_turn(work, names, workers, _report_to, (reports,))) as results:
            return dict(results)


def _carry_out(name: str, setting: Setting, store: Store) -> Experiment:
    module = _module(name)
    setting.progress(0.0)
    try:
        experiment: Experiment = module.run(setting)
    except _FAILURES as error:
        raise StudyFailed(f"the study {name} failed: {type(error).__name__}: {error}") from error
    store.save(name, setting, experiment)
    setting.progress(1.0)
    return experiment


# ------------------------------------------------------------------ workers


_reports: Any = None  # in a worker, the queue to its parent


def _report_to(reports: Any) -> None:
    global _reports
    _reports = reports


def _work(name: str, setting: Setting, store: Store) -> Experiment:
    """What a worker does."""

    def report(share: float) -> None:
        _reports.put((name, share))

    return _carry_out(name, replace(setting, progress=report), store)


@contextmanager
def _heard(watch: Watch) -> Iterator[Any]:
    """A queue for workers, whose reports reach ``watch``."""
    reports: Any = multiprocessing.get_context("spawn").Queue()

    def listen() -> None:
        with contextlib.suppress(EOFError, OSError):
            for name, share in iter(reports.get, None):
                watch(name, share)

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        yield reports
    finally:
        reports.put(None)
        listener.join(5)
        # a worker that was ended while it wrote keeps the queue locked: nobody waits for that
        reports.cancel_join_thread()
        reports.close()
