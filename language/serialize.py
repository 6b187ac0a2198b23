"""Terms, notations, claims and verdicts as JSON, and back, without trusting what is read.

A name is a string, every other term a list that starts with its head: ``["#", "-3/2"]`` is a
number, ``["add", "x", ["#", "1"]]`` an application and ``["bind", "sum", "i", domain, body]`` a
binder. Everything else is a list that starts with the name of its class.

>>> from language.vocabulary import names
>>> x, y = names("x y")
>>> to_json(x + 2 * y)
['add', 'x', ['multiply', ['#', '2'], 'y']]
>>> from_json(to_json(x + 2 * y)) == x + 2 * y
True
"""

from __future__ import annotations

import enum
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from functools import partial
from typing import NoReturn, TypeAlias, TypeVar

from language.claims import Claim, Equality, Status, Verdict, Witness
from language.notation import Notation, NotationError, Symbol
from language.terms import Apply, Bind, Name, Number, Term
from language.types import (
    REALS,
    TRUTH,
    Array,
    Collection,
    Dimension,
    Function,
    Interval,
    Law,
    Scalar,
    Space,
    Truth,
    Type,
)
from language.vocabulary import VocabularyError, validate

__all__ = ["Json", "Serializable", "SerializeError", "from_json", "to_json"]

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Serializable: TypeAlias = "Term | Type | Interval | Symbol | Notation | Claim | Verdict | Witness"

#: Lists may be nested this deep, numbers and texts may be this long.
DEEPEST, MOST_DIGITS, LONGEST_NAME, LONGEST_TEXT = 500, 1000, 100, 10_000

_NUMBER = re.compile(r"-?[0-9]+(?:/[0-9]+)?")
_NAME = re.compile(r"[^\W\d][\w']*")


class SerializeError(ValueError):
    """Data that is no term, notation, claim or verdict; the message says what was expected."""


def to_json(value: Serializable) -> Json:
    """``value`` as lists, strings and numbers that :func:`from_json` reads back.

    Raises:
        SerializeError: where it is nested deeper than 500, or a number or name is too long.
    """
    try:
        data = _write(value)
    except RecursionError:
        raise SerializeError(f"expected at most {DEEPEST} levels, found more") from None
    _check_depth(data)
    return data


def from_json(data: Json) -> Serializable:
    """What :func:`to_json` wrote.

    Raises:
        SerializeError: for an unknown head, a wrong number of parts, more than 500 levels, more
            than 1,000 digits, or anything else that :func:`to_json` cannot have written.
    """
    _check_depth(data)
    if isinstance(data, str):
        return _term(data)
    tag, parts = _tagged(data, "a value")
    reader = _READERS.get(tag)
    return reader(parts) if reader else _term(data)


def _check_depth(data: Json) -> None:
    level: list[Json] = [data]
    for _ in range(DEEPEST):
        level = [
            part
            for whole in level
            if isinstance(whole, list | dict)
            for part in (whole.values() if isinstance(whole, dict) else whole)
        ]
        if not level:
            return
    raise SerializeError(f"expected at most {DEEPEST} levels, found more")


# writing


def _write(value: Serializable) -> Json:
    match value:
        case Term():
            return _write_term(value)
        case Interval(lower, upper):
            return ["Interval", _write_end(lower), _write_end(upper)]
        case Symbol():
            return ["Symbol", _write_symbol(value)]
        case Notation():
            return ["Notation", _write_all(value.symbols), _write_all(value.assumptions)]
        case Claim():
            return ["Claim", _write_claim(value)]
        case Verdict():
            return ["Verdict", _write_verdict(value)]
        case Witness(values, left, right):
            pairs: list[Json] = [[_text(name), _text(number)] for name, number in values]
            return ["Witness", pairs, _text(left), _text(right)]
    return _write_type(value)


def _write_all(values: Sequence[Serializable]) -> list[Json]:
    return [_write(value) for value in values]


