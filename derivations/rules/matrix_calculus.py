"""Rules of matrix calculus: norms by rows, gradients of squared norms, linear systems.

Each rule takes a term and returns the next one. Where its pattern does not occur, or a side
condition fails, it raises :class:`RuleError`; it never returns something that it did not rewrite.

Sources: Petersen and Pedersen, "The Matrix Cookbook" (2012), section 2.4 (derivatives of
quadratic forms) and 3.2 (identities of inverses); Boyd and Vandenberghe, "Convex Optimization"
(2004), section 9.1 (minimizing a quadratic).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace as changed
from fractions import Fraction

from language.notation import Notation
from language.terms import (
    Apply,
    Bind,
    Name,
    Number,
    Term,
    free_names,
    fresh,
    lift,
    replace,
    same,
    substitute,
    walk,
)
from language.typecheck import typecheck
from language.types import Array, Scalar, Type
from language.vocabulary import entry, gradient, identity, index_sum, inverse, norm, power

__all__ = [
    "Product",
    "RuleError",
    "cancel_common_factors",
    "cancel_inverses",
    "collect_unknown",
    "diagonal_is_symmetric",
    "divide_inverse",
    "gradient_of_squared_norm",
    "inner_product_as_norm",
    "linearity_of_gradient",
    "minimizer_of_quadratic",
    "norm_by_rows",
    "norms_from_rows",
    "products_of",
    "push_through",
    "recognise_definition",
    "rescale_unknown",
    "solve_linear_system",
    "sum_of_products",
    "use_definition",
    "use_identity",
]

TWO = lift(2)
_INDICES = ("i", "j", "k", "l")


class RuleError(ValueError):
    """A rule's pattern does not occur, or a side condition of it does not hold."""


# Products: scalars apart from arrays, so that coefficients can be collected ---------------------


@dataclass(frozen=True, slots=True)
class Product:
    """``number * scalars * arrays``; scalars commute and carry exponents, arrays keep their order.

    Attributes:
        number: the exact numerical coefficient.
        scalars: bases with nonzero integer exponents, in the order of their first occurrence.
        arrays: vectors and matrices, from left to right.
    """

    number: Fraction = Fraction(1)
    scalars: tuple[tuple[Term, int], ...] = ()
    arrays: tuple[Term, ...] = ()

    def __mul__(self, other: Product) -> Product:
        exponents = dict(self.scalars)
        for base, exponent in other.scalars:
            exponents[base] = exponents.get(base, 0) + exponent
        kept = tuple((base, exponent) for base, exponent in exponents.items() if exponent)
        return Product(self.number * other.number, kept, self.arrays + other.arrays)

    def __neg__(self) -> Product:
        return changed(self, number=-self.number)

    def same_as(self, other: Product) -> bool:
        """Whether the two agree up to the order of the scalars."""
        mine, theirs = dict(self.scalars), dict(other.scalars)
        return (self.number, mine, self.arrays) == (other.number, theirs, other.arrays)

    def reciprocal(self) -> Product:
        """One over this product, which holds scalars only."""
        if self.arrays:
            raise RuleError("expected a scalar to divide by, found an array")
        return Product(1 / self.number, tuple((base, -n) for base, n in self.scalars))

    def term(self) -> Term:
        """The product as a term: the sign in front, then the coefficient, then the arrays."""
        above = [lift(abs(self.number.numerator))] if abs(self.number.numerator) != 1 else []
        below = [lift(self.number.denominator)] if self.number.denominator != 1 else []
        above += [_power(base, n) for base, n in self.scalars if n > 0]
        below += [_power(base, -n) for base, n in self.scalars if n < 0]
        if below:
            above = [Apply("divide", (_product(above), _product(below)))]
        result = _product([*above, *self.arrays])
        return -result if self.number < 0 else result


def _power(base: Term, exponent: int) -> Term:
    return base if exponent == 1 else power(base, exponent)


