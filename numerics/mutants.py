"""Mutants: the mistakes people make, made on purpose.

A check that cannot fail is no check. Every claim's closed form is changed in one place at a time
(a sign, a factor, a dropped term, p for 1 - p, swapped arguments of a divergence, a missing
transpose, a forgotten square ...), and the engine must refute each, or prove it equivalent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from language.claims import Claim, Status, Verdict
from language.notation import Notation, NotationError
from language.terms import Apply, Bind, Name, Number, Term, children, lift, rebuild
from language.typecheck import TypeMismatch, typecheck
from language.types import PROBABILITY, REAL, Array, Law
from language.vocabulary import RELATIONS, TRUE
from numerics.engine import decide, decide_equal

__all__ = ["Mutant", "MutantResult", "judge_mutants", "mutants"]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A changed term, and in words what was changed."""

    name: str
    term: Term


@dataclass(frozen=True, slots=True)
class MutantResult:
    """A mutant and what the engine said of the claim with it."""

    name: str
    term: Term
    verdict: Verdict

    @property
    def settled(self) -> bool:
        """Whether it was refuted, or proved equivalent to the original."""
        return self.verdict.status in (Status.REFUTED, Status.PROVED)


def mutants(term: Term, notation: Notation) -> list[Mutant]:
    """Every single mistake of the table, made at every place of ``term``; no two alike."""
    found: dict[Term, str] = {}
    for name, changed in (*_everywhere(term, notation), *_whole(term)):
        if changed != term:
            found.setdefault(changed, name)
    return [Mutant(name, changed) for changed, name in found.items()]


def judge_mutants(
    claim: Claim, limit: int | None = None, *, proved: bool | None = None
) -> tuple[MutantResult, ...]:
    """The engine's verdicts on the mutants of a claim (of the statement, where it is one).

    ``proved`` says whether the claim is known to hold, by a chain of steps say; None: find out.
    """
    statement = claim.closed_form == TRUE
    subject = claim.defined if statement else claim.closed_form
    results = []
    for mutant in mutants(subject, claim.notation)[:limit]:
        if statement:
            verdict = decide(replace(claim, defined=mutant.term))
        else:
            verdict = _judge(claim, mutant.term, proved)
        results.append(MutantResult(mutant.name, mutant.term, verdict))
    return tuple(results)


def _judge(claim: Claim, changed: Term, proved: bool | None) -> Verdict:
    verdict = decide(replace(claim, closed_form=changed))
    if verdict.settled:
        return verdict
    if proved is None:
        proved = decide(claim).status is Status.PROVED
    if not proved:
        return verdict
    # The claim is proved, so what differs from its closed form differs from what it defines.
    apart = decide_equal(claim.closed_form, changed, claim.notation)
    return apart if apart.settled else verdict


def _whole(term: Term) -> Iterator[tuple[str, Term]]:
    """Mistakes that change a number or an array as a whole."""
    if isinstance(term, Bind) and term.head == "forall":
        return
    if isinstance(term, Apply) and (term.head in _NOT_NUMBERS or term.head in RELATIONS):
        return
    yield "sign of the whole", -term
    yield "factor 2 on the whole", 2 * term
    if not isinstance(term, Name | Number):
        yield "half of the whole", term / 2


def _everywhere(term: Term, notation: Notation) -> Iterator[tuple[str, Term]]:
    yield from _here(term, notation)
    parts = children(term)
    for place, part in enumerate(parts):
        if isinstance(term, Bind) and place == 0 and term.head != "expectation":
            continue
        if isinstance(term, Apply) and term.head in ("call", "density", "identity") and place == 0:
            continue
        for name, changed in _everywhere(part, notation):
            yield name, rebuild(term, (*parts[:place], changed, *parts[place + 1 :]))