def _write_term(term: Term) -> Json:
    # one Python frame for each level, so that 500 of them stay within the default limit
    match term:
        case Name(name):
            return _name(name)
        case Number(value):
            return ["#", _number(str(value))]
        case Apply(head, args):
            return [head, *map(_write_term, args)]
        case Bind(head, variable, domain, body):
            return ["bind", head, _name(variable), _write_term(domain), _write_term(body)]
    _expected("a term", term)


def _write_type(kind: Type) -> Json:
    match kind:
        case Scalar(name):
            return ["Scalar", name]
        case Array(shape):
            return ["Array", *shape]
        case Space(element) | Law(element):
            return [type(kind).__name__, _write_type(element)]
        case Function(arguments, result):
            return ["Function", [_write_type(part) for part in arguments], _write_type(result)]
        case Collection(name, elements):
            return ["Collection", name, [_write_type(part) for part in elements]]
        case Truth():
            return ["Truth"]
    _expected("a term, a type, a notation, a claim or a verdict", kind)


def _write_end(end: Fraction | None) -> Json:
    return None if end is None else _number(str(end))


def _write_symbol(symbol: Symbol) -> Json:
    data: dict[str, Json] = {"name": _name(symbol.name), "type": _write_type(symbol.type)}
    if symbol.domain != REALS:
        data["domain"] = [_write_end(symbol.domain.lower), _write_end(symbol.domain.upper)]
    if symbol.definition is not None:
        data["definition"] = _write_term(symbol.definition)
    for field in ("latex", "words", "inverse", "jacobian"):
        if getattr(symbol, field):
            data[field] = _text(getattr(symbol, field))
    for field in ("parameters", "traits"):
        if names := getattr(symbol, field):
            data[field] = list(names) if field == "parameters" else sorted(names)
    if symbol.spellings:
        data["spellings"] = [_text(spelling) for spelling in symbol.spellings]
    return data


def _write_claim(claim: Claim) -> Json:
    data: dict[str, Json] = {
        "name": _text(claim.name),
        "notation": _write(claim.notation),
        "defined": _write_term(claim.defined),
        "closed_form": _write_term(claim.closed_form),
        "equality": claim.equality.value,
    }
    if claim.constant_in:
        data["constant_in"] = [_name(name) for name in claim.constant_in]
    if claim.conditions:
        data["conditions"] = _write_all(claim.conditions)
    return data


def _write_verdict(verdict: Verdict) -> Json:
    data: dict[str, Json] = {
        "status": verdict.status.value,
        "stage": _text(verdict.stage),
        "scope": _text(verdict.scope),
        "reason": _text(verdict.reason),
    }
    if verdict.witness is not None:
        data["witness"] = _write(verdict.witness)
    for field in ("alpha", "epsilon"):
        if getattr(verdict, field) is not None:
            data[field] = _real(getattr(verdict, field))
    if verdict.digits is not None:
        data["digits"] = verdict.digits
    if verdict.valuations:
        data["valuations"] = verdict.valuations
    return data


# reading


def _term(data: Json) -> Term:
    # one Python frame for each level, as in _write_term
    if isinstance(data, str):
        return Name(_name(data))
    if not (isinstance(data, list) and data and isinstance(data[0], str)):
        _expected("a term", data)
    head, *parts = data
    if head == "#":
        return _read_number(parts)
    if head == "bind":
        if len(parts) != 4 or not isinstance(parts[0], str):
            _expected('["bind", head, variable, domain, body]', data)
        binder = Bind(parts[0], _name(parts[1]), _term(parts[2]), _term(parts[3]))
        _validate(binder)
        return binder
    application = Apply(str(head), tuple(map(_term, parts)))
    _validate(application)
    return application


def _validate(term: Term) -> None:
    try:
        validate(term)
    except VocabularyError as error:
        raise SerializeError(str(error)) from None


def _read_number(parts: list[Json]) -> Term:
    if len(parts) != 1:
        _expected('["#", digits]', parts)
    return Number(_fraction(parts[0]))


