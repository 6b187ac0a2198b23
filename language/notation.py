"""Notation: the names a question uses, each with type, domain and, where derived, definition.

The samplers, the provers, the reader of student answers and the printers all work from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from language.terms import Term, free_names
from language.types import INTEGER, NATURALS, REALS, Array, Dimension, Function, Interval, Law, Type

__all__ = ["Notation", "NotationError", "Symbol"]


class NotationError(ValueError):
    """A name is not declared, declared twice, or defined in terms of itself."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """One name of a notation.

    Attributes:
        name: the identifier that terms use.
        type: its type and, for arrays, its shape.
        latex: how it is printed; empty prints the name. For functions and laws ``{}`` marks the
            places of the arguments, e.g. ``p_\\theta({}\\mid x)``; without it ``(...)`` is added.
        domain: the open interval of the number, or of each entry, or of a function's values.
        definition: what the name abbreviates, in terms of other names; None where it is free.
        parameters: the argument names of ``definition`` for functions, laws (the point at which
            the density is taken) and arrays given by their entries.
        traits: facts that provers and samplers use: ``diagonal`` (square arrays), ``symmetric``,
            ``invertible``, ``definite`` (symmetric and positive definite), ``simplex`` (entries
            that sum to one), ``diffeomorphism``.
        inverse: for a diffeomorphism, the name of the inverse function.
        jacobian: for a diffeomorphism, the name of its Jacobian, a matrix-valued function.
        words: what it is, for readers: "the mixing weights".
        spellings: further LaTeX by which a student may write it, beside ``name`` and ``latex``.
            As in ``latex``, ``{}`` marks the places of arguments: ``p(x\\mid {})``.
    """

    name: str
    type: Type
    latex: str = ""
    domain: Interval = REALS
    definition: Term | None = None
    parameters: tuple[str, ...] = ()
    traits: frozenset[str] = frozenset()
    inverse: str | None = None
    jacobian: str | None = None
    words: str = ""
    spellings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Notation:
    """The symbols of a question, in the order of declaration, and assumptions that join them.

    Sizes that occur in a shape and are not declared are declared as positive integers.

    >>> from language.types import Array
    >>> notation = Notation((Symbol("X", Array(("n", "d"))),))
    >>> [symbol.name for symbol in notation]
    ['n', 'd', 'X']
    """

    symbols: tuple[Symbol, ...] = ()
    assumptions: tuple[Term, ...] = ()
    _index: dict[str, Symbol] = field(init=False, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        declared = {symbol.name for symbol in self.symbols}
        sizes: dict[str, Symbol] = {}
        for symbol in self.symbols:
            for size in _sizes(symbol.type):
                if isinstance(size, str) and size not in declared:
                    sizes[size] = Symbol(size, INTEGER, domain=NATURALS, words="a size")
        object.__setattr__(self, "symbols", (*sizes.values(), *self.symbols))
        index: dict[str, Symbol] = {}
        for symbol in self.symbols:
            if symbol.name in index:
                raise NotationError(f"{symbol.name!r} is declared twice")
            index[symbol.name] = symbol
        object.__setattr__(self, "_index", index)
        self._reject_cycles()

    def _reject_cycles(self) -> None:
        done: set[str] = set()

        def visit(name: str, path: tuple[str, ...]) -> None:
            if name in path:
                raise NotationError(f"{name!r} is defined in terms of itself: {' -> '.join(path)}")
            symbol = self._index.get(name)
            if name in done or symbol is None or symbol.definition is None:
                return
            for used in sorted(free_names(symbol.definition) - set(symbol.parameters)):
                visit(used, (*path, name))
            done.add(name)

        for symbol in self.symbols:
            visit(symbol.name, ())

    @cached_property
    def hash(self) -> int:
        return hash((self.symbols, self.assumptions))

    def __hash__(self) -> int:
        return self.hash

    def __getstate__(self) -> dict[str, object]:
        # Hashes of strings differ between processes.
        return {name: value for name, value in self.__dict__.items() if name != "hash"}

    def __iter__(self) -> Iterator[Symbol]:
        return iter(self.symbols)

    def __contains__(self, name: object) -> bool:
        return name in self._index

    def __getitem__(self, name: str) -> Symbol:
        try:
            return self._index[name]
        except KeyError:
            known = ", ".join(self._index)
            raise NotationError(f"{name!r} is not declared; this notation has {known}") from None

    def get(self, name: str) -> Symbol | None:
        """The symbol called ``name``, or None."""
        return self._index.get(name)

    def extended(self, *symbols: Symbol) -> Notation:
        """This notation with more symbols; one that is already declared alike is kept."""
        new = tuple(s for s in symbols if self._index.get(s.name) != s)
        return replace(self, symbols=self.symbols + new)

    def assuming(self, *conditions: Term) -> Notation:
        """This notation with further assumptions."""
        return replace(self, assumptions=self.assumptions + conditions)

    def where(self, name: str, definition: Term, *parameters: str) -> Notation:
        """This notation with ``name`` given a definition."""
        changed = replace(self[name], definition=definition, parameters=parameters)
        symbols = tuple(changed if s.name == name else s for s in self.symbols)
        return replace(self, symbols=symbols)


def _sizes(kind: Type) -> tuple[Dimension, ...]:
    match kind:
        case Array(shape):
            return shape
        case Law(element):
            return _sizes(element)
        case Function(arguments, result):
            return tuple(size for part in (*arguments, result) for size in _sizes(part))
    return ()
