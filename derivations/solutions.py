"""From a sheet to what is to be derived for it: its topics imported, its wishes looked up there."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import cast

from derivations.conventions import ConventionError, Variant, adapt, in_force
from derivations.derivation import Solution
from derivations.sheets import (
    Question,
    Sheet,
    SheetError,
    UnknownName,
    near,
    solution_names,
    topic_names,
)

__all__ = ["TopicError", "answers_in", "derive", "find_solution", "prepare"]


class TopicError(SheetError):
    """A topic cannot be imported, or its function does not return a Solution."""


def find_solution(name: str) -> Callable[[], Solution]:
    """The function ``topic.function`` of :mod:`derivations.topics`, found by its file name.

    Raises:
        UnknownName: naming near ones.
        TopicError: the module cannot be imported.
    """
    topic, _, function = name.partition(".")
    if topic not in topic_names():
        raise UnknownName(f"no topic is called {topic!r}{near(topic, topic_names())}")
    known = solution_names(topic)
    if function not in known:
        raise UnknownName(f"topic {topic} derives no {function!r}{near(function, known)}")
    try:
        module = importlib.import_module(f"derivations.topics.{topic}")
    except Exception as error:
        raise TopicError(f"topic {topic} cannot be imported: {_described(error)}") from error
    return cast("Callable[[], Solution]", getattr(module, function))


def derive(variant: Variant) -> Solution:
    """The solution of a variant, in its conventions.

    Raises:
        UnknownName, TopicError: it is not there, or its function fails.
        ConventionError: a convention is not offered.
    """
    if variant.own is not None:
        return adapt(variant.own, dict(variant.conventions))
    function = find_solution(variant.solution)
    try:
        solution = function()
    except Exception as error:
        raise TopicError(f"{variant.solution} cannot be derived: {_described(error)}") from error
    if not isinstance(solution, Solution):
        raise TopicError(
            f"{variant.solution}: expected a Solution, found {type(solution).__name__}"
        )
    return adapt(solution, dict(variant.conventions))


def _described(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def answers_in(solution: Solution) -> list[str]:
    """The ids of the answers and choices that can be graded, in their order."""
    return [answer.id for answer in solution.answers] + [c.id for c in solution.choices]


def prepare(sheet: Sheet, own: Mapping[str, Solution] | None = None) -> dict[str, Variant]:
    """What is to be checked for each question of a sheet, by the name of its solution.

    ``own`` has the solutions of the questions that the sheet states itself; :mod:`grading.own`
    makes them.

    Raises:
        SheetError: a question asks for an answer that is not derived, or the sheet for a
            convention that a question offers otherwise, or that none offers.
    """
    found = {}
    used: set[str] = set()
    for question in sheet.questions:
        variant = Variant(question.solution, own=(own or {}).get(question.solution))
        if not (sheet.conventions or question.answers or question.one_of):
            found[question.solution] = variant
            continue
        where = f"sheet {sheet.id}: question {question.id}"
        solution = derive(variant)
        _look_up(question, answers_in(solution), where)
        try:
            changed = in_force(solution, dict(sheet.conventions))
            adapt(solution, changed)
        except ConventionError as error:
            raise SheetError(f"{where}: {error}; take it out, or change [conventions]") from None
        used |= {c.kind for c in solution.conventions}
        found[question.solution] = replace(variant, conventions=tuple(changed.items()))
    for kind, option in sheet.conventions:
        if kind not in used:
            raise SheetError(
                f"sheet {sheet.id}: conventions: {kind} = {option!r} makes no difference to any of"
                " its questions; leave it out"
            )
    return found


def _look_up(question: Question, known: list[str], where: str) -> None:
    wanted: Iterable[str] = (*question.answers, *(a for group in question.one_of for a in group))
    for answer in wanted:
        if answer not in known:
            raise SheetError(
                f"{where}: {question.solution} has no answer {answer!r}{near(answer, known)}"
            )