def _product(factors: list[Term]) -> Term:
    if len(factors) > 1:
        return Apply("multiply", tuple(factors))
    return factors[0] if factors else lift(1)


def products_of(term: Term, notation: Notation) -> list[Product]:
    """``term`` as a sum of products: products of arrays are expanded, sums of scalars are kept."""
    scope = _Scope(notation)
    return scope.products(term)


def sum_of_products(products: Iterable[Product]) -> Term:
    """The sum of ``products`` as a term; zero if there are none."""
    terms = [product.term() for product in products]
    if len(terms) > 1:
        return Apply("add", tuple(terms))
    return terms[0] if terms else lift(0)


@dataclass(frozen=True, slots=True)
class _Scope:
    """A notation with the indices that are bound around the term in hand."""

    notation: Notation
    bound: Mapping[str, Type] | None = None

    def type(self, term: Term) -> Type:
        return typecheck(term, self.notation, self.bound)

    def shape(self, term: Term) -> tuple[Term, ...]:
        kind = self.type(term)
        return tuple(map(lift, kind.shape)) if isinstance(kind, Array) else ()

    def products(self, term: Term) -> list[Product]:
        scalar = isinstance(self.type(term), Scalar)
        match term:
            case Number(value):
                return [Product(value)]
            case Apply("negative", (body,)):
                return [-product for product in self.products(body)]
            case Apply("add", parts) if not scalar:
                return [product for part in parts for product in self.products(part)]
            case Apply("multiply", parts):
                expanded = [Product()]
                for part in parts:
                    factors = self.products(part)
                    expanded = [left * right for left in expanded for right in factors]
                return expanded
            case Apply("divide", (above, below)):
                divisor = self.single(below).reciprocal()
                return [product * divisor for product in self.products(above)]
            case Apply("power", (base, Number(exponent))) if scalar and exponent.denominator == 1:
                return [_to_the(self.single(base), int(exponent))]
        return [Product(scalars=((term, 1),)) if scalar else Product(arrays=(term,))]

    def single(self, term: Term) -> Product:
        match self.products(term):
            case [product]:
                return product
        raise RuleError("expected one product, found a sum")


def _to_the(base: Product, exponent: int) -> Product:
    if base.arrays:
        return Product(scalars=((base.term(), exponent),))
    return Product(
        base.number**exponent, tuple((factor, n * exponent) for factor, n in base.scalars)
    )


def _rewrite(term: Term, rule: Callable[[Term], Term | None], wanted: str) -> Term:
    """``rule`` applied wherever it matches; an error if it matches nowhere."""
    found = replace(term, rule)
    if found == term:
        raise RuleError(f"expected {wanted}, found none in the term")
    return found


def _squared_norm(term: Term) -> Term | None:
    """The vector whose squared norm ``term`` is, if it is one."""
    match term:
        case Apply("power", (Apply("norm", (body,)), exponent)) if exponent == TWO:
            return body
    return None


# Norms and rows -------------------------------------------------------------------------------


def norm_by_rows(term: Term, notation: Notation) -> Term:
    """Write each squared norm of a vector as the sum of its squared entries.

    ``||v||^2 = sum_i v_i^2``, the entries of products written out as sums:
    ``(A w)_i = sum_j A_ij w_j``.
    """

    def rule(part: Term) -> Term | None:
        body = _squared_norm(part)
        if body is None:
            return None
        index = _fresh_index(body)
        size = _Scope(notation).shape(body)[0]
        return index_sum(index, size, power(_entry(body, (Name(index),), notation), 2))

    return _rewrite(term, rule, "the squared norm of a vector")


def _fresh_index(*terms: Term) -> str:
    taken = frozenset().union(*(frozenset(_all_names(term)) for term in terms))
    return next((index for index in _INDICES if index not in taken), fresh("i", taken))


def _all_names(term: Term) -> set[str]:
    found = set()
    for part in walk(term):
        match part:
            case Name(name) | Bind(_, name):
                found.add(name)
    return found


