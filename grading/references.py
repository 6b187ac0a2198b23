"""The items that come with the toolkit; ``python -m grading.references`` writes them anew.

One file for each sheet, one entry for each answer, so that judging one answer reads little and
never imports SymPy. The items of a teacher's own sheet are derived on the spot.

>>> sorted(load("assignment/1.2/lambda-dropout").names)
['p']
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from derivations.derivation import Answer, Solution
from grading.choices import ways
from grading.items import UNEVALUATED, Choice, Formula, Item, Mistake, Variation
from language.claims import Claim
from language.notation import Notation, Symbol
from language.serialize import Json, from_json, to_json
from language.terms import Apply, Bind, Name, Term, free_names, walk
from language.types import Array, Function, Law, Space, Type

if TYPE_CHECKING:
    from derivations.sheets import Question, Sheet

__all__ = ["UnknownItem", "ids_of", "load", "of_sheet", "sheet_ids", "text_of"]

FOLDER = Path(__file__).parent / "references"


class UnknownItem(ValueError):
    """Nothing can be graded under this id; the message is one line and lists the near ids."""


# ------------------------------------------------------------------ reading


def load(identifier: str) -> Item:
    """The item of a full id, ``SHEET/QUESTION/ANSWER``.

    The answer may be left out where the question has only one.

    Raises:
        UnknownItem: there is no such sheet, question or answer.
    """
    return _load(identifier.strip())


@cache
def _load(identifier: str) -> Item:
    sheet, _, rest = identifier.partition("/")
    if sheet not in sheet_ids():
        raise UnknownItem(f"no sheet {_shown(sheet, sheet_ids())}")
    entries = _entries(sheet)
    key = _completed(sheet, rest, list(entries))
    return _item_from(f"{sheet}/{key}", entries[key])


@cache
def sheet_ids() -> tuple[str, ...]:
    """The sheets that have items, sorted."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.json")))


def ids_of(sheet: str) -> tuple[str, ...]:
    """The full ids of what can be graded on a sheet, in its order."""
    return tuple(f"{sheet}/{key}" for key in _entries(sheet))


@cache
def _entries(sheet: str) -> Mapping[str, Json]:
    text = (FOLDER / f"{sheet}.json").read_text(encoding="utf-8")
    return cast("dict[str, Json]", json.loads(text))


def _completed(sheet: str, rest: str, keys: list[str]) -> str:
    """The key of an answer; of a question with one answer, that answer's."""
    if rest in keys:
        return rest
    question, _, answer = rest.partition("/")
    answers = [key.partition("/")[2] for key in keys if key.partition("/")[0] == question]
    if not answers:
        questions = list(dict.fromkeys(key.partition("/")[0] for key in keys))
        raise UnknownItem(
            f"{sheet} has no question that can be graded called {_shown(question, questions)}"
        )
    if answer or len(answers) > 1:
        raise UnknownItem(f"{sheet}/{question} has no answer {_shown(answer, answers)}")
    return f"{question}/{answers[0]}"


def _shown(name: str, known: Iterable[str]) -> str:
    """A name that is not known, and those that resemble it."""
    from derivations.sheets import near  # only where something is amiss

    short = name if len(name) <= 40 else f"{name[:37]}..."
    return f"{short!r}{near(short, list(known))}"


def _item_from(identifier: str, data: Json) -> Item:
    record = cast("dict[str, Any]", data)
    asks = record.get("asks", "")
    if "option" in record:
        return Choice(identifier, asks, record["option"], ways(record["options"]))
    tag, parts = record["claim"]
    return Formula(
        identifier,
        asks,
        _claim(record["claim"]),
        tuple(map(_term, record.get("forms", ()))),
        _term(record["accepts"]) if "accepts" in record else None,
        frozenset(record.get("names", ())),
        frozenset(record.get("heads", ())),
        tuple(
            Variation(v["words"], _claim([tag, {"notation": parts["notation"], **v["claim"][1]}]))
            for v in record.get("variations", ())
        ),
        tuple(
            Mistake(_term(m["wrong"]), m["words"], m.get("deduction"))
            for m in record.get("mistakes", ())
        ),
        tuple(record.get("one-of", ())),
    )


def _claim(data: Json) -> Claim:
    return cast(Claim, from_json(data))


def _term(data: Json) -> Term:
    return cast(Term, from_json(data))


# ------------------------------------------------------------------ making