def _fraction(data: Json) -> Fraction:
    text = _number(data)
    if re.fullmatch(r".*/0+", text):
        _expected("a nonzero denominator", text)
    return Fraction(text)


def _end(data: Json) -> Fraction | None:
    return None if data is None else _fraction(data)


def _interval(parts: list[Json]) -> Interval:
    if len(parts) != 2:
        _expected("the two ends of an interval", parts)
    return Interval(_end(parts[0]), _end(parts[1]))


def _type(data: Json) -> Type:
    tag, parts = _tagged(data, "a type")
    match tag, parts:
        case "Scalar", [("integer" | "real" | "complex") as kind]:
            return Scalar(kind)
        case "Array", [_] | [_, _]:
            return Array(tuple(map(_dimension, parts)))
        case "Space", [element]:
            return Space(_type(element))
        case "Law", [element]:
            return Law(_type(element))
        case "Function", [list(arguments), result]:
            return Function(tuple(map(_type, arguments)), _type(result))
        case "Collection", [("tuple" | "set" | "multiset") as kind, list(elements)]:
            return Collection(kind, tuple(map(_type, elements)))
        case "Truth", []:
            return TRUTH
    _expected("a type", data)


def _tagged_type(tag: str, parts: list[Json]) -> Type:
    return _type([tag, *parts])


def _dimension(data: Json) -> Dimension:
    if isinstance(data, str):
        return _name(data)
    if isinstance(data, bool) or not isinstance(data, int) or not 0 < data < 2**31:
        _expected("a size, a positive integer or a name", data)
    return data


def _symbol(parts: list[Json]) -> Symbol:
    record = _record(parts, Symbol, {"name", "type"})
    definition = record.data.get("definition")
    inverse, jacobian = record.data.get("inverse"), record.data.get("jacobian")
    domain = record.data.get("domain")
    return Symbol(
        name=_name(record.data["name"]),
        type=_type(record.data["type"]),
        latex=_text(record.data.get("latex", "")),
        domain=REALS if domain is None else _interval(_list(domain)),
        definition=None if definition is None else _term(definition),
        parameters=record.names("parameters"),
        traits=frozenset(map(_text, record.list("traits"))),
        inverse=None if inverse is None else _name(inverse),
        jacobian=None if jacobian is None else _name(jacobian),
        words=_text(record.data.get("words", "")),
        spellings=tuple(map(_text, record.list("spellings"))),
    )


def _notation(parts: list[Json]) -> Notation:
    if len(parts) != 2:
        _expected("the symbols and the assumptions of a notation", parts)
    symbols = []
    for data in _list(parts[0]):
        tag, inner = _tagged(data, "a symbol")
        if tag != "Symbol":
            _expected("a symbol", data)
        symbols.append(_symbol(inner))
    try:
        return Notation(tuple(symbols), tuple(map(_term, _list(parts[1]))))
    except NotationError as error:
        raise SerializeError(str(error)) from None


def _claim(parts: list[Json]) -> Claim:
    record = _record(parts, Claim, {"name", "notation", "defined", "closed_form", "equality"})
    tag, inner = _tagged(record.data["notation"], "a notation")
    if tag != "Notation":
        _expected("a notation", record.data["notation"])
    return Claim(
        name=_text(record.data["name"]),
        notation=_notation(inner),
        defined=_term(record.data["defined"]),
        closed_form=_term(record.data["closed_form"]),
        equality=_member(Equality, record.data["equality"]),
        constant_in=record.names("constant_in"),
        conditions=tuple(map(_term, record.list("conditions"))),
    )


def _verdict(parts: list[Json]) -> Verdict:
    record = _record(parts, Verdict, {"status", "stage", "scope", "reason"})
    witness = record.data.get("witness")
    return Verdict(
        status=_member(Status, record.data["status"]),
        stage=_text(record.data["stage"]),
        scope=_text(record.data["scope"]),
        reason=_text(record.data["reason"]),
        witness=None if witness is None else _witness(_tagged(witness, "a witness")[1]),
        alpha=record.optional("alpha", _real),
        epsilon=record.optional("epsilon", _real),
        digits=record.optional("digits", _count),
        valuations=_count(record.data.get("valuations", 0)),
    )