def _entry(term: Term, indices: tuple[Term, ...], notation: Notation) -> Term:
    """The entry of an array-valued term at ``indices``, in entries of names."""
    match term:
        case Name():
            return entry(term, *indices)
        case Apply("add", parts):
            return Apply("add", tuple(_entry(part, indices, notation) for part in parts))
        case Apply("negative", (body,)):
            return -_entry(body, indices, notation)
        case Apply("hadamard", parts):
            return _flat([_entry(part, indices, notation) for part in parts])
        case Apply("multiply"):
            return _entry_of_product(products_of(term, notation), indices, notation)
    raise RuleError("expected sums and products of named arrays; write the array that way first")


def _flat(factors: list[Term]) -> Term:
    """A product without products directly inside it."""
    inner: list[Term] = []
    for factor in factors:
        match factor:
            case Apply("multiply", parts):
                inner.extend(parts)
            case _:
                inner.append(factor)
    return _product(inner)


def _entry_of_product(
    products: list[Product], indices: tuple[Term, ...], notation: Notation
) -> Term:
    return sum_of_products(
        changed(product, arrays=(_entry_of_chain(product.arrays, indices, notation),))
        for product in products
    )


def _entry_of_chain(
    arrays: tuple[Term, ...], indices: tuple[Term, ...], notation: Notation
) -> Term:
    first, *rest = arrays
    if not rest:
        return _entry(first, indices, notation)
    index = _fresh_index(*arrays, *indices)
    left = _entry(first, (indices[0], Name(index)), notation)
    right = _entry_of_chain(tuple(rest), (Name(index), *indices[1:]), notation)
    size = _Scope(notation).shape(first)[1]
    return index_sum(index, size, _flat([left, right]))


def norms_from_rows(term: Term, notation: Notation) -> Term:
    """Read sums of squared entries as squared norms: the converse of :func:`norm_by_rows`.

    ``sum_i (y_i - c sum_j A_ij w_j)^2 = ||y - c A w||^2``; a product of squares is the square of
    the product, and ``D_jj w_j`` is an entry of ``D w`` for a diagonal matrix ``D``.
    """

    def rule(part: Term) -> Term | None:
        match part:
            case Bind("sum", index, Apply("range", (first, size)), body) if first == lift(1):
                root = _root_of_square(body)
                if root is None:
                    return None
                vector = _vector_with_entry(root, index, notation)
                if _Scope(notation).shape(vector) != (size,):
                    return None
                return power(norm(vector), 2)
        return None

    return _rewrite(term, rule, "a sum of squared entries")


def _root_of_square(term: Term) -> Term | None:
    match term:
        case Apply("power", (base, exponent)) if exponent == TWO:
            return base
        case Apply("multiply", parts):
            roots = [_root_of_square(part) for part in parts]
            found = [root for root in roots if root is not None]
            return _product(found) if len(found) == len(parts) else None
    return None


def _vector_with_entry(term: Term, index: str, notation: Notation) -> Term:
    """The vector whose entry at ``index`` is ``term``."""
    match term:
        case Apply("entry", (array, position)) if position == Name(index):
            return array
        case Apply("add", parts):
            vectors = tuple(_vector_with_entry(part, index, notation) for part in parts)
            return Apply("add", vectors)
        case Apply("negative", (body,)):
            return -_vector_with_entry(body, index, notation)
        case Apply("multiply", parts):
            scalars = [part for part in parts if index not in free_names(part)]
            within = [part for part in parts if index in free_names(part)]
            return _flat([*scalars, _vector_with_product(within, index, notation)])
        case Bind("sum"):
            return _vector_with_product([term], index, notation)
    raise RuleError("expected an entry of a vector, or a sum of such")


def _vector_with_product(factors: list[Term], index: str, notation: Notation) -> Term:
    if len(factors) == 1:
        match factors[0]:
            case Bind("sum", inner, _, body):
                return _matrix_times_vector(body, index, inner, notation)
        return _vector_with_entry(factors[0], index, notation)
    for factor in factors:
        match factor:
            case Apply("entry", (Name(name), row, column)) if row == column == Name(index):
                if "diagonal" in notation[name].traits:
                    rest = [other for other in factors if other is not factor]
                    return _flat([Name(name), _vector_with_product(rest, index, notation)])
    raise RuleError("expected an entry of a diagonal matrix times an entry of a vector")


