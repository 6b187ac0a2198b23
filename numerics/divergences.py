"""Gibbs' inequality: divergences between probability laws are never negative.

``KL(p, q) >= 0``, ``chi-square(p, q) >= 0`` and ``0 <= JSD(p, q) <= log 2`` hold for laws, not for
measures of another mass, so that each law is first seen to be one. A comparison of numbers is then
left to z3 with the divergences as unknowns; or the difference of its sides is shown to be a
divergence between two laws of the notation, as that of the evidence and its lower bound is.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations_with_replacement, permutations

from language.claims import Status
from language.notation import Notation, Symbol
from language.terms import Apply, Name, Number, Term, children, free_names, fresh, lift, rebuild
from language.text import to_text
from language.types import REAL, Array, Law
from language.vocabulary import density, integral, jsd, kl, log, relation, spaces
from numerics import conditions
from numerics.kernels import TooLarge
from numerics.lowering import Outside
from numerics.normal_form import Normalizer, equal_scalars, with_normalizer
from numerics.signs import is_nonnegative

__all__ = ["prove_comparison"]

#: Laws of a notation between which a divergence is looked for.
MOST_LAWS = 4


def prove_comparison(statement: Term, notation: Notation) -> str | None:
    """Why ``left <= right`` or ``left >= right`` holds, in a sentence; None if not shown."""
    match statement:
        case Apply("less_equal" | "greater_equal", sides):
            more, less = sides if statement.head == "greater_equal" else sides[::-1]
            return _by_unknowns(statement, notation) or _by_difference(more - less, notation)
    return None


def _by_unknowns(statement: Term, notation: Notation) -> str | None:
    """With each divergence as an unknown number that lies where divergences do."""
    unknowns: dict[Term, Name] = {}

    def replaced(term: Term) -> Term:
        match term:
            case Apply("kl" | "jsd" | "chi_square", laws) if all(
                is_law(law, notation) for law in laws
            ):
                if term not in unknowns:
                    taken = {symbol.name for symbol in notation} | {
                        n.name for n in unknowns.values()
                    }
                    unknowns[term] = Name(fresh("divergence", taken))
                return unknowns[term]
        parts = children(term)
        return rebuild(term, tuple(map(replaced, parts))) if parts else term

    plain = replaced(statement)
    if not unknowns or _has_laws(plain, notation):
        return None
    bounds: list[Term] = []
    for term, name in unknowns.items():
        bounds.append(relation("greater_equal", name, 0))
        if isinstance(term, Apply) and term.head == "jsd":
            bounds.append(relation("less_equal", name, log(2)))
    names = (Symbol(name.name, REAL) for name in unknowns.values())
    wider = notation.extended(*names).assuming(*bounds)
    verdict = conditions.prove_statement(plain, wider)
    if verdict is None or verdict.status is not Status.PROVED:
        return None
    return "Divergences between laws are never negative (Gibbs), and that suffices."


def _has_laws(term: Term, notation: Notation) -> bool:
    names = (notation.get(name) for name in free_names(term))
    return any(symbol is not None and isinstance(symbol.type, Law) for symbol in names)


def _by_difference(difference: Term, notation: Notation) -> str | None:
    """With the difference of the sides as one or two divergences and a nonnegative number."""
    laws = [s.name for s in notation if isinstance(s.type, Law) and is_law(Name(s.name), notation)]
    pairs = [
        pair
        for pair in permutations(laws[:MOST_LAWS], 2)
        if notation[pair[0]].type == notation[pair[1]].type
    ]
    single = [(kl(p, q),) for p, q in pairs] + [(jsd(p, q),) for p, q in pairs if p < q]
    double = tuple(combinations_with_replacement([kl(p, q) for p, q in pairs], 2))

    def work(normalizer: Normalizer) -> tuple[Term, ...] | None:
        table = normalizer.table
        whole = normalizer.normal(difference)
        for parts in (*single, *double):
            rest = whole
            for part in parts:
                rest = table.subtract(rest, normalizer.normal(part))
            rest = normalizer.functionals.recombined(rest)
            constant = rest.num.is_constant() and rest.den.is_constant()
            if constant and (rest.num == 0 or table.nonnegative(rest.num)):
                return parts
        return None

    try:
        found = with_normalizer(notation, work, difference) if pairs else None
    except (Outside, TooLarge):
        return None
    if found is None:
        return None
    shown = " and ".join(to_text(part, notation) for part in found)
    return f"The sides differ by {shown}, never negative (Gibbs), and a number that is not either."


def is_law(term: Term, notation: Notation) -> bool:
    """Whether a term is seen to be a probability law: of total mass one, and nowhere negative."""
    match term:
        case Name(name):
            symbol = notation.get(name)
            if symbol is None or not isinstance(symbol.type, Law):
                return False
            if symbol.definition is None:
                return True
            if not symbol.parameters:
                return is_law(symbol.definition, notation)
            return _normalized(symbol, notation)
        case Apply("normal"):
            return True
        case Apply("pushforward", (_, base)):
            return is_law(base, notation)
        case Apply("mixture", args):
            weights = args[::2]
            if not all(isinstance(w, Number) and w.value >= 0 for w in weights):
                return False
            total = sum((w.value for w in weights if isinstance(w, Number)), Fraction(0))
            return total == 1 and all(is_law(part, notation) for part in args[1::2])
    return False


def _normalized(symbol: Symbol, notation: Notation) -> bool:
    """Whether a density that is written out is positive and integrates to one."""
    if not isinstance(symbol.type, Law):
        return False
    element = symbol.type.element
    size = lift(element.shape[0]) if isinstance(element, Array) else lift(1)
    if len(symbol.parameters) != 1:
        return False
    (point,) = symbol.parameters
    whole = integral(point, density(symbol.name, point), spaces(size))
    try:
        return equal_scalars(whole, lift(1), notation) and _positive(symbol, notation)
    except (Outside, TooLarge):
        return False


def _positive(symbol: Symbol, notation: Notation) -> bool:
    if symbol.definition is None or not isinstance(symbol.type, Law):
        return False
    inner = notation.extended(
        *(Symbol(p, symbol.type.element) for p in symbol.parameters if p not in notation)
    )
    return is_nonnegative(symbol.definition, inner)
