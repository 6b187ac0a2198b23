"""Terms as plain ASCII text, for terminals, logs and alternative text.

Products are written side by side (``p X w``), entries with a subscript (``w_i``), and whatever
could be read in two ways gets parentheses.

>>> from language.vocabulary import add, index_sum, inverse, names, norm, power
>>> X, y, w, lam = names("X y w lambda")
>>> to_text(power(norm(y - X * w), 2) + lam * index_sum("i", "n", power(w["i"], 2)))
'||y - X w||^2 + lambda sum_{i=1}^{n} w_i^2'
>>> to_text(inverse(X.T * X))
'(X^T X)^-1'
"""

from __future__ import annotations

from collections.abc import Iterable

from language.notation import Notation
from language.precedence import Level, Printed, Printer, chain, factors
from language.terms import Apply, Bind, Name, Number, Term

__all__ = ["to_text"]

_CONSTANTS = {
    "pi": "pi",
    "imaginary": "i",
    "infinity": "infinity",
    "true": "true",
    "false": "false",
}
_RELATIONS = {
    "equal": "=",
    "unequal": "!=",
    "less": "<",
    "less_equal": "<=",
    "greater": ">",
    "greater_equal": ">=",
    "element": "in",
}
#: Heads written as a function with its arguments in parentheses, where the word is another.
_WORDS = {
    "absolute": "abs",
    "real_part": "Re",
    "trace": "tr",
    "determinant": "det",
    "diagonal": "diag",
    "eigenvalues": "eig",
    "maximum": "max",
    "minimum": "min",
    "entropy": "H",
    "normal": "N",
    "bernoulli": "Bernoulli",
    "dirac": "Dirac",
    "jsd": "JSD",
    "inner": "inner",
}
_DIVERGENCES = {"kl": "KL", "chi_square": "chi2"}
_BRACKETS = {"norm": ("||", "||"), "set": ("{", "}"), "multiset": ("{{", "}}")}
_GRADIENTS = {"gradient": "grad", "hessian": "hess", "jacobian": "jac"}
_PREFIXES = {
    "sum": "sum",
    "product": "prod",
    "argmax": "argmax",
    "argmin": "argmin",
    "maximal": "max",
    "minimal": "min",
    "integral": "integral",
}


def to_text(term: Term, notation: Notation | None = None) -> str:
    """``term`` in plain ASCII.

    Args:
        term: what is to be printed.
        notation: where it declares a name like ``w_1``, the entry 1 of ``w`` is ``w_{1}``.

    Raises:
        VocabularyError: where a head is unknown or takes another number of arguments.
    """
    return _Printer(notation or Notation()).print(term).text


