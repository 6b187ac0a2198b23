"""The static pass: every term has a type and a shape, or an error that names both sides.

Scalars are ordered integer < real < complex. Vectors are columns: a vector of length ``n`` chains
like an ``n x 1`` matrix, a product that is ``1 x 1`` is a scalar, and one that is ``k x 1`` is a
vector. Sizes agree only if they are the same integer or the same name.

>>> from language.notation import Notation, Symbol
>>> from language.terms import Name
>>> notation = Notation((Symbol("X", Array(("n", "d"))), Symbol("w", Array(("d",)))))
>>> typecheck(Name("X") * Name("w"), notation)
Array(shape=('n',))
>>> typecheck(Name("X") + Name("w"), notation)
Traceback (most recent call last):
    ...
language.typecheck.TypeMismatch: cannot add a matrix of shape n x d to a vector of length d
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import NoReturn

from language.notation import Notation
from language.terms import Apply, Bind, Name, Number, Term
from language.types import (
    COMPLEX,
    INTEGER,
    REAL,
    TRUTH,
    Array,
    Collection,
    Dimension,
    Function,
    Law,
    Scalar,
    Space,
    Truth,
    Type,
    describe,
)
from language.vocabulary import ELEMENTARY, RELATIONS, validate

__all__ = ["TypeMismatch", "agree", "typecheck"]


class TypeMismatch(ValueError):
    """A term puts things together that do not fit; the message names both sides."""


def typecheck(term: Term, notation: Notation, bound: Mapping[str, Type] | None = None) -> Type:
    """The type of ``term``, with its shape.

    Args:
        term: what is to be typed.
        notation: the types of the free names.
        bound: the types of names that are bound further out; they hide those of ``notation``.

    Raises:
        TypeMismatch: where parts do not fit together.
        NotationError: where a free name is not declared.
        VocabularyError: where a head is unknown or takes another number of arguments.
    """
    try:
        return _Pass(notation).visit(term, dict(bound or {}))
    except RecursionError:
        raise TypeMismatch("expected a formula, found one that is nested too deeply") from None


def agree(left: Type, right: Type) -> bool:
    """Whether values of the two types can be compared and added.

    All scalars agree; so do a scalar, a vector of length 1 and a ``1 x 1`` matrix.
    """
    return _join(left, right) is not None


_RANKS = {"integer": 0, "real": 1, "complex": 2}


def _join(left: Type, right: Type) -> Type | None:
    """The widest of two types that agree, None where they do not."""
    left, right = _canonical(left), _canonical(right)
    match left, right:
        case Scalar(kind), Scalar(other):
            return left if _RANKS[kind] >= _RANKS[other] else right
        case Law(element), Law(other):
            joined = _join(element, other)
            return None if joined is None else Law(joined)
        case Space(element), Space(other):
            joined = _join(element, other)
            return None if joined is None else Space(joined)
        case Collection(), Collection():
            return _join_collections(left, right)
    return left if left == right else None


def _join_collections(left: Collection, right: Collection) -> Type | None:
    if left.kind != right.kind:
        return None
    if left.kind != "tuple" and not (left.elements and right.elements):
        return left if left.elements else right
    if len(left.elements) != len(right.elements):
        return None
    elements = [_join(a, b) for a, b in zip(left.elements, right.elements, strict=True)]
    known = tuple(element for element in elements if element is not None)
    return Collection(left.kind, known) if len(known) == len(elements) else None


def _canonical(kind: Type) -> Type:
    """``kind`` with columns of one entry read as scalars and ``n x 1`` matrices as vectors."""
    match kind:
        case Array((1,) | (1, 1)):
            return REAL
        case Array((rows, 1)):
            return Array((rows,))
    return kind


def _rows_and_columns(kind: Type) -> tuple[Dimension, Dimension] | None:
    match kind:
        case Array((rows,)):
            return rows, 1
        case Array((rows, columns)):
            return rows, columns
    return None


def _is_square(kind: Type) -> bool:
    match _canonical(kind):
        case Scalar():
            return True
        case Array((rows, columns)):
            return rows == columns
    return False


Bound = dict[str, Type]
Rule = Callable[["_Pass", Apply, Bound], Type]


class _Pass:
    """One pass over a term; ``bound`` maps the names bound so far to their types."""

    __slots__ = ("notation",)

    def __init__(self, notation: Notation) -> None:
        self.notation = notation

    def visit(self, term: Term, bound: Bound) -> Type:
        match term:
            case Number(value):
                return INTEGER if value.denominator == 1 else REAL
            case Name(name):
                return bound[name] if name in bound else self.notation[name].type
            case Apply(head):
                validate(term)
                return _RULES[head](self, term, bound)
            case Bind():
                validate(term)
                return self.binder(term, bound)
        raise TypeMismatch(f"expected a term, found {type(term).__name__}")

    # what an argument must be

    def arguments(self, term: Apply, bound: Bound) -> list[Type]:
        return [self.visit(part, bound) for part in term.args]

    def scalar(self, term: Term, bound: Bound, place: str) -> Scalar:
        kind = self.visit(term, bound)
        canonical = _canonical(kind)
        if not isinstance(canonical, Scalar):
            _expected("a number", kind, place)
        return canonical

    def integer(self, term: Term, bound: Bound, place: str) -> None:
        kind = self.visit(term, bound)
        if kind != INTEGER:
            _expected("an integer", kind, place)

    def statement(self, term: Term, bound: Bound, place: str) -> None:
        kind = self.visit(term, bound)
        if not isinstance(kind, Truth):
            _expected("a statement", kind, place)

    def law(self, term: Term, bound: Bound, place: str) -> Law:
        kind = self.visit(term, bound)
        if not isinstance(kind, Law):
            _expected("a law", kind, place)
        return kind

    def square(self, term: Term, bound: Bound, place: str) -> Type:
        kind = self.visit(term, bound)
        if not _is_square(kind):
            _expected("a square matrix", kind, place)
        return _canonical(kind)

    def dimension(self, term: Term, bound: Bound, place: str) -> Dimension:
        match term:
            case Number(value) if value.denominator == 1 and value > 0:
                return int(value)
            case Name(name):
                self.integer(term, bound, place)
                return name
        raise TypeMismatch(f"the size in {place} must be a positive integer or the name of one")

    # arithmetic

    def add(self, term: Apply, bound: Bound) -> Type:
        total, *others = self.arguments(term, bound)
        total = self.summand(total)
        for other in others:
            joined = _join(total, self.summand(other))
            if joined is None:
                raise TypeMismatch(f"cannot add {describe(total)} to {describe(other)}")
            total = joined
        return total

    def summand(self, kind: Type) -> Type:
        if not isinstance(kind, Scalar | Array):
            raise TypeMismatch(f"cannot add {describe(kind)}")
        return kind

    def negative(self, term: Apply, bound: Bound) -> Type:
        return self.summand(self.visit(term.args[0], bound))

    def multiply(self, term: Apply, bound: Bound) -> Type:
        product, *others = self.arguments(term, bound)
        for other in others:
            product = _product(product, other)
        return _product(INTEGER, product)

    def divide(self, term: Apply, bound: Bound) -> Type:
        numerator, denominator = self.arguments(term, bound)
        below = _canonical(denominator)
        if not isinstance(numerator, Scalar | Array) or not isinstance(below, Scalar):
            raise TypeMismatch(f"cannot divide {describe(numerator)} by {describe(denominator)}")
        if isinstance(numerator, Array):
            return numerator
        return _quotient(numerator, below)

    def power(self, term: Apply, bound: Bound) -> Type:
        base, exponent = self.arguments(term, bound)
        above = _canonical(exponent)
        match _canonical(base), above:
            case Scalar() as low, Scalar():
                if low == INTEGER and _natural(term.args[1]):
                    return INTEGER
                return _quotient(low, above)
            case Array((rows, columns)) as square, Scalar() if rows == columns:
                if _integer_literal(term.args[1]):
                    return square
                raise TypeMismatch(
                    f"cannot raise {describe(base)} to a power that is not a written integer"
                )
            case (Array((_,)) | Array((1, _))) as entries, Scalar():
                return entries
        raise TypeMismatch(f"cannot raise {describe(base)} to the power of {describe(exponent)}")

    def elementary(self, term: Apply, bound: Bound) -> Type:
        kind = self.visit(term.args[0], bound)
        match kind:
            case Array():
                return kind
            case Scalar("complex") if term.head in ("absolute", "real_part"):
                return REAL
            case Scalar("integer") if term.head in ("absolute", "relu"):
                return INTEGER
            case Scalar("complex"):
                return COMPLEX
            case Scalar():
                return REAL
        raise TypeMismatch(f"cannot take {term.head} of {describe(kind)}")

    def extremum(self, term: Apply, bound: Bound) -> Type:
        widest: Type = INTEGER
        for part in term.args:
            kind = self.scalar(part, bound, f"the {term.head}")
            if kind == COMPLEX:
                _expected("a real number", kind, f"the {term.head}")
            widest = _join(widest, kind) or REAL
        return widest

    # indices and shapes

    def entry(self, term: Apply, bound: Bound) -> Type:
        array = self.visit(term.args[0], bound)
        if not isinstance(array, Array):
            _expected("a vector or a matrix", array, "an entry")
        indices = term.args[1:]
        if len(indices) != len(array.shape):
            found = "1 index" if len(indices) == 1 else f"{len(indices)} indices"
            raise TypeMismatch(
                f"an entry of {describe(array)} takes {len(array.shape)}, found {found}"
            )
        for index, size in zip(indices, array.shape, strict=True):
            self.integer(index, bound, "an index")
            if isinstance(index, Number) and (
                index.value < 1 or (isinstance(size, int) and index.value > size)
            ):
                raise TypeMismatch(f"index {index.value} lies outside 1, ..., {size}")
        return REAL

    def delta(self, term: Apply, bound: Bound) -> Type:
        for index in term.args:
            self.integer(index, bound, "a Kronecker delta")
        return INTEGER

    def range(self, term: Apply, bound: Bound) -> Type:
        for end in term.args:
            self.integer(end, bound, "a range")
        return Space(INTEGER)

    def vector(self, term: Apply, bound: Bound) -> Type:
        for part in term.args:
            self.scalar(part, bound, "an entry of a vector")
        return Array((len(term.args),))

    def matrix(self, term: Apply, bound: Bound) -> Type:
        widths: list[int] = []
        for row in term.args:
            if not (isinstance(row, Apply) and row.head == "vector"):
                _expected("a written vector", self.visit(row, bound), "a row of a matrix")
            self.vector(row, bound)
            widths.append(len(row.args))
        for width, other in pairwise(widths):
            if width != other:
                raise TypeMismatch(f"cannot put a row of {other} below a row of {width} entries")
        return Array((len(widths), widths[0]))

    def transpose(self, term: Apply, bound: Bound) -> Type:
        kind = self.visit(term.args[0], bound)
        match _canonical(kind):
            case Scalar() as scalar:
                return scalar
            case Array((rows,)):
                return Array((1, rows))
            case Array((rows, columns)):
                return _canonical(Array((columns, rows)))
        raise TypeMismatch(f"cannot transpose {describe(kind)}")

    def inverse(self, term: Apply, bound: Bound) -> Type:
        kind = self.square(term.args[0], bound, "an inverse")
        return REAL if kind == INTEGER else kind

    def square_to_scalar(self, term: Apply, bound: Bound) -> Type:
        kind = self.square(term.args[0], bound, f"a {term.head}")
        return kind if isinstance(kind, Scalar) else REAL

    def eigenvalues(self, term: Apply, bound: Bound) -> Type:
        self.square(term.args[0], bound, "a multiset of eigenvalues")
        return Collection("multiset", (COMPLEX,))

    def diagonal(self, term: Apply, bound: Bound) -> Type:
        kind = self.visit(term.args[0], bound)
        match _canonical(kind):
            case Scalar() as scalar:
                return scalar
            case Array((rows,)):
                return Array((rows, rows))
            case Array((rows, columns)) as square if rows == columns:
                return square
        _expected("a vector or a square matrix", kind, "a diagonal matrix")

    def norm(self, term: Apply, bound: Bound) -> Type:
        self.summand(self.visit(term.args[0], bound))
        return REAL

    def identity(self, term: Apply, bound: Bound) -> Type:
        size = self.dimension(term.args[0], bound, "an identity matrix")
        return Array((size, size))

    def constant_vector(self, term: Apply, bound: Bound) -> Type:
        return Array((self.dimension(term.args[0], bound, f"a vector of {term.head}"),))

    def hadamard(self, term: Apply, bound: Bound) -> Type:
        return self.alike(term, bound, "multiply {} entrywise by {}")

    def inner(self, term: Apply, bound: Bound) -> Type:
        kind = self.alike(term, bound, "take the inner product of {} with {}")
        return kind if isinstance(kind, Scalar) else REAL

    def alike(self, term: Apply, bound: Bound, action: str) -> Type:
        left, right = self.arguments(term, bound)
        joined = _join(left, right)
        if not isinstance(joined, Scalar | Array):
            raise TypeMismatch("cannot " + action.format(describe(left), describe(right)))
        return joined

    # functions and laws

    def call(self, term: Apply, bound: Bound) -> Type:
        function, *arguments = self.arguments(term, bound)
        label = _label(term.args[0])
        if not isinstance(function, Function):
            _expected("a function", function, f"the call of {label}")
        if len(arguments) != len(function.arguments):
            raise TypeMismatch(
                f"{label} is {describe(function)}, found {len(arguments)} in its call"
            )
        for place, (wanted, found) in enumerate(
            zip(function.arguments, arguments, strict=True), start=1
        ):
            _check_fits(wanted, found, f"argument {place} of {label}")
        return function.result

    def density(self, term: Apply, bound: Bound) -> Type:
        law = self.law(term.args[0], bound, "a density")
        point = self.visit(term.args[1], bound)
        _check_fits(law.element, point, f"the point of the density of {_label(term.args[0])}")
        return REAL

    def normal(self, term: Apply, bound: Bound) -> Type:
        mean, spread = (self.visit(arg, bound) for arg in term.args)
        match mean, spread:
            case Array((size,)), Array((rows, columns)):
                if size != 1 and rows == columns == size:
                    return Law(mean)
        kind = self.alike(term, bound, "pair the mean, {}, with the variance, {}")
        return Law(REAL if isinstance(kind, Scalar) else kind)

    def law_around(self, term: Apply, bound: Bound) -> Type:
        kind = self.visit(term.args[0], bound)
        if not isinstance(kind, Scalar | Array):
            _expected("a number, a vector or a matrix", kind, f"a {term.head} law")
        return Law(REAL if kind == INTEGER else kind)

    def mixture(self, term: Apply, bound: Bound) -> Type:
        if len(term.args) % 2:
            raise TypeMismatch("a mixture takes weights and laws in turn, found a weight alone")
        mixed: Type | None = None
        for weight, part in zip(term.args[::2], term.args[1::2], strict=True):
            self.scalar(weight, bound, "a weight of a mixture")
            law = self.law(part, bound, "a mixture")
            joined = law if mixed is None else _join(mixed, law)
            if joined is None:
                raise TypeMismatch(f"cannot mix {_of(mixed)} with {_of(law)}")
            mixed = joined
        return mixed or Law(REAL)

    def pushforward(self, term: Apply, bound: Bound) -> Type:
        function = self.visit(term.args[0], bound)
        law = self.law(term.args[1], bound, "a push-forward")
        if not isinstance(function, Function) or len(function.arguments) != 1:
            _expected("a function of one argument", function, "a push-forward")
        _check_fits(function.arguments[0], law.element, f"the argument of {_label(term.args[0])}")
        return Law(function.result)

    def divergence(self, term: Apply, bound: Bound) -> Type:
        left, right = (self.law(part, bound, f"a {term.head} divergence") for part in term.args)
        if _join(left, right) is None:
            raise TypeMismatch(f"cannot compare {_of(left)} with {_of(right)} by {term.head}")
        return REAL

    def entropy(self, term: Apply, bound: Bound) -> Type:
        self.law(term.args[0], bound, "an entropy")
        return REAL

    # calculus

    def derivative(self, term: Apply, bound: Bound) -> Type:
        body = self.scalar(term.args[0], bound, "a partial derivative")
        self.scalar(self.variable(term.args[1], term.head), bound, "the variable of a derivative")
        return COMPLEX if body == COMPLEX else REAL

    def gradient(self, term: Apply, bound: Bound) -> Type:
        self.scalar(term.args[0], bound, "a gradient")
        if isinstance(term.args[1], Apply) and term.args[1].head in ("tuple", "vector"):
            return Array((self.length(term.args[1], term.head, bound),))
        kind = self.visit(self.variable(term.args[1], term.head), bound)
        if not isinstance(kind, Scalar | Array):
            _expected("a vector", kind, "the variable of a gradient")
        return REAL if isinstance(kind, Scalar) else kind

    def hessian(self, term: Apply, bound: Bound) -> Type:
        self.scalar(term.args[0], bound, "a Hessian")
        size = self.length(term.args[1], term.head, bound)
        return Array((size, size))

    def jacobian(self, term: Apply, bound: Bound) -> Type:
        field = self.visit(term.args[0], bound)
        rows: Dimension
        match field:
            case Collection("tuple", elements) if all(isinstance(e, Scalar) for e in elements):
                rows = len(elements)
            case Array((size,)):
                rows = size
            case Scalar():
                rows = 1
            case _:
                _expected("a vector or a tuple of numbers", field, "a Jacobian")
        return Array((rows, self.length(term.args[1], term.head, bound)))

    def variable(self, term: Term, head: str) -> Term:
        match term:
            case Name() | Apply("entry", (Name(), *_)):
                return term
        raise TypeMismatch(f"a {head} is taken in a name or an entry of one, found {_label(term)}")

    def length(self, variables: Term, head: str, bound: Bound) -> Dimension:
        """How many coordinates there are to differentiate in."""
        if isinstance(variables, Apply) and variables.head in ("tuple", "vector"):
            for part in variables.args:
                self.scalar(self.variable(part, head), bound, f"the variables of a {head}")
            return len(variables.args)
        kind = self.visit(self.variable(variables, head), bound)
        match kind:
            case Array((size,)):
                return size
            case Scalar():
                return 1
        _expected("a vector", kind, f"the variables of a {head}")

    # collections and statements

    def ordered(self, term: Apply, bound: Bound) -> Type:
        return Collection("tuple", tuple(self.arguments(term, bound)))

    def set(self, term: Apply, bound: Bound) -> Type:
        return Collection("set", self.common(term, bound))

    def multiset(self, term: Apply, bound: Bound) -> Type:
        return Collection("multiset", self.common(term, bound))

    def common(self, term: Apply, bound: Bound) -> tuple[Type, ...]:
        if not term.args:
            return ()
        kind, *others = self.arguments(term, bound)
        for other in others:
            joined = _join(kind, other)
            if joined is None:
                raise TypeMismatch(
                    f"cannot put {describe(kind)} and {describe(other)} into one {term.head}"
                )
            kind = joined
        return (kind,)

    def interval(self, term: Apply, bound: Bound) -> Type:
        for end in term.args:
            self.scalar(end, bound, "an interval")
        return Space(REAL)

    def reals(self, term: Apply, bound: Bound) -> Type:
        size = self.dimension(term.args[0], bound, "a space")
        return Space(REAL if size == 1 else Array((size,)))

    def element(self, term: Apply, bound: Bound) -> Type:
        member, container = self.arguments(term, bound)
        point = _points(container)
        if point is None:
            _expected("a set or a space", container, "a membership")
        if _join(member, point) is None:
            raise TypeMismatch(
                f"{describe(member)} cannot lie among points, each {describe(point)}"
            )
        return TRUTH

    def constant_truth(self, term: Apply, bound: Bound) -> Type:
        return TRUTH

    def connective(self, term: Apply, bound: Bound) -> Type:
        for part in term.args:
            self.statement(part, bound, f"a condition ({term.head})")
        return TRUTH

    def equality(self, term: Apply, bound: Bound) -> Type:
        left, right = self.arguments(term, bound)
        if isinstance(left, Truth) or _join(left, right) is None:
            raise TypeMismatch(f"cannot equate {describe(left)} with {describe(right)}")
        return TRUTH

    def order(self, term: Apply, bound: Bound) -> Type:
        left, right = self.arguments(term, bound)
        joined = _join(left, right)
        if not isinstance(joined, Scalar) or joined == COMPLEX:
            raise TypeMismatch(f"cannot order {describe(left)} and {describe(right)}")
        return TRUTH

    # constants

    def real_constant(self, term: Apply, bound: Bound) -> Type:
        return REAL

    def imaginary(self, term: Apply, bound: Bound) -> Type:
        return COMPLEX

    # binders

    def binder(self, term: Bind, bound: Bound) -> Type:
        variable = self.bound_type(term, bound)
        body = self.visit(term.body, {**bound, term.variable: variable})
        return self.bound_result(term.head, variable, body)

    def bound_type(self, term: Bind, bound: Bound) -> Type:
        """The type of the variable that ``term`` binds."""
        match term.head:
            case "let":
                return self.visit(term.domain, bound)
            case "limit":
                self.scalar(term.domain, bound, "a limit")
                return REAL
            case "expectation" | "variance":
                law = self.law(term.domain, bound, f"the {term.head} over {term.variable}")
                return self.mask(term) or law.element
        domain = self.visit(term.domain, bound)
        place = f"the domain of {term.variable} in {_article(term.head)}"
        if term.head in ("sum", "product"):
            if domain != Space(INTEGER):
                _expected("a range of integers", domain, place)
            return INTEGER
        point = _points(domain)
        if point is None:
            _expected("a space", domain, place)
        if term.head == "integral" and domain == Space(INTEGER):
            _expected("a space", domain, place)
        return point

    def mask(self, term: Bind) -> Type | None:
        """The declared type of a variable with independent Bernoulli entries."""
        if not (isinstance(term.domain, Apply) and term.domain.head == "bernoulli"):
            return None
        symbol = self.notation.get(term.variable)
        return symbol.type if symbol and isinstance(symbol.type, Scalar | Array) else None

    def bound_result(self, head: str, variable: Type, body: Type) -> Type:
        what = _article(head)
        if head in ("let", "limit"):
            if head == "limit" and not isinstance(body, Scalar | Array):
                _expected("a number, a vector or a matrix", body, f"the body of {what}")
            return body
        if head == "forall":
            if not isinstance(body, Truth):
                _expected("a statement", body, f"the body of {what}")
            return TRUTH
        canonical = _canonical(body)
        if head in ("argmax", "argmin", "maximal", "minimal"):
            if not isinstance(canonical, Scalar) or canonical == COMPLEX:
                _expected("a real number", body, f"the body of {what}")
            return canonical if head in ("maximal", "minimal") else variable
        if not isinstance(canonical, Scalar) and (head == "product" or not isinstance(body, Array)):
            wanted = "a number" if head == "product" else "a number, a vector or a matrix"
            _expected(wanted, body, f"the body of {what}")
        if head in ("expectation", "variance", "integral") and body == INTEGER:
            return REAL
        return body


def _product(left: Type, right: Type) -> Type:
    """The type of the product of two factors."""
    first, second = _canonical(left), _canonical(right)
    match first, second:
        case Scalar(), Scalar():
            return _join(first, second) or REAL
        case Scalar(), Array():
            return right if second == right else second
        case Array(), Scalar():
            return first
        case Array(), Array():
            rows, chained = _rows_and_columns(first) or (1, 1)
            against, columns = _rows_and_columns(second) or (1, 1)
            if chained == against:
                return _canonical(Array((rows, columns)))
    raise TypeMismatch(f"cannot multiply {describe(left)} by {describe(right)}")


def _quotient(left: Scalar, right: Scalar) -> Type:
    return COMPLEX if COMPLEX in (left, right) else REAL


def _natural(term: Term) -> bool:
    return isinstance(term, Number) and term.value.denominator == 1 and term.value >= 0


def _integer_literal(term: Term) -> bool:
    match term:
        case Number(value):
            return value.denominator == 1
        case Apply("negative", (Number(value),)):
            return value.denominator == 1
    return False


def _points(kind: Type) -> Type | None:
    """The type of the points of a space or set."""
    match kind:
        case Space(element) | Collection("set" | "multiset", (element,)):
            return element
    return None


def _check_fits(wanted: Type, found: Type, place: str) -> None:
    """Raise unless a value of type ``found`` may stand where ``wanted`` is declared."""
    joined = _join(wanted, found)
    if joined is None or (isinstance(joined, Scalar) and joined != _canonical(wanted)):
        _expected(describe(wanted), found, place)


def _expected(wanted: str, found: Type, place: str) -> NoReturn:
    raise TypeMismatch(f"{place} takes {wanted}, found {describe(found)}")


def _of(kind: Type | None) -> str:
    return f"a law of {describe(kind.element)}" if isinstance(kind, Law) else "a law"


def _label(term: Term) -> str:
    match term:
        case Name(name):
            return name
        case Number(value):
            return str(value)
        case Apply(head) | Bind(head):
            return f"a term of head {head}"
    return "a term"


def _article(head: str) -> str:
    return f"an {head}" if head[0] in "aei" else f"a {head}"


_TABLE: Sequence[tuple[str, Rule]] = (
    ("pi infinity", _Pass.real_constant),
    ("imaginary", _Pass.imaginary),
    ("add", _Pass.add),
    ("negative", _Pass.negative),
    ("multiply", _Pass.multiply),
    ("divide", _Pass.divide),
    ("power", _Pass.power),
    (" ".join(ELEMENTARY), _Pass.elementary),
    ("maximum minimum", _Pass.extremum),
    ("entry", _Pass.entry),
    ("delta", _Pass.delta),
    ("range", _Pass.range),
    ("vector", _Pass.vector),
    ("matrix", _Pass.matrix),
    ("transpose", _Pass.transpose),
    ("inverse", _Pass.inverse),
    ("trace determinant", _Pass.square_to_scalar),
    ("eigenvalues", _Pass.eigenvalues),
    ("diagonal", _Pass.diagonal),
    ("norm", _Pass.norm),
    ("identity", _Pass.identity),
    ("ones zeros", _Pass.constant_vector),
    ("hadamard", _Pass.hadamard),
    ("inner", _Pass.inner),
    ("call", _Pass.call),
    ("density", _Pass.density),
    ("normal", _Pass.normal),
    ("bernoulli dirac", _Pass.law_around),
    ("mixture", _Pass.mixture),
    ("pushforward", _Pass.pushforward),
    ("kl jsd chi_square", _Pass.divergence),
    ("entropy", _Pass.entropy),
    ("derivative", _Pass.derivative),
    ("gradient", _Pass.gradient),
    ("hessian", _Pass.hessian),
    ("jacobian", _Pass.jacobian),
    ("tuple", _Pass.ordered),
    ("set", _Pass.set),
    ("multiset", _Pass.multiset),
    ("interval", _Pass.interval),
    ("reals", _Pass.reals),
    ("element", _Pass.element),
    ("true false", _Pass.constant_truth),
    ("both either negation implies", _Pass.connective),
    ("equal unequal", _Pass.equality),
    (" ".join(name for name in RELATIONS if name not in ("equal", "unequal")), _Pass.order),
)
_RULES: dict[str, Rule] = {head: rule for heads, rule in _TABLE for head in heads.split()}
