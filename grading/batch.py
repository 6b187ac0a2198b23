"""Many answers, one after the other, judged in a process of its own.

Every limit of the reader and the provers counts operations, so that verdicts do not depend on the
machine. Behind them stands this process: its memory is bounded, and if it ever failed to answer it
would be ended and started again, with the verdict ``timeout`` for what it was at.
"""

from __future__ import annotations

import contextlib
import json
import signal
import sys
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Any

import language.pickling  # noqa: F401 - items hold read-only mappings
from grading.interrupts import ignoring
from grading.items import Item
from grading.judgement import Grade, Judgement

if TYPE_CHECKING:  # a single answer needs no process of its own, and starts the sooner
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

__all__ = ["BatchError", "Isolated", "Line", "bound_memory", "judge_lines", "parse_line"]

#: A bound on memory, in bytes: answers take a few MiB.
MEMORY = 4 * 1024**3
#: After this many seconds a process is taken for dead: hundreds of times what operations allow.
PATIENCE = 60
#: The longest line that is looked at, in characters.
LONGEST_LINE = 1_000_000

KEYS = ("id", "answer", "format", "text")
FORMATS = ("latex", "text")


class BatchError(ValueError):
    """A line of a batch is no submission; the message says what was expected."""


@dataclass(frozen=True, slots=True)
class Line:
    """One submission: the id it goes by, the full id of what is answered, and the text."""

    id: str | int | None
    answer: str
    text: str


def parse_line(line: str) -> Line:
    """Read ``{"id": ..., "answer": ..., "format": ..., "text": ...}``.

    ``id`` may be any string or integer, or be left out, as may ``format``: the reader takes LaTeX
    and plain text alike, mixed too.

    Raises:
        BatchError: it is something else.
    """
    if len(line) > LONGEST_LINE:
        raise BatchError(f"expected at most {LONGEST_LINE} characters, found {len(line)}")
    try:
        data = json.loads(line)
    except RecursionError:
        raise BatchError("not a submission: nested too deeply") from None
    except ValueError as error:
        raise BatchError(f"not JSON: {error}") from None
    if not isinstance(data, dict):
        raise BatchError(f"expected an object with {', '.join(KEYS)}, found {_shown(data)}")
    for key in data:
        if key not in KEYS:
            raise BatchError(f"unknown key {_shown(key)}; expected {', '.join(KEYS)}")
    for key in ("answer", "text"):
        if not isinstance(data.get(key), str):
            raise BatchError(f'expected a string under "{key}", found {_shown(data.get(key))}')
    identifier = data.get("id")
    if isinstance(identifier, bool) or not isinstance(identifier, str | int | None):
        raise BatchError(f'expected a string or an integer under "id", found {_shown(identifier)}')
    if data.get("format", "latex") not in FORMATS:
        raise BatchError(f'"format" must be latex or text, found {_shown(data["format"])}')
    return Line(identifier, data["answer"], data["text"])


def _shown(value: object) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def judge_lines(
    lines: Iterable[str], items: Mapping[str, Item] | None = None
) -> Generator[dict[str, Any], None, None]:
    """Judge submissions, one JSON object a line, in order; identical ones once, empty lines never.

    Args:
        lines: the submissions, as :func:`parse_line` reads them.
        items: items of sheets of one's own by their full ids, which go before ours.

    Yields:
        For each its ``id``, ``answer``, ``verdict``, ``stage``, ``feedback``, ``witness`` and
        ``milliseconds``. A line that is no submission, or answers something that there is not, is
        ``invalid`` at the stage ``"input"``.
    """
    from grading.references import UnknownItem, load

    own = items or {}
    done: dict[tuple[str, str], Judgement] = {}
    with Isolated(own) as process:
        for number, text in enumerate(lines, 1):
            if not text.strip():
                continue
            line = Line(None, "", "")
            try:
                line = parse_line(text)
                item = own.get(line.answer) or load(line.answer)
            except (BatchError, UnknownItem) as error:
                yield _record(line, _refused(line, f"line {number}: {error}"))
                continue
            key = (item.id, line.text)
            if key not in done:
                done[key] = process.judge(line.text, item.id)
            yield _record(line, done[key])


def _refused(line: Line, problem: str) -> Judgement:
    return Judgement(line.answer, line.text, Grade.INVALID, "input", feedback=problem)


def _record(line: Line, judgement: Judgement) -> dict[str, Any]:
    witness = judgement.witness
    return {
        "id": line.id,
        "answer": line.answer,
        "verdict": judgement.grade.value,
        "stage": judgement.stage,
        "feedback": judgement.feedback,
        "witness": witness
        and {
            "values": dict(witness.values),
            "answer": witness.answer,
            "expected": witness.expected,
        },
        "milliseconds": round(judgement.milliseconds, 3),
    }


# ------------------------------------------------------------------ a process of its own


class Isolated:
    """Judges in a process that can be ended; started when first needed, and again if it dies.

    The process keeps what it knows of each item, so answers go there with the item's id only;
    ``items`` are those that do not come with the toolkit.
    """

    def __init__(self, items: Mapping[str, Item] | None = None) -> None:
        self._items = dict(items or {})
        self._process: BaseProcess | None = None
        self._channel: Connection | None = None

    def __enter__(self) -> Isolated:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def judge(self, text: str, item: str) -> Judgement:
        """The judgement on an answer to the item of this full id; ``timeout`` if there is none."""
        channel = self._channel or self._start()
        try:
            channel.send((text, item))
            if channel.poll(PATIENCE):
                found: Judgement = channel.recv()
                return found
            ended = "it did not come to an end"
        except (EOFError, OSError):
            ended = "its process came to an end"
        self._end()
        return Judgement(
            item,
            text,
            Grade.TIMEOUT,
            "process",
            feedback=f"This could not be judged: {ended}. A person has to look at it.",
        )

    def _start(self) -> Connection:
        import multiprocessing

        ours, theirs = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")
        process = context.Process(target=_serve, args=(theirs, self._items), daemon=True)
        # it leaves interrupts to us, who end it
        with ignoring(signal.SIGINT), _without_main():
            process.start()
        theirs.close()
        self._process, self._channel = process, ours
        return ours

    def _end(self) -> None:
        if self._channel is not None:
            self._channel.close()
        if self._process is not None:
            self._process.kill()
            self._process.join()
        self._channel = self._process = None


@contextlib.contextmanager
def _without_main() -> Iterator[None]:
    """Keep a process that is started now from running the caller's program over again.

    Python would do so, which ends badly where that program has no ``if __name__ == "__main__"``,
    or comes from standard input.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _serve(channel: Connection, items: Mapping[str, Item]) -> None:
    """What the process does until its parent is gone."""
    from grading.judge import judge
    from grading.references import load

    bound_memory()
    with contextlib.suppress(EOFError, OSError):
        while True:
            text, name = channel.recv()
            try:
                channel.send(judge(text, items.get(name) or load(name)))
            except MemoryError:
                channel.send(_out_of_memory(text, name))


def _out_of_memory(text: str, item: str) -> Judgement:
    return Judgement(
        item,
        text,
        Grade.TIMEOUT,
        "memory",
        feedback="This takes more memory than there is for it. A person has to look at it.",
    )


def bound_memory() -> None:
    """Let this process have no more than MEMORY bytes, where the system can do that."""
    if sys.platform == "win32":  # has no such bound
        return
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_AS)
    bound = MEMORY if most == resource.RLIM_INFINITY else min(MEMORY, most)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (bound, most))