def _matrix_times_vector(body: Term, row: str, column: str, notation: Notation) -> Term:
    parts = body.args if isinstance(body, Apply) and body.head == "multiply" else (body,)
    for part in parts:
        match part:
            case Apply("entry", (matrix, i, j)) if (i, j) == (Name(row), Name(column)):
                rest = [other for other in parts if other is not part]
                if any(row in free_names(other) for other in rest):
                    break
                return _flat([matrix, _vector_with_entry(_product(rest), column, notation)])
    raise RuleError("expected a matrix entry times a vector entry under the sum")


def inner_product_as_norm(term: Term) -> Term:
    """Write ``v^T v`` as ``||v||^2``."""

    def rule(part: Term) -> Term | None:
        match part:
            case Apply("multiply", (Apply("transpose", (left,)), right)) if left == right:
                return power(norm(left), 2)
        return None

    return _rewrite(term, rule, "an inner product of a vector with itself")


# Definitions ----------------------------------------------------------------------------------


def recognise_definition(term: Term, name: str, notation: Notation) -> Term:
    """Use a name for what it is defined as.

    A scalar's definition, cancelled or not, is replaced by the scalar. For a diagonal matrix ``D``
    defined by its entries ``D_ii = sqrt(s_i)`` the replaced term is ``s_i``, by ``D_ii^2``.
    """
    symbol = notation[name]
    if symbol.definition is None:
        raise RuleError(f"expected {name!r} to have a definition")
    if not symbol.parameters:
        scope = _Scope(notation)
        definition = scope.single(symbol.definition)

        def written_out(part: Term) -> Term | None:
            declared = all(name in notation for name in free_names(part))
            if isinstance(part, Name | Number) or not declared:
                return None
            if not isinstance(scope.type(part), Scalar):
                return None
            match scope.products(part):
                case [product] if product.same_as(definition):
                    return Name(name)
            return None

        return _rewrite(term, written_out, f"{name!r} written out")
    radicand = _diagonal_radicand(symbol.definition, symbol.parameters)

    def rule(part: Term) -> Term | None:
        if not isinstance(part, Bind):
            return None
        for index in sorted(free_names(part)):
            if same(part, substitute(radicand, {symbol.parameters[0]: Name(index)})):
                return power(entry(name, index, index), 2)
        return None

    return _rewrite(term, rule, f"a squared diagonal entry of {name!r} written out")


def use_definition(term: Term, name: str, notation: Notation) -> Term:
    """Write out what a name without parameters is defined as."""
    definition = notation[name].definition
    if definition is None or notation[name].parameters:
        raise RuleError(f"expected {name!r} to have a definition without parameters")
    return _rewrite(term, lambda part: definition if part == Name(name) else None, f"{name!r}")


def _diagonal_radicand(definition: Term, parameters: tuple[str, ...]) -> Term:
    row, column = parameters
    on_diagonal = substitute(definition, {column: Name(row)})
    match on_diagonal:
        case Apply("multiply", (Apply("delta", (i, j)), Apply("sqrt", (radicand,)))) if i == j:
            return radicand
    raise RuleError("expected a diagonal matrix defined by the square roots of its entries")


# Gradients ------------------------------------------------------------------------------------


def linearity_of_gradient(term: Term, notation: Notation) -> Term:
    """The gradient of a sum is the sum of the gradients; constant factors stand in front."""

    def rule(part: Term) -> Term | None:
        match part:
            case Apply("gradient", (Apply("add", summands), Name(variable))):
                return Apply("add", tuple(constant_out(one, variable) for one in summands))
        return None

    def constant_out(summand: Term, variable: str) -> Term:
        match summand:
            case Apply("multiply", parts):
                constants = [part for part in parts if variable not in free_names(part)]
                rest = [part for part in parts if variable in free_names(part)]
                return _flat([*constants, gradient(_product(rest), variable)])
        return gradient(summand, variable)

    return _rewrite(term, rule, "the gradient of a sum")