def of_sheet(
    sheet: Sheet | str | Path, own: Mapping[str, Solution] | None = None
) -> dict[str, Item]:
    """The items of a sheet, by their full ids, in its order and in its conventions.

    They are derived, which imports SymPy; ``own`` has the solutions of questions that the sheet
    states itself, as for :func:`derivations.solutions.prepare`.

    Raises:
        derivations.sheets.SheetError: the sheet is unknown, malformed or asks for what no topic
            derives.
    """
    from derivations.sheets import Sheet, load_sheet
    from derivations.solutions import derive, prepare

    if not isinstance(sheet, Sheet):
        sheet = load_sheet(sheet)
    variants = prepare(sheet, own)
    items: dict[str, Item] = {}
    for question in sheet.questions:
        solution = derive(variants[question.solution])
        items |= {item.id: item for item in _items(f"{sheet.id}/{question.id}", question, solution)}
    return items


def _items(place: str, question: Question, solution: Solution) -> Iterator[Item]:
    for answer in solution.answers:
        if not question.answers or answer.id in question.answers:
            group = next((group for group in question.one_of if answer.id in group), ())
            item = _formula(f"{place}/{answer.id}", answer, solution)
            one_of = tuple(f"{place}/{other}" for other in group)
            yield replace(item, asks=answer.asks or question.title, one_of=one_of)
    for choice in solution.choices:
        if not question.answers or choice.id in question.answers:
            identifier, asks = f"{place}/{choice.id}", choice.asks or question.title
            yield Choice(identifier, asks, choice.option, ways(choice.options))


def _formula(identifier: str, answer: Answer, solution: Solution) -> Formula:
    claim = _with_all_names(answer.derivation.claim, solution)
    written = (claim.closed_form, *answer.forms)
    names = {name for term in written for name in free_names(term)}
    if isinstance(claim.defined, Name):
        names.discard(claim.defined.name)
    names |= {one for one in answer.also if one in claim.notation}
    heads = {head for term in written for head in _heads(term)}
    heads |= {one for one in answer.also if one in UNEVALUATED}
    mistakes = tuple(_mistakes(answer, solution))
    further = () if answer.accepts is None else (answer.accepts,)
    written = (*written, *further, *(mistake.wrong for mistake in mistakes))
    return Formula(
        identifier,
        answer.asks,
        _pruned(claim, written, names),
        answer.forms,
        answer.accepts,
        frozenset(names),
        frozenset(heads),
        tuple(_variations(answer, solution, names)),
        mistakes,
    )


def _with_all_names(claim: Claim, solution: Solution) -> Claim:
    """The claim with the rest of the solution's notation, for what the answer may use ``also``."""
    others = (symbol for symbol in solution.notation if symbol.name not in claim.notation)
    return replace(claim, notation=claim.notation.extended(*others))


def _mistakes(answer: Answer, solution: Solution) -> Iterator[Mistake]:
    for expected in answer.mistakes:
        fact = next(fact for fact in solution.facts if fact.claim.name == expected.fact)
        yield Mistake(fact.claim.closed_form, expected.words, expected.deduction)


def _heads(term: Term) -> Iterator[str]:
    for part in walk(term):
        if isinstance(part, Apply | Bind) and part.head in UNEVALUATED:
            yield part.head


def _variations(answer: Answer, solution: Solution, names: Iterable[str]) -> Iterator[Variation]:
    """The answer in the other conventions, the simplest first, where it differs from others."""
    from derivations.conventions import KINDS, adapt, conventions_of

    seen = {_said(answer.derivation.claim)}
    for options in conventions_of(solution):
        adapted = adapt(solution, options)
        other = next(one for one in adapted.answers if one.id == answer.id)
        claim = _with_all_names(other.derivation.claim, adapted)
        if _said(claim) not in seen:
            seen.add(_said(claim))
            words = (KINDS[kind].options[option] for kind, option in options.items())
            yield Variation(" and ".join(words), _pruned(claim, other.forms, names))


def _said(claim: Claim) -> Claim:
    """The reference alone, with what its names mean."""
    return _pruned(replace(claim, defined=claim.closed_form))


def _pruned(claim: Claim, written: Iterable[Term] = (), names: Iterable[str] = ()) -> Claim:
    """The claim with no more of its notation than it needs, with these terms and names."""
    terms = [claim.defined, claim.closed_form, *claim.conditions, *written]
    pending = [*names, *claim.constant_in, *(n for term in terms for n in _names_in(term))]
    wanted: set[str] = set()
    while pending:
        name = pending.pop()
        symbol = claim.notation.get(name)
        if symbol is not None and name not in wanted:
            wanted.add(name)
            pending.extend(_names_of(symbol))
    symbols = tuple(symbol for symbol in claim.notation if symbol.name in wanted)
    assumptions = tuple(a for a in claim.notation.assumptions if free_names(a) <= wanted)
    return replace(claim, notation=Notation(symbols, assumptions))


