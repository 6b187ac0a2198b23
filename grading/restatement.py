"""Whether a right answer only says the question over again.

Where an answer may leave integrals, expectations and the like, the quantity as the question defines
it may be written too, or taken apart: ``E[log p(z) p(x|z)]`` as ``E[log p(x|z)] + E[log p(z)]``. It
is equal to the reference, and no answer. So what is left to be worked out is listed, for the
definition, the right forms and the answer, with sums, products in logarithms and names of products
taken apart. An answer restates the question if something of it stands in the definition and in no
right form.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import chain, islice, product

from grading.items import UNEVALUATED, Formula
from language.claims import Equality
from language.notation import Notation
from language.terms import (
    Apply,
    Bind,
    Name,
    Term,
    children,
    free_names,
    lift,
    rebuild,
    replace,
    substitute,
)
from language.types import Function, Law
from language.vocabulary import product_of

__all__ = ["restated"]

#: Heads of what is left to be worked out; a normal density is a formula.
_OPEN = UNEVALUATED - {"normal"}
#: The most parts that a sum is taken apart into.
MOST = 64


def restated(answer: Term, formula: Formula) -> Term | None:
    """A part of a right answer that is still as the question gives it, if there is one."""
    if (
        not formula.heads & _OPEN
        or formula.accepts is not None
        or formula.claim.equality is Equality.CONDITION
    ):
        return None
    asked = _asked(formula)
    if not asked:
        return None
    return next((part for part in _open_parts(answer, formula) if _outline(part) in asked), None)


@lru_cache(maxsize=512)
def _asked(formula: Formula) -> frozenset[Term]:
    """Outlines of what the question leaves to be worked out, and no right form does."""
    defined, notation = formula.claim.defined, formula.claim.notation
    right = (formula.claim.closed_form, *formula.forms)
    given = _left_open(defined, formula, written_out=True)
    if any(given <= _left_open(form, formula, written_out=True) for form in right) and all(
        part.head in formula.heads for part in _open_parts(defined, formula)
    ):
        return frozenset()  # the definition counts, with its divergences in one form or another
    asked = _left_open(defined, formula)
    for form in right:
        asked -= _left_open(form, formula)
        asked -= _left_open(_with_numbers_unfolded(form, notation), formula)
    return asked


def _left_open(term: Term, formula: Formula, written_out: bool = False) -> frozenset[Term]:
    """Outlines of the unevaluated parts of a term, maybe with its divergences written out."""
    term = replace(term, _divergence) if written_out else term
    return frozenset(map(_outline, _open_parts(term, formula)))


def _divergence(term: Term) -> Term | None:
    """A divergence or entropy of named laws as an expectation, up to its sign."""
    match term:
        case Apply("kl" | "entropy", (Name() as law, *others)) if all(
            isinstance(other, Name) for other in others
        ):
            point = Name("z")
            densities: list[Term] = [Apply("density", (one, point)) for one in (law, *others)]
            return Bind("expectation", "z", law, Apply("log", (product_of(densities),)))
    return None


def _with_numbers_unfolded(term: Term, notation: Notation) -> Term:
    """A term with the names of numbers replaced by what they abbreviate."""
    symbols = [notation[name] for name in free_names(term) if name in notation]
    return substitute(
        term,
        {
            symbol.name: symbol.definition
            for symbol in symbols
            if symbol.definition is not None and not isinstance(symbol.type, Law | Function)
        },
    )


def _open_parts(term: Term, formula: Formula) -> Iterator[Apply | Bind]:
    """The outermost unevaluated parts of a term."""
    pending = [_unfolded(term, formula.claim.notation, _used(formula))]
    while pending:
        for factor in chain.from_iterable(_products(pending.pop())):
            if isinstance(factor, Apply | Bind) and factor.head in _OPEN:
                yield factor
            else:
                pending += children(factor)


@lru_cache(maxsize=512)
def _used(formula: Formula) -> frozenset[str]:
    """The names that right forms use: to use them is what the question asks for."""
    return frozenset().union(*map(free_names, (formula.claim.closed_form, *formula.forms)))


def _unfolded(term: Term, notation: Notation, used: frozenset[str]) -> Term:
    """A term with the abbreviations resolved that no right form uses."""
    match term:
        case Apply("call" | "density", (Name(name), *arguments)) if name not in used:
            pass
        case Name(name) if name not in used:
            arguments = []
        case _:
            return rebuild(term, tuple(_unfolded(part, notation, used) for part in children(term)))
    symbol = notation.get(name)
    if symbol is None or symbol.definition is None or len(symbol.parameters) != len(arguments):
        return rebuild(term, tuple(_unfolded(part, notation, used) for part in children(term)))
    values = dict(zip(symbol.parameters, arguments, strict=True))
    return _unfolded(substitute(symbol.definition, values), notation, used)


# sums, taken apart -------------------------------------------------------------------------------

_Product = tuple[Term, ...]


def _products(term: Term) -> list[_Product]:
    """A sum as products of factors, through what is linear and logarithms of products.

    Signs and numbers may be lost, which makes no difference to what is left to be worked out.
    """
    match term:
        case Apply("add", parts):
            found = [one for part in parts for one in _products(part)]
        case Apply("negative", (x,)):
            found = _products(x)
        case Apply("multiply", parts):
            rows = islice(product(*map(_products, parts)), MOST + 1)
            found = [tuple(chain.from_iterable(row)) for row in rows]
        case Apply("divide", (x, y)):
            found = [(*one, lift(1) / y) for one in _products(x)]
        case Apply("log", (x,)):
            found = [(Apply("log", (factor,)),) for factor in _factors(x)]
        case Bind("expectation" | "integral"):
            found = [_averaged(term, one) for one in _products(term.body)]
        case _:
            return [(term,)]
    return found if len(found) <= MOST else [(term,)]


def _factors(term: Term) -> list[Term]:
    """What a product is made of; of a power its base."""
    match term:
        case Apply("multiply" | "divide", parts):
            return [factor for part in parts for factor in _factors(part)]
        case Apply("power" | "negative", (x, *_)):
            return _factors(x)
    return [term]


def _averaged(binder: Bind, factors: _Product) -> _Product:
    """An expectation or integral of a product, without the factors that do not vary."""
    variable = binder.variable
    varying = [factor for factor in factors if variable in free_names(factor)]
    others = [factor for factor in factors if variable not in free_names(factor)]
    head, domain = binder.head, binder.domain
    if head == "integral":
        for factor in varying:
            match factor:
                case Apply("density", (Name() as law, Name(point))) if point == variable:
                    head, domain = "expectation", law
                    varying.remove(factor)
                    break
    if head == "expectation" and not varying:
        return tuple(others)
    return (Bind(head, variable, domain, product_of(varying)), *others)


def _outline(term: Term, depth: int = 0) -> Term:
    """A term up to the order of sums and products, and the names of bound variables."""
    match term:
        case Bind(head, variable, domain, body):
            name = f"_{depth}"
            body = substitute(body, {variable: Name(name)})
            return Bind(head, name, _outline(domain, depth), _outline(body, depth + 1))
        case Apply("add" | "multiply" | "jsd" as head, parts):
            return Apply(head, tuple(sorted((_outline(p, depth) for p in parts), key=repr)))
    return rebuild(term, tuple(_outline(part, depth) for part in children(term)))