def gradient_of_squared_norm(term: Term, notation: Notation) -> Term:
    """``grad_w ||v||^2 = 2 J^T v`` for ``v = b + J w`` with ``b`` and ``J`` free of ``w``."""

    def rule(part: Term) -> Term | None:
        match part:
            case Apply("gradient", (square, Name(variable))):
                vector = _squared_norm(square)
                if vector is None:
                    return None
                return _two_jacobian_vector(vector, variable, notation)
        return None

    return _collect_coefficients(_rewrite(term, rule, "the gradient of a squared norm"), notation)


def _two_jacobian_vector(vector: Term, variable: str, notation: Notation) -> Term:
    parts = products_of(vector, notation)
    whole = parts[0] if len(parts) == 1 else Product(arrays=(vector,))
    return sum_of_products(
        Product(Fraction(2) * part.number, part.scalars, _transposed(part.arrays[:-1])) * whole
        for part in parts
        if _is_linear(part, variable)
    )


def _is_linear(product: Product, variable: str) -> bool:
    """Whether a product is a matrix free of ``variable`` times it; False where it is constant."""
    occurrences = [part for part in product.arrays if variable in free_names(part)]
    occurrences += [part for part, _ in product.scalars if variable in free_names(part)]
    if not occurrences:
        return False
    if occurrences != [Name(variable)] or product.arrays[-1] != Name(variable):
        raise RuleError(f"expected a term that is affine in {variable}, with {variable} at its end")
    return True


def _transposed(arrays: tuple[Term, ...]) -> tuple[Term, ...]:
    return tuple(_transpose(array) for array in reversed(arrays))


def _transpose(array: Term) -> Term:
    match array:
        case Apply("transpose", (body,)):
            return body
    return array.T


def _collect_coefficients(term: Term, notation: Notation) -> Term:
    """Each summand with its numbers and scalars in front; sums inside products are kept."""
    summands = term.args if isinstance(term, Apply) and term.head == "add" else (term,)
    return sum_of_products(_without_expanding(summand, notation) for summand in summands)


def _without_expanding(term: Term, notation: Notation) -> Product:
    match term:
        case Apply("negative", (body,)):
            return -_without_expanding(body, notation)
        case Apply("multiply", parts):
            result = Product()
            for part in parts:
                result = result * _without_expanding(part, notation)
            return result
        case Apply("add") if not isinstance(_Scope(notation).type(term), Scalar):
            return Product(arrays=(term,))
    return _Scope(notation).single(term)


def diagonal_is_symmetric(term: Term, notation: Notation) -> Term:
    """A diagonal or symmetric matrix is its own transpose: ``D^T D = D^2``."""

    def symmetric(part: Term) -> Term | None:
        match part:
            case Apply("transpose", (Name(name),)) if notation[name].traits & _SYMMETRIC:
                return Name(name)
            case Apply("multiply", parts):
                return _product(_powers(parts, notation))
        return None

    return _rewrite(term, symmetric, "the transpose of a symmetric matrix")


_SYMMETRIC = frozenset(("diagonal", "symmetric"))


def _powers(factors: tuple[Term, ...], notation: Notation) -> list[Term]:
    """Neighbouring equal matrices as one power."""
    found: list[Term] = []
    for factor in factors:
        if found and found[-1] == factor and len(_Scope(notation).shape(factor)) == 2:
            found[-1] = power(factor, 2)
        else:
            found.append(factor)
    return found


# Linear systems -------------------------------------------------------------------------------