def _names_of(symbol: Symbol) -> Iterator[str]:
    yield from _sizes(symbol.type)
    if symbol.definition is not None:
        yield from free_names(symbol.definition) - {*symbol.parameters}
    yield from filter(None, (symbol.inverse, symbol.jacobian))


def _names_in(term: Term) -> Iterator[str]:
    """Every name in it, of bound variables too: their symbols say what is usually bound."""
    for part in walk(term):
        if isinstance(part, Name):
            yield part.name
        elif isinstance(part, Bind):
            yield part.variable


def _sizes(kind: Type) -> Iterator[str]:
    match kind:
        case Array(shape):
            yield from (size for size in shape if isinstance(size, str))
        case Law(element) | Space(element):
            yield from _sizes(element)
        case Function(arguments, result):
            for part in (*arguments, result):
                yield from _sizes(part)


# ------------------------------------------------------------------ writing


def text_of(items: Mapping[str, Item]) -> str:
    """The items of one sheet as they are shipped."""
    data = {identifier.partition("/")[2]: _record(item) for identifier, item in items.items()}
    return _laid_out(data) + "\n"


def _record(item: Item) -> Json:
    if isinstance(item, Choice):
        options: dict[str, Json] = {
            option: [
                spelling
                for spelling, named in item.spellings.items()
                if named == option and spelling not in ways({option: ()})
            ]
            for option in dict.fromkeys(item.spellings.values())
        }
        return {"asks": item.asks, "option": item.option, "options": options}
    data: dict[str, Json] = {"asks": item.asks, "claim": to_json(item.claim)}
    if item.forms:
        data["forms"] = [to_json(form) for form in item.forms]
    if item.accepts is not None:
        data["accepts"] = to_json(item.accepts)
    data["names"] = cast("list[Json]", sorted(item.names))
    data["heads"] = cast("list[Json]", sorted(item.heads))
    if item.variations:
        data["variations"] = [_variation(v, item.claim.notation) for v in item.variations]
    if item.mistakes:
        data["mistakes"] = [_record_of(mistake) for mistake in item.mistakes]
    if item.one_of:
        data["one-of"] = list(item.one_of)
    return data


def _variation(variation: Variation, notation: Notation) -> Json:
    """A variation, without its notation where that is the same."""
    tag, parts = cast("tuple[str, dict[str, Json]]", to_json(variation.claim))
    if variation.claim.notation == notation:
        parts = {name: part for name, part in parts.items() if name != "notation"}
    return {"words": variation.words, "claim": [tag, parts]}


def _record_of(mistake: Mistake) -> Json:
    data: dict[str, Json] = {"wrong": to_json(mistake.wrong), "words": mistake.words}
    if mistake.deduction is not None:
        data["deduction"] = mistake.deduction
    return data


def _laid_out(data: Json, before: str = "", after: str = "") -> str:
    """JSON in lines of at most 100 characters where possible; short parts of a list share one."""
    line = json.dumps(data, ensure_ascii=False)
    if len(before) + len(line) + len(after) <= 100 or not isinstance(data, list | dict):
        return before + line + after
    indent = " " * (len(before) - len(before.lstrip(" ")) + 1)
    if isinstance(data, dict):
        keys = [f"{indent}{json.dumps(key)}: " for key in data]
        parts = [_laid_out(part, key) for key, part in zip(keys, data.values(), strict=True)]
        opening, closing = "{", "}"
    else:
        parts = _filled([_laid_out(part, indent) for part in data], indent)
        opening, closing = "[", "]"
    return before + opening + "\n" + ",\n".join(parts) + "\n" + indent[:-1] + closing + after


def _filled(parts: list[str], indent: str) -> list[str]:
    """The parts of a list, as many on a line as there is room for."""
    lines: list[str] = []
    for part in parts:
        joined = f"{lines[-1]}, {part.lstrip(' ')}" if lines else part
        if lines and "\n" not in joined and len(joined) < 100:
            lines[-1] = joined
        else:
            lines.append(part)
    return lines


def main() -> None:
    """Write the references of every sheet that comes with the toolkit."""
    from derivations.sheets import LIBRARY, sheet_names

    FOLDER.mkdir(exist_ok=True)
    for name in (*sheet_names(), LIBRARY):
        (FOLDER / f"{name}.json").write_text(text_of(of_sheet(name)), encoding="utf-8")


if __name__ == "__main__":
    main()