def _here(term: Term, notation: Notation) -> Iterator[tuple[str, Term]]:
    match term:
        case Number(value):
            yield "number off by one", lift(value + 1)
            if value:
                yield "number halved", lift(value / 2)
        case Name(name):
            symbol = notation.get(name)
            if symbol is not None and symbol.domain == PROBABILITY and symbol.type == REAL:
                yield f"{name} for 1 - {name}", 1 - term
        case Apply("add", args):
            for k, arg in enumerate(args):
                rest = (*args[:k], *args[k + 1 :])
                yield f"term {k + 1} dropped", rest[0] if len(rest) == 1 else Apply("add", rest)
                yield f"sign of term {k + 1}", Apply("add", (*args[:k], -arg, *args[k + 1 :]))
                yield (
                    f"factor 2 on term {k + 1}",
                    Apply("add", (*args[:k], 2 * arg, *args[k + 1 :])),
                )
        case Apply("multiply", args):
            for k in range(len(args)):
                rest = (*args[:k], *args[k + 1 :])
                yield (
                    f"factor {k + 1} dropped",
                    rest[0] if len(rest) == 1 else Apply("multiply", rest),
                )
            if sum(_is_array(arg, notation) for arg in args) > 1:
                yield "factors reversed", Apply("multiply", args[::-1])
        case Apply("negative", (x,)):
            yield "sign dropped", x
        case Apply("infinity"):
            yield "finite limit", lift(0)
            yield "sign of infinity", -term
        case Apply("divide", (x, y)):
            yield "denominator dropped", x
            yield "quotient inverted", y / x
        case Apply("power", (base, exponent)):
            yield "power forgotten", base
            yield "exponent off by one", Apply("power", (base, exponent + 1))
        case Apply("logistic" | "tanh" | "exp" | "softplus" as head, (x,)):
            yield f"argument of {head} negated", Apply(head, (-x,))
            yield f"{head} dropped", x
        case Apply("log" | "sqrt" | "norm" | "absolute" | "real_part" as head, (x,)):
            yield f"{head} dropped", x
        case Apply("transpose", (x,)):
            yield "transpose missing", x
        case Apply("inverse", (x,)):
            yield "inverse missing", x
            yield "matrix doubled before the inverse", Apply("inverse", (2 * x,))
        case Apply("kl" | "chi_square" as head, (p, q)):
            yield f"arguments of {head} swapped", Apply(head, (q, p))
        case Apply("jsd", (p, q)):
            yield "arguments of jsd swapped", Apply("jsd", (q, p))
            yield "jsd for kl", Apply("kl", (p, q))
        case Apply("vector" | "tuple" | "multiset" as head, items):
            yield from _collection(head, items)
        case Apply("matrix", rows):
            if len(rows) > 1:
                yield "rows reversed", Apply("matrix", rows[::-1])
        case Apply("less" | "greater" | "less_equal" | "greater_equal" as head, (x, y)):
            yield "relation reversed", Apply(_REVERSED[head], (x, y))
            yield "left side shifted", Apply(head, (x - 1, y))
            yield "right side shifted", Apply(head, (x, y - 1))
        case Apply("equal", (x, y)):
            yield "right side doubled and shifted", Apply("equal", (x, 2 * y + _one(y)))
        case Bind("expectation", variable, Name(law), body):
            for other in notation:
                if (
                    isinstance(other.type, Law)
                    and other.name != law
                    and other.type == notation[law].type
                ):
                    yield (
                        f"{other.name} for {law}",
                        Bind("expectation", variable, Name(other.name), body),
                    )


def _is_array(term: Term, notation: Notation) -> bool:
    try:
        return isinstance(typecheck(term, notation), Array)
    except (TypeMismatch, NotationError):
        return False


def _collection(head: str, items: tuple[Term, ...]) -> Iterator[tuple[str, Term]]:
    for k, item in enumerate(items):
        yield f"sign of component {k + 1}", Apply(head, (*items[:k], -item, *items[k + 1 :]))
        if head == "multiset" and len(items) > 1:
            yield f"root {k + 1} lost", Apply(head, (*items[:k], *items[k + 1 :]))
            yield f"root {k + 1} doubled", Apply(head, (*items, item))
    if len(items) > 1:
        yield "components reversed", Apply(head, items[::-1])


def _one(term: Term) -> Term:
    """A nonzero shift of the shape of ``term`` where that is written out, else the number one."""
    match term:
        case Apply("tuple" | "vector" as head, items):
            return Apply(head, tuple(lift(1) for _ in items))
    return lift(1)


_NOT_NUMBERS = frozenset(
    "tuple set multiset both either negation implies true false element infinity".split()
)

_REVERSED = {
    "less": "greater",
    "greater": "less",
    "less_equal": "greater_equal",
    "greater_equal": "less_equal",
}