def minimizer_of_quadratic(term: Term, notation: Notation) -> Term:
    """The minimizer of a sum of squared norms of affine functions: where its gradient vanishes.

    The gradient is ``2 (H w - b)``, so the minimizer is ``H^{-1} b``. Side condition: the Hessian
    ``2 H`` is positive definite; being a sum of squares it is never indefinite, so this says that
    ``H`` is invertible. Source: Boyd and Vandenberghe (2004), section 9.1.1.
    """

    def rule(part: Term) -> Term | None:
        match part:
            case Bind("argmin", variable, Apply("reals"), loss):
                slope = gradient_of_squared_norm(
                    linearity_of_gradient(gradient(loss, variable), notation), notation
                )
                matrix, right = _linear_system(slope, variable, notation)
                return Apply("multiply", (inverse(matrix), right))
        return None

    return _rewrite(term, rule, "a minimizer over a space")


def _linear_system(slope: Term, variable: str, notation: Notation) -> tuple[Term, Term]:
    """``(H, b)`` with ``slope = c (H w - b)`` for a number ``c``, which is divided out."""
    products = products_of(slope, notation)
    linear = [part for part in products if _is_linear(part, variable)]
    constant = [-part for part in products if not _is_linear(part, variable)]
    if not linear:
        raise RuleError(f"expected a slope that depends on {variable}")
    common = min(abs(part.number) for part in products)
    size = _Scope(notation).shape(Name(variable))[0]
    coefficients = [
        changed(part, number=part.number / common, arrays=_matrix(part, size, notation))
        for part in linear
    ]
    right = [changed(part, number=part.number / common) for part in constant]
    vector = sum_of_products(right) if right else Apply("zeros", (size,))
    return sum_of_products(coefficients), vector


def _matrix(product: Product, size: Term, notation: Notation) -> tuple[Term, ...]:
    """The matrix in front of the unknown; the identity where there is none."""
    arrays = product.arrays[:-1]
    if not arrays:
        return (identity(size),)
    plain = tuple(_plain_transpose(array, notation) for array in arrays)
    return tuple(_powers(plain, notation))


def _plain_transpose(array: Term, notation: Notation) -> Term:
    match array:
        case Apply("transpose", (Name(name),)) if notation[name].traits & _SYMMETRIC:
            return Name(name)
    return array


def collect_unknown(statement: Term, variable: str, notation: Notation) -> Term:
    """A vanishing gradient, ``c (H w - b) = 0`` with a number ``c``, as the system ``H w = b``."""
    match statement:
        case Apply("equal", (slope, Apply("zeros"))):
            matrix, right = _linear_system(slope, variable, notation)
            return Apply("equal", (Apply("multiply", (matrix, Name(variable))), right))
    raise RuleError("expected an equation with zero on its right")


def rescale_unknown(statement: Term, factor: Term, notation: Notation) -> Term:
    """Write ``H w = b`` as ``(H / c^2) (c w) = b / c``. Side condition: ``c`` is not zero."""
    scale = _Scope(notation).single(factor)
    match statement:
        case Apply("equal", (Apply("multiply", (matrix, unknown)), right)):
            reduced = _divided(matrix, scale * scale, notation)
            rescaled = Apply("multiply", (factor, unknown))
            left = Apply("multiply", (reduced, rescaled))
            return Apply("equal", (left, _divided(right, scale, notation)))
    raise RuleError("expected a matrix times an unknown on the left of an equation")


def _divided(term: Term, divisor: Product, notation: Notation) -> Term:
    below = divisor.reciprocal()
    return sum_of_products(product * below for product in products_of(term, notation))


def solve_linear_system(statement: Term) -> Term:
    """``M u = b`` as ``u = M^{-1} b``. Side condition: ``M`` is invertible."""
    match statement:
        case Apply("equal", (Apply("multiply", (matrix, unknown)), right)):
            return Apply("equal", (unknown, _flat([inverse(matrix), right])))
    raise RuleError("expected a matrix times an unknown on the left of an equation")


