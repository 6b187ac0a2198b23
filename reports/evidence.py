"""The full evidence as data: what was derived, how each link was decided, what was measured."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, TypeAlias

from derivations.derivation import Choice, Step
from derivations.sheets import Question, Sheet
from derivations.solutions import answers_in
from language.claims import Verdict
from language.latex import to_latex
from language.notation import Notation
from language.serialize import to_json
from language.terms import Term
from numerics.measurements import Experiment
from numerics.training import LEFT_OUT
from numerics.verification import (
    CheckedAnswer,
    CheckedDerivation,
    CheckedFact,
    CheckedSolution,
)
from reports.assemble import versions

__all__ = ["as_text", "of_answer", "of_question", "of_sheet"]

#: The length of a line of the evidence file, in characters.
_WIDTH = 160

#: A JSON object; its values are whatever JSON holds.
Record: TypeAlias = "dict[str, Any]"


def of_sheet(sheet: Sheet, checked: dict[str, CheckedSolution], seed: int) -> Record:
    """The evidence for a whole sheet; the same bytes at every run, so without times."""
    return {
        "sheet": sheet.id,
        "title": sheet.title,
        "source": sheet.source,
        "points": sheet.points,
        "conventions": dict(sheet.conventions),
        "seed": seed,
        "versions": dict(versions(studied=any(one.studies for one in checked.values()))),
        "questions": [of_question(q, checked[q.solution]) for q in sheet.questions],
        "findings": [text for q in sheet.questions for text in checked[q.solution].findings],
    }


def of_question(question: Question, checked: CheckedSolution) -> Record:
    """The evidence for one question."""
    solution = checked.solution
    return {
        "question": question.id,
        "title": question.title,
        "points": question.points,
        "solution": checked.name,
        "asked": list(question.answers or answers_in(solution)),
        "one_of": [list(group) for group in question.one_of],
        "shares": dict(question.shares),
        "conventions": dict(checked.conventions),
        "notation": to_json(solution.notation),
        "answers": [of_answer(answer) for answer in checked.answers],
        "choices": [_choice(choice) for choice in solution.choices],
        "lemmas": [_derivation(lemma) for lemma in checked.lemmas],
        "facts": [_fact(fact) for fact in checked.facts],
        "formulas": {
            name: _term(term, solution.notation) for name, term in solution.formulas.items()
        },
        "experiments": [_experiment(e) for e in checked.experiments.values()],
        "studies": [_experiment(e) for e in checked.studies.values()],
        "level": None if checked.level is None else checked.level.value,
        "left_out": dict.fromkeys(checked.left_out, LEFT_OUT),
        "findings": list(checked.findings),
    }


def of_answer(answer: CheckedAnswer) -> Record:
    """The evidence for one answer."""
    notation = answer.checked.derivation.claim.notation
    return {
        "answer": answer.id,
        **_derivation(answer.checked),
        "forms": [
            {**_term(term, notation), "verdict": _verdict(verdict)}
            for term, verdict in answer.forms
        ],
    }


def as_text(record: object) -> str:
    """A record as JSON text, to be read and compared by line: what fits in a line stays in one."""
    return "\n".join(_lines(record, "")) + "\n"


def _lines(value: object, lead: str) -> Iterator[str]:
    """The lines of a value, all but the first indented; ``lead`` is the first one's beginning."""
    compact = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if len(compact) <= _WIDTH or not isinstance(value, dict | list):
        yield lead + compact
        return
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    yield lead + opening
    parts = list(value.items()) if isinstance(value, dict) else [(None, item) for item in value]
    for place, (key, item) in enumerate(parts, 1):
        name = "" if key is None else f"{json.dumps(key, ensure_ascii=False)}: "
        *most, last = _lines(item, name)
        comma = "," if place < len(parts) else ""
        yield from (f" {line}" for line in (*most, last + comma))
    yield closing


def _term(term: Term, notation: Notation) -> Record:
    return {"term": to_json(term), "latex": to_latex(term, notation)}


def _verdict(verdict: Verdict) -> Record:
    record: Record = {
        "status": verdict.status.value,
        "stage": verdict.stage,
        "scope": verdict.scope,
        "reason": verdict.reason,
        "valuations": verdict.valuations,
    }
    if verdict.witness is not None:
        record["witness"] = {
            "values": dict(verdict.witness.values),
            "left": verdict.witness.left,
            "right": verdict.witness.right,
        }
    for name in ("alpha", "epsilon", "digits"):
        if getattr(verdict, name) is not None:
            record[name] = getattr(verdict, name)
    return record


def _derivation(checked: CheckedDerivation) -> Record:
    claim = checked.derivation.claim
    notation = claim.notation
    return {
        "claim": claim.name,
        "notation": to_json(notation),
        "equality": claim.equality.value,
        "conditions": [_term(condition, notation) for condition in claim.conditions],
        "defined": _term(claim.defined, notation),
        "closed_form": _term(claim.closed_form, notation),
        "verdict": _verdict(checked.verdict),
        "steps": [_step(link.step, link.verdict, notation) for link in checked.steps],
        "replays": [_verdict(replay) for replay in checked.replays],
        "mutants": [
            {
                "name": mutant.name,
                "term": to_json(mutant.term),
                "verdict": _verdict(mutant.verdict),
            }
            for mutant in checked.mutants
        ],
    }


def _step(step: Step, verdict: Verdict | None, notation: Notation) -> Record:
    return {
        "rule": step.rule,
        "reason": step.reason,
        **_term(step.term, notation),
        "conditions": [_term(condition, notation) for condition in step.conditions],
        "verdict": None if verdict is None else _verdict(verdict),
    }


def _choice(choice: Choice) -> Record:
    return {"choice": choice.id, "option": choice.option, "because": list(choice.because)}


def _fact(checked: CheckedFact) -> Record:
    claim = checked.fact.claim
    return {
        "claim": claim.name,
        "holds": checked.fact.holds,
        "confirmed": checked.confirmed,
        "equality": claim.equality.value,
        "notation": to_json(claim.notation),
        "conditions": [_term(condition, claim.notation) for condition in claim.conditions],
        "defined": _term(claim.defined, claim.notation),
        "closed_form": _term(claim.closed_form, claim.notation),
        "verdict": _verdict(checked.verdict),
    }


def _experiment(experiment: Experiment) -> Record:
    return {
        "experiment": experiment.name,
        "device": experiment.device,
        "measurements": [
            {
                "name": row.name,
                "words": row.words,
                "predicted": _number(row.predicted),
                "estimate": _number(row.estimate),
                "lower": _number(row.lower),
                "upper": _number(row.upper),
                "standard_error": _number(row.standard_error),
                "samples": int(row.samples),
                "seed": row.seed,
                "verdict": _verdict(row.verdict),
            }
            for row in experiment.measurements
        ],
        "observations": [
            {
                "name": row.name,
                "words": row.words,
                "predicted": _number(row.predicted),
                "estimate": _number(row.estimate),
                "standard_error": _number(row.standard_error),
                "samples": int(row.samples),
                "seed": row.seed,
            }
            for row in experiment.observations
        ],
    }


def _number(value: float | None) -> float | None:
    """A number as JSON has it, which knows neither infinities nor what is none."""
    return None if value is None or not math.isfinite(value) else float(value)
