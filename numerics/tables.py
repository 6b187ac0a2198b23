"""What is known on cells only: which terms stand on laws and functions without definition.

Where a few weighted cells stand for a space, an integral over it of an explicit formula is not its
value on the line. It may be taken over the cells if a law or function without definition is a
factor of the integrand: that factor may be thought of as zero off the cells.
"""

from __future__ import annotations

from functools import lru_cache

from language.notation import Notation, Symbol
from language.terms import Apply, Bind, Name, Number, Term, children, free_names
from language.types import INTEGER, Function, Law
from numerics.valuations import dependencies

__all__ = ["supports", "tabular"]


@lru_cache(maxsize=4096)
def tabular(term: Term, notation: Notation) -> bool:
    """Whether a term stands on a law or function without definition on a real space."""
    names = frozenset().union(*(dependencies(notation, name) for name in free_names(term)))
    return any(_is_table(notation.get(name)) for name in names)


def _is_table(symbol: Symbol | None) -> bool:
    if symbol is None or symbol.definition is not None:
        return False
    match symbol.type:
        case Law():
            return True
        case Function(arguments):
            return any(argument != INTEGER for argument in arguments)
    return False


@lru_cache(maxsize=4096)
def supports(term: Term, variable: str, notation: Notation) -> bool:
    """Whether a term has a factor known on cells only, so that it may be zero off the cells.

    A factor that is divided by elsewhere in the term could cancel; then the answer is no.
    """

    def inside(part: Term) -> bool:
        return variable in free_names(part)

    match term:
        case Apply("density", (law, point)):
            return _is_place(point, variable, notation) and _law_supports(law, notation)
        case Apply("call", (Name(name), *args)):
            symbol = notation.get(name)
            if symbol is None or symbol.definition is None:
                return any(_is_place(arg, variable, notation) for arg in args)
            parameters = zip(symbol.parameters, args, strict=True)
            definition = symbol.definition
            return any(inside(arg) and supports(definition, p, notation) for p, arg in parameters)
        case Apply("multiply", args):
            return any(supports(arg, variable, notation) for arg in args) and not any(
                _inverts(arg, variable, notation) or _moves(arg, variable, notation) for arg in args
            )
        case Apply("add", args):
            return all(supports(arg, variable, notation) for arg in args)
        case Apply("negative" | "absolute" | "transpose", (arg,)):
            return supports(arg, variable, notation)
        case Apply("divide", (numerator, denominator)):
            return not inside(denominator) and supports(numerator, variable, notation)
        case Apply("power", (base, Number(value))) if value > 0:
            return supports(base, variable, notation)
        case Bind("sum", bound, _, body) if bound != variable:
            return supports(body, variable, notation)
    return False


def _moves(term: Term, variable: str, notation: Notation) -> bool:
    """Whether a table is taken at a place that depends on the variable and is no cell."""
    match term:
        case Apply("density", (_, point)) | Apply("call", (_, point)) if variable in free_names(
            point
        ):
            return not _is_place(point, variable, notation)
    return any(_moves(part, variable, notation) for part in children(term))


def _is_place(point: Term, variable: str, notation: Notation) -> bool:
    """Whether a point is a cell where the variable is one, as a table needs it to be."""
    match point:
        case Name(name):
            return name == variable
        case Apply("call", (Name(name), inner)):
            symbol = notation.get(name)
            flow = symbol is not None and "diffeomorphism" in symbol.traits
            return flow and _is_place(inner, variable, notation)
    return False


def _law_supports(law: Term, notation: Notation) -> bool:
    match law:
        case Name(name):
            symbol = notation.get(name)
            if symbol is None or symbol.definition is None:
                return True
            if symbol.parameters:
                return supports(symbol.definition, symbol.parameters[0], notation)
            return _law_supports(symbol.definition, notation)
        case Apply("call", (Name(name), *_)):
            symbol = notation.get(name)
            return symbol is None or symbol.definition is None
        case Apply("mixture", args):
            return all(_law_supports(part, notation) for part in args[1::2])
        case Apply("pushforward", (_, base)):
            return _law_supports(base, notation)
    return False


def _inverts(term: Term, variable: str, notation: Notation) -> bool:
    """Whether a factor could cancel another: it divides by, or has an exponential of, a table."""
    if variable not in free_names(term):
        return False
    match term:
        case Apply("log", _) | Apply("density", _):
            return False
        case Apply("divide", (_, denominator)) if variable in free_names(denominator):
            return True
        case Apply("power", (base, exponent)):
            whole = isinstance(exponent, Number) and exponent.value > 0
            return not whole or _inverts(base, variable, notation)
        case Apply("exp" | "inverse", (arg,)):
            return tabular(arg, notation)
        case Apply("call", (Name(name), *_)):
            symbol = notation.get(name)
            return (
                symbol is not None
                and symbol.definition is not None
                and any(
                    _inverts(symbol.definition, parameter, notation)
                    for parameter in symbol.parameters
                )
            )
    return any(_inverts(part, variable, notation) for part in children(term))
