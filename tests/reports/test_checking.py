"""Checking on several cores."""

from __future__ import annotations

import multiprocessing
import os
import signal
import struct
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

import derivations.topics
from derivations.conventions import Variant
from derivations.sheets import add_topics, load_sheet
from reports import evidence
from reports.checking import check
from reports.pool import _end

SHEET = load_sheet("assignment")
QUESTIONS = [SHEET.question(number) for number in ("5.1", "5.2", "5.4", "5.5")]
NAMES = [question.solution for question in QUESTIONS]


def test_workers_find_what_one_process_finds() -> None:
    done: list[str] = []
    together = check(NAMES, 0, done.append, workers=2)
    alone = check(NAMES, 0, workers=1)
    assert sorted(done) == sorted(NAMES)
    assert list(together) == list(alone) == NAMES
    for question in QUESTIONS:
        records = [
            evidence.of_question(question, found[question.solution]) for found in (together, alone)
        ]
        assert records[0] == records[1]


def test_workers_find_topics_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derivations.topics, "__path__", list(derivations.topics.__path__))
    text = "from derivations.derivation import Solution\nfrom language.notation import Notation\n"
    names = [f"nothing_{number}" for number in range(4)]
    text += "".join(f"def {name}() -> Solution: return Solution(Notation())\n" for name in names)
    (tmp_path / "topic_for_workers.py").write_text(text)
    add_topics(tmp_path)
    wanted = [Variant(f"topic_for_workers.{name}") for name in names]
    assert list(check(wanted, workers=2)) == wanted


def test_variants_of_one_solution_are_checked_apart() -> None:
    name = "dropout.weight_decay_minimizer"
    wanted = [Variant(name), Variant(name, (("reduction", "mean"),)), Variant(name)]
    found = check(wanted)
    assert list(found) == wanted[:2]
    plain, mean = (found[one].answers[0].checked.derivation.claim for one in wanted[:2])
    assert plain.closed_form != mean.closed_form
    assert found[wanted[1]].conventions == (("reduction", "mean"),)


def test_an_interrupt_ends_the_workers() -> None:
    def interrupted(name: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check(NAMES, 0, interrupted, workers=2)
    assert multiprocessing.active_children() == []


def test_a_worker_that_is_ended_in_the_middle_of_a_result_is_not_waited_for() -> None:
    pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
    assert pool.submit(os.getpid).result() > 0
    pipe = pool._result_queue._writer  # type: ignore[attr-defined]
    os.write(pipe.fileno(), struct.pack("!i", 1000) + b"half")
    _end(pool)
    ending = threading.Thread(target=pool.shutdown, daemon=True)
    ending.start()
    ending.join(60)  # it would hang
    assert not ending.is_alive()


#: Checks with workers, and is killed when the first of them has started.
KILLED = """
import os, signal, sys, time
from concurrent.futures import ProcessPoolExecutor
import multiprocessing
from reports.pool import _end_with_parent

if __name__ == "__main__":
    pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _end_with_parent)
    print(pool.submit(os.getpid).result(), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="processes are killed otherwise")
def test_workers_do_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    script = tmp_path / "killed.py"
    script.write_text(KILLED)
    # the pipe closes when the last of its holders has gone, so this waits for the worker
    result = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=60,
    )
    assert result.returncode == -signal.SIGKILL
    assert result.stdout.strip().isdigit()
