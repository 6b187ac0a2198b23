"""Terms: the small frozen syntax in which everything else is said.

There are four kinds of node. A :class:`Number` is an exact rational, a :class:`Name` refers to a
symbol of a :class:`~language.notation.Notation` (or to a bound variable), an :class:`Apply` puts a
head of the :data:`~language.vocabulary.VOCABULARY` in front of arguments, and a :class:`Bind`
introduces a variable over a domain. Constructors never evaluate: ``x - x`` stays as written.

>>> x = Name("x")
>>> x - x
Apply(head='add', args=(Name(name='x'), Apply(head='negative', args=(Name(name='x'),))))
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from operator import is_
from typing import TypeAlias

__all__ = [
    "Apply",
    "Bind",
    "Liftable",
    "Name",
    "Number",
    "Term",
    "children",
    "depth",
    "free_names",
    "fresh",
    "lift",
    "rebuild",
    "replace",
    "same",
    "size",
    "substitute",
    "walk",
]


class Term:
    """A node of the syntax tree. Arithmetic on terms builds terms and never evaluates."""

    __slots__ = ()

    def __add__(self, other: Liftable) -> Term:
        return Apply("add", (self, lift(other)))

    def __radd__(self, other: Liftable) -> Term:
        return Apply("add", (lift(other), self))

    def __sub__(self, other: Liftable) -> Term:
        return Apply("add", (self, Apply("negative", (lift(other),))))

    def __rsub__(self, other: Liftable) -> Term:
        return Apply("add", (lift(other), Apply("negative", (self,))))

    def __mul__(self, other: Liftable) -> Term:
        return Apply("multiply", (self, lift(other)))

    def __rmul__(self, other: Liftable) -> Term:
        return Apply("multiply", (lift(other), self))

    def __matmul__(self, other: Liftable) -> Term:
        return Apply("multiply", (self, lift(other)))

    def __truediv__(self, other: Liftable) -> Term:
        return Apply("divide", (self, lift(other)))

    def __rtruediv__(self, other: Liftable) -> Term:
        return Apply("divide", (lift(other), self))

    def __pow__(self, other: Liftable) -> Term:
        return Apply("power", (self, lift(other)))

    def __neg__(self) -> Term:
        return Apply("negative", (self,))

    def __getitem__(self, index: Liftable | tuple[Liftable, ...]) -> Term:
        indices = index if isinstance(index, tuple) else (index,)
        return Apply("entry", (self, *(lift(i) for i in indices)))

    # ``t[i]`` builds an entry, so iteration by __getitem__ would never end.
    __iter__ = None

    @property
    def T(self) -> Term:
        """The transpose."""
        return Apply("transpose", (self,))


@dataclass(frozen=True, slots=True)
class Number(Term):
    """An exact rational number."""

    value: Fraction
    _hash: int = field(default=0, init=False, repr=False, compare=False)

    def __hash__(self) -> int:
        return self._hash or _remember(self, hash(self.value))

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        return Number, (self.value,)


@dataclass(frozen=True, slots=True)
class Name(Term):
    """A symbol of the notation in force, or a variable bound further out."""

    name: str


@dataclass(frozen=True, slots=True)
class Apply(Term):
    """A head of the vocabulary applied to arguments."""

    head: str
    args: tuple[Term, ...] = ()
    _free: frozenset[str] | None = field(default=None, init=False, repr=False, compare=False)
    _hash: int = field(default=0, init=False, repr=False, compare=False)

    def __hash__(self) -> int:
        return self._hash or _remember(self, hash((self.head, self.args)))

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        return Apply, (self.head, self.args)


@dataclass(frozen=True, slots=True)
class Bind(Term):
    """``head`` binds ``variable`` over ``domain`` in ``body``; the domain lies outside the scope.

    The domain's meaning depends on the head: a range for ``sum`` and ``product``, a law for
    ``expectation``, a space for ``integral`` and ``argmax``, a value for ``let`` and ``limit``.
    """

    head: str
    variable: str
    domain: Term
    body: Term
    _free: frozenset[str] | None = field(default=None, init=False, repr=False, compare=False)
    _hash: int = field(default=0, init=False, repr=False, compare=False)

    def __hash__(self) -> int:
        return self._hash or _remember(
            self, hash((self.head, self.variable, self.domain, self.body))
        )

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        return Bind, (self.head, self.variable, self.domain, self.body)


def _remember(term: Term, value: int) -> int:
    """Keep a hash: terms are hashed often, and each time to their full depth otherwise.

    Hashes of strings differ between processes, so a term is pickled without it.
    """
    object.__setattr__(term, "_hash", value)
    return value


Liftable: TypeAlias = "Term | int | Fraction | str"


def lift(value: Term | int | Fraction | str) -> Term:
    """``value`` as a term: integers and fractions become numbers, strings become names."""
    if isinstance(value, Term):
        return value
    if isinstance(value, str):
        return Name(value)
    return Number(Fraction(value))


def children(term: Term) -> tuple[Term, ...]:
    """The direct subterms, the domain of a binder before its body."""
    match term:
        case Apply(_, args):
            return args
        case Bind(_, _, domain, body):
            return (domain, body)
    return ()


def rebuild(term: Term, parts: tuple[Term, ...]) -> Term:
    """``term`` with its direct subterms replaced by ``parts``, in the order of ``children``."""
    match term:
        case Apply(head, args):
            # Identity, not equality, which would compare whole trees.
            return term if all(map(is_, parts, args)) else Apply(head, parts)
        case Bind(head, variable):
            return Bind(head, variable, parts[0], parts[1])
    return term


def walk(term: Term) -> Iterator[Term]:
    """Every subterm, outermost first."""
    pending = [term]
    while pending:
        here = pending.pop()
        yield here
        pending.extend(reversed(children(here)))


def size(term: Term) -> int:
    """The number of nodes."""
    return sum(1 for _ in walk(term))


def depth(term: Term) -> int:
    """The length of the longest path from the root to a leaf, counted in nodes."""
    deepest, level = 0, [term]
    while level:
        deepest += 1
        level = [part for here in level for part in children(here)]
    return deepest


def free_names(term: Term) -> frozenset[str]:
    """The names that occur in ``term`` and are not bound within it."""
    if isinstance(term, Name):
        return frozenset((term.name,))
    if not isinstance(term, Apply | Bind):
        return frozenset()
    if term._free is None:
        if isinstance(term, Apply):
            found = frozenset().union(*map(free_names, term.args))
        else:
            found = free_names(term.domain) | (free_names(term.body) - {term.variable})
        object.__setattr__(term, "_free", found)
        return found
    return term._free


def fresh(stem: str, taken: frozenset[str] | set[str]) -> str:
    """A name that is not in ``taken``: ``stem`` itself where that is free."""
    if stem not in taken:
        return stem
    stem = stem.rstrip("0123456789_") or "x"
    number = 1
    while f"{stem}_{number}" in taken:
        number += 1
    return f"{stem}_{number}"


def substitute(term: Term, values: Mapping[str, Term]) -> Term:
    """Replace free names by terms, renaming bound variables where they would capture.

    >>> inner = Bind("sum", "i", Apply("range", (lift(1), Name("n"))), Name("i") * Name("x"))
    >>> substitute(inner, {"x": Name("i")}).variable
    'i_1'
    """
    if free_names(term).isdisjoint(values):
        return term
    match term:
        case Name(name):
            return values.get(name, term)
        case Apply(head, args):
            return rebuild(term, tuple(substitute(part, values) for part in args))
        case Bind(head, variable, domain, body):
            domain = substitute(domain, values)
            inner = {name: value for name, value in values.items() if name != variable}
            relevant = free_names(body) & inner.keys()
            entering = frozenset().union(*(free_names(inner[name]) for name in relevant))
            if variable in entering:
                renamed = fresh(variable, entering | free_names(body) | {variable})
                body = substitute(body, {variable: Name(renamed)})
                variable = renamed
            return Bind(head, variable, domain, substitute(body, inner))
    return term


def replace(term: Term, rule: Callable[[Term], Term | None]) -> Term:
    """Apply ``rule`` to every subterm, innermost first; where it returns None nothing changes."""
    parts = children(term)
    if parts:
        term = rebuild(term, tuple(replace(part, rule) for part in parts))
    changed = rule(term)
    return term if changed is None else changed


def same(left: Term, right: Term) -> bool:
    """Whether two terms differ at most in the names of their bound variables."""
    match left, right:
        case Apply(head, args), Apply(other, others):
            return head == other and len(args) == len(others) and all(map(same, args, others))
        case Bind(head, variable, domain, body), Bind(other, name, space, inner):
            if head != other or not same(domain, space):
                return False
            if variable == name:
                return same(body, inner)
            common = fresh(variable, free_names(body) | free_names(inner) | {variable, name})
            return same(
                substitute(body, {variable: Name(common)}), substitute(inner, {name: Name(common)})
            )
    return left == right
