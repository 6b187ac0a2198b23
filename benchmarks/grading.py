"""How well and how fast answers are judged, over the corpus, beside math-verify if wanted.

    python -m benchmarks.grading [--holdout] [--math-verify] [--repeat N]

Every answer of tests/corpus is judged for the first time, by one process on one core that has z3
and all references loaded. Each repetition starts a new process, and the times are medians over
the repetitions. math-verify has a process of its own; both take turns, a few lines each, so that
what else the machine does slows down both alike. README.md beside this file says what is counted
how.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import logging
import re
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from grading.items import Choice, Formula
from grading.judge import judge
from grading.judgement import Grade
from grading.references import load
from language.latex import to_latex
from tests.corpus.meanings import Line, read_lines, sheets

SLOWEST = 10
#: The tools take turns after so many lines: few, so that both meet the same machine, but not one,
#: which would leave each with the processor's caches full of the other's data.
TURN = 20
WIDTH = 100


# ------------------------------------------------------------------ what is measured


@dataclass(frozen=True, slots=True)
class Task:
    """One line of the corpus."""

    sheet: str
    line: Line
    is_choice: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a tool says of one answer: a grade's name, why, for what, and how long it took."""

    grade: str
    milliseconds: float
    stage: str = ""
    scope: str = ""
    feedback: str = ""


Tool = Callable[[Line], Outcome]


def closedform(identifiers: Sequence[str]) -> Tool:
    """The judge, with z3 and the items of these ids loaded."""
    importlib.import_module("z3")  # loaded when first needed, which is not part of any one answer
    items = {identifier: load(identifier) for identifier in identifiers}

    def outcome(line: Line) -> Outcome:
        item = items[line.id]
        start = time.perf_counter()
        found = judge(line.answer, item)
        milliseconds = 1e3 * (time.perf_counter() - start)
        return Outcome(found.grade.value, milliseconds, found.stage, found.scope, found.feedback)

    return outcome


#: Fonts of letters, which math-verify reads as words.
FONTS = re.compile(r"\\(?:mathbf|boldsymbol|mathrm|text)\s*\{([^{}]*)\}")
#: What a text has that already says where its formula is.
DELIMITED = re.compile(r"\$|\\\[|\\\(|\\boxed")


def math_verify(identifiers: Sequence[str]) -> Tool:
    """math-verify with its own defaults, with the references of these ids parsed."""
    module: Any = importlib.import_module("math_verify")
    complaints = Complaints()
    golds = {identifier: gold(module, identifier) for identifier in identifiers}

    def outcome(line: Line) -> Outcome:
        text = line.answer if DELIMITED.search(line.answer) else f"${line.answer}$"
        complaints.number = 0
        start = time.perf_counter()
        try:
            parsed = module.parse(text)
            accepted = module.verify(golds[line.id], parsed)
        except Exception:  # whatever it raises, it has not decided
            parsed, accepted = [], False
        milliseconds = 1e3 * (time.perf_counter() - start)
        understood = is_understood(golds[line.id]) and is_understood(parsed)
        if accepted:
            return Outcome("accepted", milliseconds)
        if understood and not complaints.number:
            return Outcome("rejected", milliseconds)
        return Outcome("undecided", milliseconds)

    return outcome


def gold(module: Any, identifier: str) -> list[Any]:
    """A reference as math-verify parses it: as it is printed, or else without fonts."""
    item = load(identifier)
    assert isinstance(item, Formula)
    printed = to_latex(item.claim.closed_form, item.claim.notation)
    only_latex = [module.LatexExtractionConfig()]
    parsed: list[Any] = module.parse(f"${printed}$", only_latex)
    if is_understood(parsed):
        return parsed
    without_fonts = FONTS.sub(r"\1", printed)
    plain: list[Any] = module.parse(f"${without_fonts}$", only_latex)
    return plain if is_understood(plain) else parsed


def is_understood(parsed: list[Any]) -> bool:
    """Whether math-verify has found an expression, beside the text that it falls back to."""
    return any(not isinstance(one, str) for one in parsed)


