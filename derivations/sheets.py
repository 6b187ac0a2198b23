"""Sheets: ordered lists of questions, with points, that name what the topics derive.

A sheet is a TOML file. It is found by its file name in ``derivations/sheets``, or by its path. The
library, ``derivations/library.toml``, is written in the same way and is the sheet ``library``.

What can be seen in the file alone is checked here; whether the answers it names are there, and the
conventions it asks for are offered, says :mod:`derivations.solutions`, which imports the topics.
"""

from __future__ import annotations

import ast
import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import cast

import derivations.topics
from derivations.conventions import KINDS

__all__ = [
    "LIBRARY",
    "Error",
    "Group",
    "Own",
    "Question",
    "Sheet",
    "SheetError",
    "Stated",
    "UnknownName",
    "add_topics",
    "listed",
    "load_sheet",
    "near",
    "sheet_names",
    "solution_names",
    "topic_names",
]

FOLDER = Path(__file__).parent / "sheets"

#: The name of the sheet that holds what is derived beside the other sheets.
LIBRARY = "library"

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

#: The size of a sheet's file that is certainly a mistake, in bytes.
_LARGEST = 1_000_000

_IDENTIFIER = re.compile(r"[A-Za-z0-9]+([._-][A-Za-z0-9]+)*\Z")


class SheetError(ValueError):
    """A sheet is unknown or malformed; the message is one line that says what to do."""


class UnknownName(SheetError):
    """There is no sheet or question of this name; the message lists the near ones."""


@dataclass(frozen=True, slots=True)
class Group:
    """Questions that belong together: those whose id is ``id`` or starts with ``id`` and a dot."""

    id: str
    title: str

    def contains(self, question: str) -> bool:
        """Whether the question with this id belongs to the group."""
        return question == self.id or question.startswith(f"{self.id}.")


@dataclass(frozen=True, slots=True)
class Error:
    """A mistake that a question of one's own expects: what is handed in, and what it costs."""

    wrong: str
    words: str
    deduction: int | None = None


@dataclass(frozen=True, slots=True)
class Stated:
    """An answer that a sheet states itself: what is asked for, and what it is, in LaTeX."""

    id: str
    definition: str
    answer: str
    asks: str = ""
    mistakes: tuple[Error, ...] = ()