def _witness(parts: list[Json]) -> Witness:
    match parts:
        case [list(pairs), left, right]:
            values = []
            for pair in pairs:
                if not (isinstance(pair, list) and len(pair) == 2):
                    _expected("a name and its value", pair)
                values.append((_text(pair[0]), _text(pair[1])))
            return Witness(tuple(values), _text(left), _text(right))
    _expected("the values and the two sides of a witness", parts)


_READERS: dict[str, Callable[[list[Json]], Serializable]] = {
    "Interval": _interval,
    "Symbol": _symbol,
    "Notation": _notation,
    "Claim": _claim,
    "Verdict": _verdict,
    "Witness": _witness,
    **{
        kind.__name__: partial(_tagged_type, kind.__name__)
        for kind in (Scalar, Array, Space, Law, Function, Collection, Truth)
    },
}

# parts of what is read and written

T = TypeVar("T")
E = TypeVar("E", bound=enum.Enum)


@dataclass(frozen=True, slots=True)
class _Record:
    """The named parts of a symbol, a claim or a verdict."""

    data: dict[str, Json]

    def list(self, name: str) -> list[Json]:
        return _list(self.data.get(name, []))

    def names(self, name: str) -> tuple[str, ...]:
        return tuple(map(_name, self.list(name)))

    def optional(self, name: str, read: Callable[[Json], T]) -> T | None:
        return None if self.data.get(name) is None else read(self.data[name])


def _record(parts: list[Json], kind: type, needed: set[str]) -> _Record:
    what = kind.__name__.lower()
    if not (len(parts) == 1 and isinstance(parts[0], dict)):
        _expected(f"the parts of a {what} by name", parts)
    known = {field.name for field in fields(kind)}
    if missing := sorted(needed - parts[0].keys()):
        raise SerializeError(f"a {what} needs {', '.join(missing)}")
    if unknown := sorted(parts[0].keys() - known):
        raise SerializeError(f"a {what} has no {_shown(unknown[0])}")
    return _Record(parts[0])


def _tagged(data: Json, what: str) -> tuple[str, list[Json]]:
    if isinstance(data, list) and data and isinstance(data[0], str):
        return data[0], data[1:]
    _expected(what, data)


def _list(data: Json) -> list[Json]:
    if not isinstance(data, list):
        _expected("a list", data)
    return data


def _member(kind: type[E], data: Json) -> E:
    for member in kind:
        if member.value == data:
            return member
    _expected(f"one of {', '.join(str(member.value) for member in kind)}", data)


def _name(data: Json) -> str:
    if not isinstance(data, str) or len(data) > LONGEST_NAME or not _NAME.fullmatch(data):
        _expected(f"a name of letters, digits and _ (at most {LONGEST_NAME})", data)
    return data


def _text(data: Json) -> str:
    if not isinstance(data, str) or len(data) > LONGEST_TEXT:
        _expected(f"a text of at most {LONGEST_TEXT} characters", data)
    return data


def _number(data: Json) -> str:
    if not isinstance(data, str) or len(data) > MOST_DIGITS or not _NUMBER.fullmatch(data):
        _expected(f"a number such as -3/2 of at most {MOST_DIGITS} digits", data)
    return data


def _real(data: Json) -> float:
    if isinstance(data, bool) or not isinstance(data, int | float) or not math.isfinite(data):
        _expected("a finite number", data)
    return float(data)


def _count(data: Json) -> int:
    if isinstance(data, bool) or not isinstance(data, int) or data < 0:
        _expected("a count", data)
    return data


def _expected(wanted: str, found: object) -> NoReturn:
    raise SerializeError(f"expected {wanted}, found {_shown(found)}")


def _shown(found: object) -> str:
    text = ascii(found) if isinstance(found, str | int | float | None) else type(found).__name__
    return text if len(text) <= 40 else text[:37] + "..."