class Complaints(logging.Handler):
    """Counts what math-verify logs: comparisons that failed or took too long."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.number = 0
        logger = logging.getLogger("math_verify")
        logger.setLevel(logging.DEBUG)
        logger.propagate = False
        logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self.number += 1


# ------------------------------------------------------------------ one run


def serve(connection: Connection, make: Callable[[Sequence[str]], Tool]) -> None:
    """In a process of its own: take ids, then judge lines until there are no more."""
    tool = make(connection.recv())
    gc.collect()
    gc.freeze()
    connection.send(None)
    while lines := connection.recv():
        connection.send([tool(line) for line in lines])


class Worker:
    """A tool in a new process."""

    def __init__(self, make: Callable[[Sequence[str]], Tool], tasks: Iterable[Task]) -> None:
        context = get_context("spawn")
        self.connection, other = context.Pipe()
        self.process = context.Process(target=serve, args=(other, make), daemon=True)
        self.process.start()
        other.close()
        self.connection.send(list(dict.fromkeys(task.line.id for task in tasks)))
        self.connection.recv()

    def judge(self, tasks: Sequence[Task]) -> dict[Task, Outcome]:
        """What the tool says of some lines."""
        if not tasks:
            return {}
        self.connection.send([task.line for task in tasks])
        return dict(zip(tasks, self.connection.recv(), strict=True))

    def close(self) -> None:
        """End the process."""
        self.connection.send([])
        self.process.join()


#: What each tool says in one run: closedform of every line, math-verify of some or none.
Run = tuple[dict[Task, Outcome], dict[Task, Outcome]]


def run(tasks: Sequence[Task], *, beside: bool) -> Run:
    """Judge every line once; formulas by math-verify too, which goes first every other time."""
    formulas = [task for task in tasks if not task.is_choice] if beside else []
    ours = Worker(closedform, tasks)
    theirs = Worker(math_verify, formulas) if beside else None
    first: dict[Task, Outcome] = {}
    second: dict[Task, Outcome] = {}
    for number, start in enumerate(range(0, len(tasks), TURN)):
        turn = tasks[start : start + TURN]
        if number % 2 == 0:
            first |= ours.judge(turn)
        if theirs is not None:
            second |= theirs.judge([task for task in turn if not task.is_choice])
        if number % 2:
            first |= ours.judge(turn)
    for worker in (ours, theirs):
        if worker is not None:
            worker.close()
    return first, second


def median_of(task: Task, runs: Sequence[dict[Task, Outcome]]) -> Outcome | None:
    """What a tool says of a line, with its median time; None if it was not asked."""
    found = [outcomes[task] for outcomes in runs if task in outcomes]
    if not found:
        return None
    middle = statistics.median(outcome.milliseconds for outcome in found)
    return replace(found[0], milliseconds=middle)


def tasks_of(part: str) -> list[Task]:
    """The lines of one part of the corpus, each answer once."""
    tasks = {
        (line.id, line.answer): Task(sheet, line, isinstance(load(line.id), Choice))
        for sheet in sheets()
        for line in read_lines(part, sheet)
    }
    return list(tasks.values())


# ------------------------------------------------------------------ tables


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the corpus, what closedform says of it, and what math-verify says."""

    task: Task
    ours: Outcome
    theirs: Outcome | None

    @property
    def is_right(self) -> bool:
        """Whether a teacher would count the answer as right."""
        return self.task.line.right

    @property
    def is_false(self) -> bool:
        """Whether closedform's verdict is the opposite of the truth."""
        opposite = Grade.INCORRECT if self.is_right else Grade.CORRECT
        return self.ours.grade == opposite.value


RIGHT = ("correct", "unsure", "invalid", "timeout", "incorrect")
WRONG = ("incorrect", "unsure", "invalid", "timeout", "correct")


def table(title: str, grades: Sequence[str], rows: Sequence[Row]) -> Iterator[str]:
    """How often each grade was given, by sheet and in all; the last one is a false verdict."""
    yield f"{title:<16}{'lines':>8}" + "".join(f"{grade:>11}" for grade in grades) + f"{'':>11}"
    names = [*dict.fromkeys(row.task.sheet for row in rows), "all"]
    for name in names:
        chosen = [row for row in rows if name in ("all", row.task.sheet)]
        counts = Counter(row.ours.grade for row in chosen)
        cells = "".join(f"{counts[grade]:>11}" for grade in grades)
        yield f"{name:<16}{len(chosen):>8}{cells}{percent(counts[grades[0]], len(chosen)):>11}"
    yield ""