@dataclass(frozen=True, slots=True)
class Own:
    """A question that no topic has, as the sheet states it; :mod:`grading.own` reads it.

    Attributes:
        statement: the question in words, with formulas between ``$``.
        notation: what the names mean, one declaration each.
        answers: in their order.
    """

    statement: str
    notation: tuple[str, ...]
    answers: tuple[Stated, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a sheet.

    Attributes:
        id: its number on the sheet, such as ``"1.1"``.
        points: what it is worth; 0 where it is not graded.
        title: a short title of our own.
        solution: the function that derives its answers, as ``topic.function``; where the sheet
            states the question itself, ``sheet/question``.
        answers: the answers and choices that are asked for; empty where all are.
        one_of: groups of answers of which any one counts, once.
        shares: the points of each answer, where the sheet gives them.
        own: what the sheet states itself, None where a topic derives the answers.
    """

    id: str
    points: int
    title: str
    solution: str
    answers: tuple[str, ...] = ()
    one_of: tuple[tuple[str, ...], ...] = ()
    shares: tuple[tuple[str, int], ...] = ()
    own: Own | None = None

    @property
    def topic(self) -> str:
        """The module of ``derivations.topics`` that derives the answers."""
        return self.solution.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Sheet:
    """An ordered list of questions.

    Attributes:
        id: the file's name without its ending.
        title: title of the documents made from it.
        subtitle: a line under the title; may be empty.
        source: where the questions come from; may be empty.
        questions: in the order of the sheet.
        groups: headings over the questions; may be empty.
        conventions: kind and option of each convention that the sheet asks for.
    """

    id: str
    title: str
    subtitle: str
    source: str
    questions: tuple[Question, ...]
    groups: tuple[Group, ...] = ()
    conventions: tuple[tuple[str, str], ...] = ()

    @property
    def points(self) -> int:
        """The sum of the questions' points."""
        return sum(question.points for question in self.questions)

    def question(self, identifier: str) -> Question:
        """The question with this id; :class:`UnknownName` lists the near ones otherwise."""
        for question in self.questions:
            if question.id == identifier:
                return question
        known = [question.id for question in self.questions]
        raise UnknownName(
            f"sheet {self.id} has no question {identifier!r}{near(identifier, known)}"
        )

    def group_of(self, question: Question) -> Group | None:
        """The first group that contains ``question``, or None."""
        return next((group for group in self.groups if group.contains(question.id)), None)


def near(name: str, known: Sequence[str]) -> str:
    """The names of ``known`` that resemble ``name``, as the end of an error message.

    >>> near("tile", ["title", "points", "solution"])
    '; did you mean title?'
    >>> near("x", ["a", "b"])
    '; there are a and b'
    """
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    if close:
        return f"; did you mean {listed(close, 'or')}?"
    if not known:
        return "; there are none"
    return f"; there {'is' if len(known) == 1 else 'are'} {listed(known)}"


def listed(words: Sequence[str], conjunction: str = "and") -> str:
    """Words as a list within a sentence.

    >>> listed(["a", "b", "c"], "or")
    'a, b or c'
    """
    return f" {conjunction} ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def sheet_names() -> list[str]:
    """The ids of the sheets that come with the toolkit, sorted; the library is not among them."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def add_topics(folder: Path) -> None:
    """Let the topics of a folder of one's own, ``FOLDER/<topic>.py``, be found beside ours.

    They become modules of the package :mod:`derivations.topics`; nothing else of the folder can be
    imported, and other packages are found as before.

    Raises:
        SheetError: it is no folder, holds no topic, or one that we have, too.
    """
    if not folder.is_dir():
        raise SheetError(f"{folder}: no such folder; --topics takes a folder of topic modules")
    place = str(folder.resolve())
    if place in derivations.topics.__path__:
        return
    found = sorted(path.stem for path in folder.glob("[!_]*.py"))
    if not found:
        raise SheetError(f"{folder}: expected topics, <name>.py, found none")
    for name in found:
        if name in topic_names():
            raise SheetError(f"{folder / name}.py: there is a topic {name} already; rename yours")
        if not name.isidentifier():
            raise SheetError(f"{folder / name}.py: {name!r} cannot name a Python module; rename it")
    derivations.topics.__path__.append(place)


def topic_names() -> list[str]:
    """The topics, ours and those that were added, sorted."""
    return sorted(_topic_files())


def _topic_files() -> dict[str, Path]:
    folders = [Path(place) for place in derivations.topics.__path__]
    return {path.stem: path for folder in folders for path in folder.glob("[!_]*.py")}


def solution_names(topic: str) -> tuple[str, ...]:
    """The functions of a topic that return a Solution, read from its source, not imported.

    Empty where there is no such topic.

    Raises:
        SheetError: its file is no Python source.
    """
    path = _topic_files().get(topic)
    return () if path is None else _solutions_in(path)


@cache
def _solutions_in(path: Path) -> tuple[str, ...]:
    try:
        body = ast.parse(path.read_text(encoding="utf-8"), path.name).body
    except (SyntaxError, ValueError) as error:
        raise SheetError(f"{path}: not a topic: {_in_one_line(error)}") from None
    except OSError as error:
        raise SheetError(f"{path}: cannot be read: {error.strerror}") from None
    return tuple(
        node.name
        for node in body
        if isinstance(node, ast.FunctionDef)
        and not node.name.startswith("_")
        and node.returns is not None
        and ast.unparse(node.returns).strip("'").endswith("Solution")
    )


def load_sheet(name_or_path: str | Path) -> Sheet:
    """Read a sheet by its name, or by the path of a TOML file.

    Raises:
        UnknownName: no such sheet or file.
        SheetError: the file does not describe a sheet.
    """
    path = _locate(name_or_path)
    try:
        if path.stat().st_size > _LARGEST:
            raise SheetError(f"{path}: expected a sheet of at most {_LARGEST} bytes, found more")
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SheetError(
            f"{path}: expected UTF-8 text, found byte {error.start} to be none"
        ) from None
    except OSError as error:
        raise SheetError(f"{path}: cannot be read: {error.strerror}") from None
    try:
        data = tomllib.loads(text)
    except RecursionError:
        raise SheetError(f"{path}: not a sheet: nested too deeply") from None
    except ValueError as error:
        # mostly tomllib.TOMLDecodeError; a number of thousands of digits is a plain ValueError
        raise SheetError(f"{path}: not TOML: {_in_one_line(error)}") from None
    return _Reader(path).sheet(data)


def _in_one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _locate(name_or_path: str | Path) -> Path:
    name = str(name_or_path)
    if isinstance(name_or_path, Path) or name.endswith(".toml") or "/" in name or "\\" in name:
        path = Path(name_or_path)
        try:
            found = path.is_file()
        except OSError as error:
            raise UnknownName(f"{path}: cannot be read: {error.strerror}") from None
        if not found:
            raise UnknownName(
                f"{path}: no such file; give a sheet's name or the path of a TOML file"
            )
        return path
    if name == LIBRARY:
        return FOLDER.parent / f"{LIBRARY}.toml"
    if name in sheet_names():
        return FOLDER / f"{name}.toml"
    raise UnknownName(f"unknown sheet {name!r}{near(name, [*sheet_names(), LIBRARY])}")


class _Reader:
    """Turns parsed TOML into a :class:`Sheet`; every complaint names the file and the place."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def fail(self, where: str, problem: str) -> SheetError:
        return SheetError(f"{self.path}: {where}: {problem}")

    def sheet(self, data: Mapping[str, object]) -> Sheet:
        keys = "id title subtitle source conventions group question".split()
        self.only(data, "the sheet", *keys)
        identifier = self.identifier(data, "the sheet")
        if identifier != self.path.stem:
            problem = f"id is {identifier!r}, expected the file's name {self.path.stem!r}"
            raise self.fail("the sheet", problem)
        questions = tuple(
            self.question(table, f"question {position}", identifier)
            for position, table in enumerate(self.tables(data, "question"), 1)
        )
        if not questions:
            raise self.fail("the sheet", "expected at least one [[question]], found none")
        groups = tuple(
            self.group(table, f"group {position}")
            for position, table in enumerate(self.tables(data, "group"), 1)
        )
        self.distinct("question", [question.id for question in questions])
        self.distinct("group", [group.id for group in groups])
        for group in groups:
            if not any(group.contains(question.id) for question in questions):
                known = [question.id for question in questions]
                problem = (
                    f"no question is {group.id} or begins with {group.id}.{near(group.id, known)}"
                )
                raise self.fail(f"group {group.id}", problem)
        return Sheet(
            identifier,
            self.text(data, "title", "the sheet"),
            self.text(data, "subtitle", "the sheet", ""),
            self.text(data, "source", "the sheet", ""),
            questions,
            groups,
            self.conventions(data.get("conventions", {})),
        )

    def conventions(self, table: object) -> tuple[tuple[str, str], ...]:
        if not isinstance(table, dict):
            raise self.fail("the sheet", f"[conventions] must be a table, found {table!r}")
        for kind, option in table.items():
            if kind not in KINDS:
                raise self.fail("conventions", f"unknown kind {kind!r}{near(kind, list(KINDS))}")
            if option not in KINDS[kind].options:
                known = listed(list(KINDS[kind].options), "or")
                raise self.fail("conventions", f"{kind} must be {known}, found {option!r}")
        return tuple(table.items())

    def group(self, table: Mapping[str, object], where: str) -> Group:
        self.only(table, where, "id", "title")
        return Group(self.identifier(table, where), self.text(table, "title", where))

    def question(self, table: Mapping[str, object], where: str, sheet: str) -> Question:
        identifier = self.identifier(table, where)
        where = f"question {identifier}"
        keys = "id points title solution answers one-of statement notation answer".split()
        self.only(table, where, *keys)
        own = self.own(table, where)
        points = table.get("points")
        shares: tuple[tuple[str, int], ...] = ()
        answers = self.identifiers(table.get("answers", []), "answers", where)
        one_of = self.one_of(table, where, answers)
        if isinstance(points, dict):
            shares = tuple((a, self.points(p, f"{where}, {a}")) for a, p in points.items())
            answers = answers or tuple(points)
            points = self.total(dict(shares), answers, one_of, where)
        return Question(
            identifier,
            self.points(points, where),
            self.text(table, "title", where),
            self.solution(table, where) if own is None else f"{sheet}/{identifier}",
            answers,
            one_of,
            shares,
            own,
        )

    def own(self, table: Mapping[str, object], where: str) -> Own | None:
        """The question as the sheet states it, None where it names a solution."""
        if "statement" not in table:
            for key in ("notation", "answer"):
                if key in table:
                    raise self.fail(where, f"{key} goes with a statement of your own")
            return None
        if "solution" in table:
            raise self.fail(where, "has a statement and a solution; take one of them")
        lines = table.get("notation", [])
        if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
            raise self.fail(where, f"notation must be a list of declarations, found {lines!r}")
        answers = tuple(
            self.stated(answer, f"{where}, answer {position}")
            for position, answer in enumerate(self.tables(table, "answer", where), 1)
        )
        if not answers:
            raise self.fail(where, "expected at least one [[question.answer]], found none")
        self.distinct("answer", [answer.id for answer in answers])
        statement = self.words(table, "statement", where, lines=True)
        return Own(statement, tuple(lines), answers)

    def stated(self, table: Mapping[str, object], where: str) -> Stated:
        identifier = self.identifier(table, where)
        self.only(table, where, "id", "asks", "definition", "answer", "mistakes")
        mistakes = self.tables(table, "mistakes", where)
        return Stated(
            identifier,
            self.words(table, "definition", where),
            self.words(table, "answer", where),
            self.text(table, "asks", where, ""),
            tuple(self.error(mistake, f"{where}, mistakes") for mistake in mistakes),
        )

    def error(self, table: Mapping[str, object], where: str) -> Error:
        self.only(table, where, "wrong", "words", "deduction")
        deduction = table.get("deduction")
        return Error(
            self.words(table, "wrong", where),
            self.text(table, "words", where),
            None if deduction is None else self.points(deduction, f"{where}, deduction"),
        )

    def words(
        self, table: Mapping[str, object], key: str, where: str, *, lines: bool = False
    ) -> str:
        """Text that may have several lines, such as a formula; in one line unless they matter."""
        value = table.get(key)
        if not isinstance(value, str) or not value.strip():
            found = "nothing" if value is None else repr(value)
            raise self.fail(where, f"{key} must be text, found {found}")
        if lines:
            return "\n".join(line.rstrip() for line in value.strip().splitlines())
        return " ".join(value.split())

    def points(self, points: object, where: str) -> int:
        if isinstance(points, bool) or not isinstance(points, int) or points < 0:
            found = "nothing" if points is None else repr(points)
            raise self.fail(where, f"points must be a whole number from 0 on, found {found}")
        return points

    def total(
        self,
        shares: Mapping[str, int],
        answers: tuple[str, ...],
        one_of: tuple[tuple[str, ...], ...],
        where: str,
    ) -> int:
        """The points of a question whose answers have points each; alternatives count once."""
        if not shares or set(shares) != set(answers):
            wanted = listed(answers) if answers else "at least one answer"
            found = listed(list(shares)) if shares else "none"
            raise self.fail(where, f"points must be given for {wanted}, found {found}")
        for group in one_of:
            if len({shares[answer] for answer in group if answer in shares}) != 1:
                problem = f"of {listed(group)} one counts, so their points must be the same"
                raise self.fail(where, problem)
        repeated = {answer for group in one_of for answer in group[1:]}
        return sum(share for answer, share in shares.items() if answer not in repeated)

    def one_of(
        self, table: Mapping[str, object], where: str, answers: tuple[str, ...]
    ) -> tuple[tuple[str, ...], ...]:
        groups = table.get("one-of", [])
        if not isinstance(groups, list) or not all(isinstance(group, list) for group in groups):
            problem = f'one-of must be a list of lists, [["a", "b"]], found {groups!r}'
            raise self.fail(where, problem)
        found = tuple(self.identifiers(group, "one-of", where) for group in groups)
        for group in found:
            if len(group) < 2:
                problem = f"a group of one-of needs two answers, found {listed(group) or 'none'}"
                raise self.fail(where, problem)
            for answer in group:
                if answers and answer not in answers:
                    raise self.fail(
                        where, f"one-of: {answer!r} is not asked for{near(answer, answers)}"
                    )
        named = [answer for group in found for answer in group]
        for answer in named:
            if named.count(answer) > 1:
                raise self.fail(where, f"one-of: {answer!r} is in two groups")
        return found

    def identifiers(self, value: object, key: str, where: str) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
            raise self.fail(where, f"{key} must be a list of answers, found {value!r}")
        for part in value:
            if value.count(part) > 1:
                raise self.fail(where, f"{key} names {part!r} twice")
        return tuple(value)

    def solution(self, table: Mapping[str, object], where: str) -> str:
        name = self.text(table, "solution", where)
        topic, _, function = name.partition(".")
        known = solution_names(topic)
        if not known:
            if topic in topic_names():
                problem = f"topic {topic} has no function that is declared to return a Solution"
            else:
                problem = f"no topic {topic!r}{near(topic, topic_names())}"
            raise self.fail(where, f"solution {name!r}: {problem}")
        if function not in known:
            problem = f"topic {topic} derives no {function!r}{near(function, known)}"
            raise self.fail(where, f"solution {name!r}: {problem}")
        return name

    def tables(
        self, data: Mapping[str, object], key: str, where: str = "the sheet"
    ) -> list[Mapping[str, object]]:
        value = data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.fail(where, f"{key} must be written as [[{key}]] tables")
        return cast("list[Mapping[str, object]]", value)

    def text(
        self, table: Mapping[str, object], key: str, where: str, default: str | None = None
    ) -> str:
        value = table.get(key, default)
        if value is None:
            raise self.fail(where, f"{key} is missing")
        if not isinstance(value, str) or not (value.strip() or default == ""):
            raise self.fail(where, f"{key} must be text, found {value!r}")
        if _CONTROL.search(value):
            raise self.fail(where, f"{key} must be a single line of text, found {value!r}")
        return value

    def identifier(self, table: Mapping[str, object], where: str) -> str:
        value = self.text(table, "id", where)
        if not _IDENTIFIER.match(value):
            problem = f"id must be letters and digits joined by . - or _, found {value!r}"
            raise self.fail(where, problem)
        return value

    def only(self, table: Mapping[str, object], where: str, *known: str) -> None:
        for key in table:
            if key not in known:
                raise self.fail(where, f"unknown key {key!r}{near(key, known)}")

    def distinct(self, kind: str, identifiers: list[str]) -> None:
        for identifier in identifiers:
            if identifiers.count(identifier) > 1:
                raise self.fail("the sheet", f"{kind} id {identifier!r} occurs twice")
