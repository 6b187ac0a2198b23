"""The elementary functions of every kind of number that balls compute with.

On ``acb`` they are flint's; a dual takes the derivative along; of a random variable, only the
exponential of a polynomial and the logarithm of what that gives have values. On exact rationals
they have values only where these are seen to be rational.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isqrt
from typing import Any

from flint import acb, arb, fmpq

from numerics.rings import (
    Dual,
    Gaussian,
    Inexact,
    Polynomial,
    Undefined,
    Unsupported,
    constant,
    exponential,
    logarithm,
    quotient,
)

__all__ = ["ON_BALLS", "elementary", "rational"]


def _logistic(x: acb) -> acb:
    return 1 / (1 + (-x).exp())


def _softplus(x: acb) -> acb:
    return x.exp().log1p()


def _absolute(x: acb) -> acb:
    return acb(abs(x))


def _relu(x: acb) -> acb:
    return x.real_max(acb(0))


ON_BALLS: dict[str, Callable[[acb], acb]] = {
    "log": acb.log,
    "exp": acb.exp,
    "sqrt": acb.sqrt,
    "logistic": _logistic,
    "softplus": _softplus,
    "tanh": acb.tanh,
    "sinh": acb.sinh,
    "cosh": acb.cosh,
    "relu": _relu,
    "absolute": _absolute,
    "real_part": lambda x: acb(x.real),
}


def _step(x: Any) -> Any:
    """The slope of relu, away from its kink."""
    return (1 + _sign(x)) / 2


def _sign(x: Any) -> Any:
    while isinstance(x, Dual):
        x = x.value
    if isinstance(x, acb) and x.imag == 0:
        x = x.real
    if isinstance(x, fmpq | arb) and x != 0 and (x > 0 or x < 0):
        return fmpq(1) if x > 0 else fmpq(-1)
    raise Unsupported("a derivative at a kink")


def _logistic_slope(x: Any) -> Any:
    value = elementary("logistic", x)
    return value * (1 - value)


#: Derivatives of the elementary functions, for duals.
_SLOPES: dict[str, Callable[[Any], Any]] = {
    "log": lambda x: quotient(fmpq(1), x),
    "exp": lambda x: elementary("exp", x),
    "sqrt": lambda x: quotient(fmpq(1, 2), elementary("sqrt", x)),
    "logistic": _logistic_slope,
    "softplus": lambda x: elementary("logistic", x),
    "tanh": lambda x: 1 - elementary("tanh", x) ** 2,
    "sinh": lambda x: elementary("cosh", x),
    "cosh": lambda x: elementary("sinh", x),
    "relu": _step,
    "absolute": _sign,
}


def elementary(head: str, x: Any) -> Any:
    """An elementary function of one number of any kind."""
    if isinstance(x, Dual):
        if head not in _SLOPES:
            raise Unsupported(f"a derivative of {head}")
        value = elementary(head, x.value)
        # exp' and log' reuse the value, so that exponents cancel exactly.
        if head == "exp":
            return Dual(x.level, value, x.slope * value)
        if head == "log":
            return Dual(x.level, value, quotient(x.slope, x.value))
        return Dual(x.level, value, x.slope * _SLOPES[head](x.value))
    if isinstance(x, Polynomial | Gaussian):
        if isinstance(x, Polynomial) and not any(x.terms):
            return elementary(head, constant(x))
        if head == "exp":
            return exponential(x)
        if head == "log":
            return logarithm(x)
        if head == "sqrt" and isinstance(x, Gaussian):
            coefficient, exponent = x.single()
            return Gaussian([(elementary("sqrt", constant(coefficient)), exponent * fmpq(1, 2))])
        raise Unsupported(f"{head} of a random variable")
    if isinstance(x, fmpq):
        x = acb(x)
    if head == "log" and x == 0:
        raise Undefined("logarithm of zero")
    return ON_BALLS[head](x)


_TRIVIAL = {
    ("log", 1): fmpq(0),
    ("exp", 0): fmpq(1),
    ("logistic", 0): fmpq(1, 2),
    ("tanh", 0): fmpq(0),
    ("sinh", 0): fmpq(0),
    ("cosh", 0): fmpq(1),
}


def rational(head: str, x: Any) -> fmpq:
    """A function at a rational point; ``Inexact`` unless its value is seen to be rational."""
    if not isinstance(x, fmpq):
        raise Inexact
    if head == "log" and x == 0:
        raise Undefined("logarithm of zero")
    match head:
        case "absolute":
            return abs(x)
        case "relu":
            return max(x, fmpq(0))
        case "real_part":
            return x
        case "sqrt" if x >= 0:
            root = fmpq(isqrt(int(x.p)), isqrt(int(x.q)))
            if root * root == x:
                return root
            raise Inexact
    trivial = _TRIVIAL.get((head, int(x.p))) if x.q == 1 else None
    if trivial is None:
        raise Inexact
    return trivial