def percent(part: int, whole: int) -> str:
    """A share in percent."""
    return f"{100 * part / whole:.1f} %" if whole else "-"


def scopes(rows: Sequence[Row]) -> Iterator[str]:
    """For what the formulas that are judged correct were proved."""
    correct = [row for row in rows if row.ours.grade == "correct" and not row.task.is_choice]
    counts = Counter(extent(row.ours.scope) for row in correct)
    parts = (f"{number} {name} ({percent(number, len(correct))})" for name, number in
             counts.most_common())  # fmt: skip
    yield f"{len(correct)} formulas judged correct: " + ", ".join(parts)
    stages = Counter(row.ours.stage for row in correct)
    yield "decided by " + ", ".join(f"{name} {number}" for name, number in stages.most_common())
    yield ""


def extent(scope: str) -> str:
    """How far a proof reaches, from the words of its scope."""
    if scope == "to the digits written":
        return scope
    fixed = any(re.match(r"for (?!all )", part) for part in scope.split("; "))
    return "proved at fixed sizes" if fixed else "proved for all sizes"


def times(title: str, milliseconds: Sequence[float]) -> str:
    """The distribution of times in one line."""
    if len(milliseconds) == 1:
        return f"{title:<34}{milliseconds[0]:.2f} ms"
    cuts = statistics.quantiles(milliseconds, n=100, method="inclusive")
    return (
        f"{title:<34}median {cuts[49]:.2f} ms, 90th percentile {cuts[89]:.2f}, "
        f"99th {cuts[98]:.2f}, slowest {max(milliseconds):.2f}"
    )


def speed(rows: Sequence[Row]) -> Iterator[str]:
    """How long an answer takes, and the slowest of them."""
    formulas = [row for row in rows if not row.task.is_choice]
    groups = {"an answer": rows, "an answer that is a formula": formulas}
    for grade in RIGHT:
        found = [row for row in formulas if row.ours.grade == grade]
        groups[f"  {len(found)} {grade}"] = found
    for title, group in groups.items():
        if group:
            yield times(title, [row.ours.milliseconds for row in group])
    yield ""
    for row in sorted(rows, key=lambda row: -row.ours.milliseconds)[:SLOWEST]:
        words = f"{row.ours.grade} by {row.ours.stage}, {shown(row.task.line)}"
        yield shortened(f"{row.ours.milliseconds:9.2f} ms  {words}")
    yield ""


def false_verdicts(rows: Sequence[Row]) -> Iterator[str]:
    """Every right answer that is judged incorrect, and every wrong one that is judged correct."""
    false = [row for row in rows if row.is_false]
    yield f"{len(false)} false verdicts"
    for row in false:
        truth = "right" if row.is_right else "wrong"
        yield f"  {truth}, judged {row.ours.grade} by {row.ours.stage}: {shown(row.task.line)}"
        yield f"      {row.ours.feedback}"
    yield ""


def left_over(rows: Sequence[Row]) -> Iterator[str]:
    """The right answers that are left to a person, by what the line exercises."""
    left = [row for row in rows if row.is_right and not row.is_false]
    left = [row for row in left if row.ours.grade != "correct"]
    kinds = Counter(row.task.line.kind for row in left)
    yield f"{len(left)} right answers left to a person"
    for kind, number in kinds.most_common():
        of = sum(row.is_right and row.task.line.kind == kind for row in rows)
        yield f"  {kind}: {number} of {of}"
        for row in left:
            if row.task.line.kind == kind:
                yield shortened(f"    {row.ours.grade}: {shown(row.task.line)}")
                yield shortened(f"        {row.ours.feedback}")
    yield ""


def shown(line: Line) -> str:
    """A line of the corpus on one line."""
    return f"{line.id}: {' '.join(line.answer.split())}"


def shortened(text: str) -> str:
    """At most ``WIDTH`` characters of a text."""
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}…"


#: What is compared: its name, among right (True), wrong (False) or all answers, closedform's
#: grades and math-verify's.
COMPARED = (
    ("right answers accepted", True, ("correct",), "accepted"),
    ("right answers rejected", True, ("incorrect",), "rejected"),
    ("wrong answers accepted", False, ("correct",), "accepted"),
    ("wrong answers rejected", False, ("incorrect",), "rejected"),
    ("undecided", None, ("unsure", "invalid", "timeout"), "undecided"),
)