class _Printer(Printer):
    __slots__ = ()

    def number(self, term: Number) -> Printed:
        value = term.value
        if value < 0:
            return Printed(str(value), Level.SIGNED)
        return Printed(str(value), Level.ATOM if value.denominator == 1 else Level.ENTRYWISE)

    def name(self, name: str) -> str:
        return name

    def apply(self, term: Apply) -> Printed:
        head, args = term.head, term.args
        if head in _CONSTANTS:
            return Printed(_CONSTANTS[head])
        if head in _RELATIONS:
            left, right = (self.at(part, Level.SUM) for part in args)
            return Printed(f"{left} {_RELATIONS[head]} {right}", Level.RELATION)
        if head in _BRACKETS:
            left, right = _BRACKETS[head]
            return Printed(f"{left}{self.listed(args)}{right}")
        if head in _DIVERGENCES:
            left, right = map(self.free, args)
            return Printed(f"{_DIVERGENCES[head]}({left} || {right})")
        if head in ("both", "either", "negation", "implies"):
            return self.connective(head, args)
        return self.arithmetic(head, args) or self.other(head, args)

    def arithmetic(self, head: str, args: tuple[Term, ...]) -> Printed | None:
        match head, args:
            case "multiply", _:
                return self.product(args)
            case "divide", (Apply("log", (inside,)), Apply("log", (Number(base),))) if base == 2:
                return Printed(f"log2({self.free(inside)})")
            case "divide", (above, below):
                text = f"{self.at(above, Level.PRODUCT)} / {self.at(below, Level.POWER)}"
                return Printed(text, Level.ENTRYWISE)
            case "power", (base, exponent):
                text = f"{self.at(base, Level.ATOM)}^{self.at(exponent, Level.ATOM)}"
                return Printed(text, Level.POWER)
            case "transpose", (array,):
                return Printed(f"{self.at(array, Level.ATOM)}^T", Level.POWER)
            case "inverse", (array,):
                return Printed(f"{self.at(array, Level.ATOM)}^-1", Level.POWER)
            case "hadamard", (left, right):
                text = f"{self.at(left, Level.CLOSED)} .* {self.at(right, Level.CLOSED)}"
                return Printed(text, Level.ENTRYWISE)
            case "entry", (array, *indices):
                return Printed(self.entry(array, tuple(indices)))
        return None

    def other(self, head: str, args: tuple[Term, ...]) -> Printed:
        match head, args:
            case "vector", _:
                return Printed(f"[{'; '.join(map(self.free, args))}]")
            case "matrix", _:
                rows = (row.args if isinstance(row, Apply) else (row,) for row in args)
                return Printed(f"[{'; '.join(map(self.listed, rows))}]")
            case "tuple", (single,):
                return Printed(f"({self.free(single)},)")
            case "tuple", _:
                return Printed(f"({self.listed(args)})")
            case "reals", (dimension,):
                size = self.at(dimension, Level.ATOM)
                return Printed("R" if size == "1" else f"R^{size}")
            case "range", (first, last):
                return Printed(f"{{{self.free(first)}, ..., {self.free(last)}}}")
            case "identity", (size,):
                return Printed(f"I_{self.at(size, Level.ATOM)}")
            case "density", (Apply("normal", (mean, variance)), point):
                return Printed(f"N({self.free(point)}; {self.listed((mean, variance))})")
            case (("call" | "density"), (function, *arguments)):
                name = self.at(function, Level.ATOM)
                return Printed(f"{name}({self.listed(arguments)})")
            case "mixture", _:
                pairs = zip(args[::2], args[1::2], strict=True)
                return Printed(
                    " + ".join(self.product(pair).text for pair in pairs),
                    Level.SUM if len(args) > 2 else Level.PRODUCT,
                )
            case "derivative", (body, variable):
                return Printed(f"d/d{self.free(variable)} {self.at(body, Level.OPEN)}", Level.OPEN)
            case (("gradient" | "hessian" | "jacobian"), (body, variable)):
                operator = f"{_GRADIENTS[head]}_{{{self.free(variable)}}}"
                return Printed(f"{operator} {self.at(body, Level.OPEN)}", Level.OPEN)
        return Printed(f"{_WORDS.get(head, head)}({self.listed(args)})")

    def product(self, parts: Iterable[Term]) -> Printed:
        flat = factors(parts)
        if len(flat) == 1:
            return self.print(flat[0])
        text, level = "", Level.PRODUCT
        for place, factor in enumerate(flat):
            last = place == len(flat) - 1
            printed = self.print(factor)
            fits = printed.level >= (Level.OPEN if last else Level.PRODUCT)
            piece = printed.text if fits else f"({printed.text})"
            if last and printed.level == Level.OPEN:
                level = Level.OPEN
            dot = " * " if piece[0].isdigit() else " "
            text = f"{text}{dot}{piece}" if text else piece
        return Printed(text, level)

    def entry(self, array: Term, indices: tuple[Term, ...]) -> str:
        base = self.at(array, Level.ATOM)
        inner = ",".join(map(self.free, indices))
        plain = f"{base}_{inner}"
        simple = isinstance(array, Name) and len(indices) == 1 and inner.isalnum()
        if simple and plain not in self.notation:
            return plain
        return f"{base}_{{{inner}}}"

    def connective(self, head: str, args: tuple[Term, ...]) -> Printed:
        if head == "negation":
            return Printed(f"not {self.at(args[0], Level.ATOM)}", Level.RELATION)
        if head == "implies":
            left, right = (self.at(part, Level.DISJUNCTION) for part in args)
            return Printed(f"{left} => {right}", Level.IMPLICATION)
        if head == "either":
            parts = [self.at(part, Level.CONJUNCTION) for part in args]
            return Printed(" or ".join(parts), Level.DISJUNCTION)
        return Printed(" and ".join(map(self.chained, chain(args))), Level.CONJUNCTION)

    def chained(self, group: list[Apply | Term]) -> str:
        text = self.at(group[0], Level.RELATION)
        for link in group[1:]:
            if isinstance(link, Apply):
                text += f" {_RELATIONS[link.head]} {self.at(link.args[1], Level.SUM)}"
        return text

    def bind(self, term: Bind) -> Printed:
        variable, domain = term.variable, self.free(term.domain)
        match term.head:
            case "expectation" | "variance":
                word = "E" if term.head == "expectation" else "Var"
                return Printed(f"{word}_{{{variable} ~ {domain}}}[{self.free(term.body)}]")
            case "let":
                return Printed(f"[{self.free(term.body)}]_{{{variable} = {domain}}}")
            case "limit":
                place = f"lim_{{{variable} -> {domain}}}"
                return Printed(f"{place} {self.at(term.body, Level.OPEN)}", Level.OPEN)
            case "forall":
                body = self.at(term.body, Level.IMPLICATION)
                return Printed(f"for all {variable} in {domain}: {body}", Level.ANY)
        scope = f"_{{{variable} in {domain}}}"
        if isinstance(term.domain, Apply) and term.domain.head == "range":
            first, last = map(self.free, term.domain.args)
            scope = f"_{{{variable}={first}}}^{{{last}}}"
        body = self.at(term.body, Level.OPEN)
        return Printed(f"{_PREFIXES[term.head]}{scope} {body}", Level.OPEN)
