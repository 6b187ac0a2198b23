"""Vectors and matrices of numbers: ``acb_mat`` or ``fmpq_mat`` where they do, lists elsewhere.

Vectors are columns. An array of one entry is that entry: a number. So a product that is 1 x 1 is a
number, and a vector of length 1 or a 1 x 1 matrix may stand where a number may.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flint import acb, acb_mat, fmpq, fmpq_mat

from numerics.rings import TooLarge, Undefined, Unsupported, quotient

__all__ = [
    "Entries",
    "add",
    "determinant",
    "diagonal",
    "each",
    "entries",
    "hadamard",
    "inverse",
    "is_array",
    "multiply",
    "negative",
    "pack",
    "shape",
    "transpose",
]

#: The largest side of a matrix of polynomials or duals whose determinant is expanded.
EXPANDED = 6


class Entries:
    """An array of numbers of any kind, row by row."""

    __slots__ = ("columns", "items", "rows")

    def __init__(self, rows: int, columns: int, items: list[Any]) -> None:
        self.rows = rows
        self.columns = columns
        self.items = items


_ARRAYS = frozenset((acb_mat, fmpq_mat, Entries))
_BALLS = ({acb}, {acb, fmpq})


def is_array(x: Any) -> bool:
    """Whether ``x`` has more than one entry."""
    return type(x) in _ARRAYS


def shape(x: Any) -> tuple[int, int]:
    """Rows and columns; a number has one of each."""
    if type(x) is Entries:
        return x.rows, x.columns
    return (x.nrows(), x.ncols()) if is_array(x) else (1, 1)


def entries(x: Any) -> list[Any]:
    """The entries, row by row."""
    if type(x) is Entries:
        return x.items
    return list(x.entries()) if is_array(x) else [x]


def pack(rows: int, columns: int, items: list[Any]) -> Any:
    """The array of these entries; the entry itself where there is one."""
    if len(items) == 1:
        return items[0]
    kinds = set(map(type, items))
    if kinds in _BALLS:
        return acb_mat(rows, columns, items)
    if kinds == {fmpq}:
        return fmpq_mat(rows, columns, items)
    return Entries(rows, columns, items)


def each(function: Callable[[Any], Any], x: Any) -> Any:
    """``function`` of every entry."""
    if not is_array(x):
        return function(x)
    return pack(*shape(x), [function(item) for item in entries(x)])


def _pairwise(function: Callable[[Any, Any], Any], x: Any, y: Any) -> Any:
    if shape(x) != shape(y):
        raise Unsupported(f"shapes {_words(x)} and {_words(y)} do not fit")
    pairs = zip(entries(x), entries(y), strict=True)
    return pack(*shape(x), [function(a, b) for a, b in pairs])


def _words(x: Any) -> str:
    return " x ".join(map(str, shape(x)))


def add(x: Any, y: Any) -> Any:
    """The sum of two numbers or of two arrays of one shape."""
    if not (is_array(x) or is_array(y)):
        return x + y
    return _pairwise(lambda a, b: a + b, x, y)


def negative(x: Any) -> Any:
    """Minus ``x``."""
    return each(lambda a: -a, x) if type(x) is Entries else -x


def hadamard(x: Any, y: Any) -> Any:
    """The entrywise product."""
    return _pairwise(lambda a, b: a * b, x, y)


def multiply(x: Any, y: Any) -> Any:
    """The product of numbers, of a number and an array, or of matrices."""
    if not is_array(x):
        return each(lambda a: x * a, y)
    if not is_array(y):
        return each(lambda a: a * y, x)
    (rows, middle), (against, columns) = shape(x), shape(y)
    if middle != against:
        raise Unsupported(f"shapes {_words(x)} and {_words(y)} do not chain")
    if type(x) is not Entries and type(y) is not Entries:
        product = x * y
        return product[0, 0] if rows == columns == 1 else product
    left, right = entries(x), entries(y)
    items = []
    for i in range(rows):
        for j in range(columns):
            total = left[i * middle] * right[j]
            for k in range(1, middle):
                total = total + left[i * middle + k] * right[k * columns + j]
            items.append(total)
    return pack(rows, columns, items)


def transpose(x: Any) -> Any:
    """The transpose."""
    if not is_array(x):
        return x
    if type(x) is not Entries:
        return x.transpose()
    rows, columns = shape(x)
    return Entries(
        columns, rows, [x.items[i * columns + j] for j in range(columns) for i in range(rows)]
    )


def diagonal(x: Any) -> Any:
    """diag(x) of a vector; of a square matrix, the diagonal matrix with its diagonal."""
    rows, columns = shape(x)
    if columns == 1:
        kept = entries(x)
    elif rows == columns:
        kept = entries(x)[:: rows + 1]
    else:
        raise Unsupported(f"a diagonal of a {_words(x)} matrix")
    nought = fmpq(0)
    return pack(
        rows, rows, [kept[i] if i == j else nought for i in range(rows) for j in range(rows)]
    )


def determinant(x: Any) -> Any:
    """The determinant of a square matrix."""
    size = _side(x)
    if type(x) is not Entries:
        return x.det() if is_array(x) else x
    return _expand(x.items, size, list(range(size)), 0)


def _side(x: Any) -> int:
    rows, columns = shape(x)
    if rows != columns:
        raise Unsupported(f"a determinant or inverse of a {_words(x)} matrix")
    if rows > EXPANDED and type(x) is Entries:
        raise TooLarge(f"a determinant of {rows} x {rows} symbolic entries")
    return rows


def _expand(items: list[Any], size: int, columns: list[int], row: int) -> Any:
    """The minor of the rows from ``row`` on and of ``columns``, by its first row."""
    if not columns:
        return fmpq(1)
    total: Any = fmpq(0)
    for place, column in enumerate(columns):
        rest = columns[:place] + columns[place + 1 :]
        part = items[row * size + column] * _expand(items, size, rest, row + 1)
        total = total - part if place % 2 else total + part
    return total


def inverse(x: Any) -> Any:
    """The inverse of a square matrix.

    Raises:
        ZeroDivisionError: where flint does not see that the matrix is invertible.
        Undefined: where the determinant is exactly zero.
    """
    size = _side(x)
    if size == 1:
        return quotient(fmpq(1), x)
    if type(x) is not Entries:
        return x.inv()
    whole = determinant(x)
    if whole == 0:
        raise Undefined("inverse of a singular matrix")
    cofactors = []
    for i in range(size):
        for j in range(size):
            # Entry (i, j) of the adjugate leaves out row j and column i.
            minor = [
                x.items[a * size + b] for a in range(size) for b in range(size) if a != j and b != i
            ]
            part = _expand(minor, size - 1, list(range(size - 1)), 0)
            cofactors.append(quotient(-part if (i + j) % 2 else part, whole))
    return pack(size, size, cofactors)