def divide_inverse(term: Term, divisor: Term, notation: Notation) -> Term:
    """``H^{-1} = c^{-1} (H / c)^{-1}``, scalars collected. Side condition: ``c`` is not zero."""
    scale = _Scope(notation).single(divisor)

    def factor(product: Product) -> Product:
        arrays = tuple(
            inverse(_divided(array.args[0], scale, notation))
            if isinstance(array, Apply) and array.head == "inverse"
            else array
            for array in product.arrays
        )
        count = sum(1 for old, new in zip(product.arrays, arrays, strict=True) if old != new)
        for _ in range(count):
            product = product * scale.reciprocal()
        return changed(product, arrays=arrays)

    return sum_of_products(factor(product) for product in products_of(term, notation))


def cancel_common_factors(term: Term, notation: Notation) -> Term:
    """Cancel what stands above and below one fraction bar. Side condition: it is not zero."""
    return sum_of_products(products_of(term, notation))


def use_identity(term: Term, left: Term, right: Term) -> Term:
    """Replace a product by what an identity shown before says that it equals.

    ``left`` may be part of a longer product. Side condition: the identity was shown.
    """
    flat = _flattened(left)
    wanted = flat.args if isinstance(flat, Apply) and flat.head == "multiply" else (flat,)

    def rule(part: Term) -> Term | None:
        if not (isinstance(part, Apply) and part.head == "multiply"):
            return None
        factors = part.args
        for start in range(len(factors) - len(wanted) + 1):
            end = start + len(wanted)
            if factors[start:end] == wanted:
                return _flat([*factors[:start], right, *factors[end:]])
        return None

    return _rewrite(_flattened(term), rule, "the left side of the identity")


def _flattened(term: Term) -> Term:
    def rule(part: Term) -> Term | None:
        if isinstance(part, Apply) and part.head == "multiply":
            return _flat(list(part.args))
        return None

    return replace(term, rule)


def cancel_inverses(term: Term) -> Term:
    """``M M^{-1}`` and ``M^{-1} M`` drop out of products."""

    def rule(part: Term) -> Term | None:
        if not (isinstance(part, Apply) and part.head == "multiply"):
            return None
        kept: list[Term] = []
        for factor in part.args:
            if kept and (kept[-1] == inverse(factor) or inverse(kept[-1]) == factor):
                kept.pop()
            else:
                kept.append(factor)
        return _product(kept) if kept else None

    return _rewrite(_flattened(term), rule, "a matrix next to its inverse")


def push_through(term: Term, notation: Notation) -> Term:
    """``(A^T A + c G)^{-1} A^T = G^{-1} A^T (A G^{-1} A^T + c I)^{-1}``.

    Side conditions: ``G`` is invertible, and so is one of the two matrices that are inverted
    (then both are). Where ``G`` is the identity, or a power of a named matrix, its inverse is
    written accordingly. Source: Matrix Cookbook, section 3.2.3 (Searle's identities).
    """

    def rule(part: Term) -> Term | None:
        match part:
            case Apply("multiply", (Apply("inverse", (body,)), Apply("transpose", (a,)), *rest)):
                return _pushed(body, a, rest, notation)
        return None

    return _rewrite(term, rule, "the inverse of A^T A + c G in front of A^T")


def _pushed(body: Term, a: Term, rest: list[Term], notation: Notation) -> Term | None:
    match products_of(body, notation):
        case [Product(number, (), (Apply("transpose", (left,)), right)), second]:
            if number != 1 or left != a or right != a or len(second.arrays) != 1:
                return None
            below = _inverse_of(second.arrays[0])
            rows = _Scope(notation).shape(a)[0]
            gram = Product(arrays=(a, *below, a.T))
            ridge = changed(second, arrays=(identity(rows),))
            outer = inverse(sum_of_products((gram, ridge)))
            return _product([*below, a.T, outer, *rest])
    return None


def _inverse_of(matrix: Term) -> tuple[Term, ...]:
    match matrix:
        case Apply("identity"):
            return ()
        case Apply("power", (base, Number(exponent))):
            return (Apply("power", (base, Number(-exponent))),)
    return (inverse(matrix),)