def side_by_side(rows: Sequence[Row]) -> Iterator[str]:
    """Both tools over the same formulas."""
    pairs = [(row, row.theirs) for row in rows if row.theirs is not None]
    yield f"{'formulas only':<26}{'of':>6}{'closedform':>20}{'math-verify':>20}{'ratio':>10}"
    for name, right, our_grades, their_grade in COMPARED:
        among = [pair for pair in pairs if right is None or pair[0].is_right is right]
        a = sum(row.ours.grade in our_grades for row, _ in among)
        b = sum(theirs.grade == their_grade for _, theirs in among)
        first, second = (f"{number} ({percent(number, len(among))})" for number in (a, b))
        ratio = f"{a / b:.2f}" if b else "-"
        yield f"{name:<26}{len(among):>6}{first:>20}{second:>20}{ratio:>10}"
    decided = [
        (row, theirs)
        for row, theirs in pairs
        if row.ours.grade in ("correct", "incorrect") and theirs.grade != "undecided"
    ]
    for name, chosen in (("", pairs), (", both decide", decided)):
        yield from milliseconds_beside(name, chosen)
    yield ""


def milliseconds_beside(name: str, pairs: Sequence[tuple[Row, Outcome]]) -> Iterator[str]:
    """The times of both tools, and how many times as long math-verify takes."""
    if not pairs:
        return
    fast = [row.ours.milliseconds for row, _ in pairs]
    slow = [theirs.milliseconds for _, theirs in pairs]
    for title, measure in (("median ms", statistics.median), ("mean ms", statistics.fmean)):
        a, b = measure(fast), measure(slow)
        yield f"{title + name:<26}{len(pairs):>6}{a:>20.2f}{b:>20.2f}{b / a:>10.1f}"
    paired = statistics.median(b / a for a, b in zip(fast, slow, strict=True))
    yield f"{'line by line' + name:<26}{len(pairs):>6}{'':>40}{paired:>10.1f}"


def report(rows: Sequence[Row]) -> Iterator[str]:
    """Everything that is printed of a run."""
    yield from table("right answers", RIGHT, [row for row in rows if row.is_right])
    yield from table("wrong answers", WRONG, [row for row in rows if not row.is_right])
    yield from scopes(rows)
    yield from speed(rows)
    if any(row.theirs is not None for row in rows):
        yield from side_by_side(rows)
    yield from left_over(rows)
    yield from false_verdicts(rows)


# ------------------------------------------------------------------ the command


def main() -> None:
    """Judge a part of the corpus and print how that went."""
    parser = argparse.ArgumentParser(prog="benchmarks.grading", description=__doc__)
    parser.add_argument("--holdout", action="store_true", help="the third that is kept aside")
    parser.add_argument("--math-verify", action="store_true", help="run math-verify beside it")
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="how often, from anew")
    options = parser.parse_args()
    if options.repeat < 1:
        parser.error("--repeat takes a positive number")
    beside = ""
    if options.math_verify:
        try:
            beside = f", math-verify {version('math-verify')}"
        except PackageNotFoundError:
            parser.error("math-verify is not installed: pip install 'closedform[benchmark]'")
    part = "holdout" if options.holdout else "practice"
    tasks = tasks_of(part)
    choices = sum(task.is_choice for task in tasks)
    again = f", {options.repeat} times" if options.repeat > 1 else ""
    print(f"{part}: {len(tasks)} answers, {choices} of them choices{beside}{again}\n", flush=True)
    runs = [run(tasks, beside=options.math_verify) for _ in range(options.repeat)]
    ours, theirs = [first for first, _ in runs], [second for _, second in runs]
    rows = [
        Row(task, judged, median_of(task, theirs))
        for task in tasks
        if (judged := median_of(task, ours)) is not None
    ]
    for text in report(rows):
        print(text)
    for text in changes(tasks, ours):
        print(text)


def changes(tasks: Sequence[Task], runs: Sequence[dict[Task, Outcome]]) -> Iterator[str]:
    """Where the repetitions disagree, which they must not."""
    for task in tasks:
        grades = {outcomes[task].grade for outcomes in runs}
        if len(grades) > 1:
            yield f"not always the same, {' or '.join(sorted(grades))}: {shown(task.line)}"


if __name__ == "__main__":
    main()
