r"""Terms as LaTeX, with the parentheses a careful author would write and no others.

Only commands of LaTeX itself and of ``amsmath`` and ``amsfonts`` (for ``\mathbb``) are used.

>>> from language.notation import Notation
>>> from language.vocabulary import divide, log, names, power
>>> x, y = names("x y")
>>> print(to_latex(power(x - y, 2) - divide(log(x * y), x), Notation()))
(x - y)^{2} - \frac{\log(x y)}{x}
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from language.notation import Notation, NotationError
from language.precedence import Level, Printed, Printer, chain, factors
from language.terms import Apply, Bind, Name, Number, Term, free_names
from language.typecheck import TypeMismatch, typecheck
from language.types import Array

__all__ = ["name_to_latex", "to_latex"]

_GREEK = frozenset(
    """alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau
    upsilon phi chi psi omega varepsilon vartheta varphi varrho varsigma
    Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega""".split()
)
_CONSTANTS = {
    "pi": r"\pi",
    "imaginary": r"\mathrm{i}",
    "infinity": r"\infty",
    "true": r"\text{true}",
    "false": r"\text{false}",
}
_RELATIONS = {
    "equal": "=",
    "unequal": r"\neq",
    "less": "<",
    "less_equal": r"\le",
    "greater": ">",
    "greater_equal": r"\ge",
    "element": r"\in",
}
#: Functions written without parentheses before an atom, as in ``\log x``.
_OPERATORS = {
    "log": r"\log",
    "tanh": r"\tanh",
    "sinh": r"\sinh",
    "cosh": r"\cosh",
    "real_part": r"\operatorname{Re}",
}
#: Functions always written with parentheses.
_FUNCTIONS = {
    "exp": r"\exp",
    "softplus": r"\operatorname{softplus}",
    "relu": r"\operatorname{ReLU}",
    "trace": r"\operatorname{tr}",
    "determinant": r"\det",
    "diagonal": r"\operatorname{diag}",
    "eigenvalues": r"\operatorname{spec}",
    "maximum": r"\max",
    "minimum": r"\min",
    "entropy": "H",
    "normal": r"\mathcal{N}",
    "bernoulli": r"\operatorname{Bern}",
    "jsd": r"\mathrm{JSD}",
}
_FENCES = {
    "norm": (r"\left\|", r"\right\|"),
    "absolute": (r"\left|", r"\right|"),
    "inner": (r"\left\langle ", r"\right\rangle"),
    "set": (r"\left\{", r"\right\}"),
    "multiset": (r"\left\{", r"\right\}"),
}
_SIZED = {"identity": r"\mathbf{I}", "ones": r"\mathbf{1}", "zeros": r"\mathbf{0}"}
_EXTREMA = {
    "argmax": r"\operatorname*{arg\,max}",
    "argmin": r"\operatorname*{arg\,min}",
    "maximal": r"\max",
    "minimal": r"\min",
}
_TALL = re.compile(r"\\(?:d?frac|sum|prod|int|left|begin|lim|operatorname\*)")


def to_latex(term: Term, notation: Notation) -> str:
    """``term`` in LaTeX's math mode, without the surrounding dollar signs.

    Names are printed as ``notation`` says; those it does not declare (bound variables, mostly)
    get the usual letter: ``sigma_1`` becomes ``\\sigma_{1}``.

    Raises:
        VocabularyError: where a head is unknown or takes another number of arguments.
    """
    return _Printer(notation).print(term).text


def name_to_latex(name: str, notation: Notation) -> str:
    """How a single name is printed; places of arguments are filled with a dot."""
    return _Printer(notation).name(name)


class _Printer(Printer):
    __slots__ = ("logistic",)

    def __init__(self, notation: Notation) -> None:
        super().__init__(notation)
        # the letter is often taken by a standard deviation
        taken = any(s.name == "sigma" or s.latex == r"\sigma" for s in notation)
        self.logistic = r"\operatorname{logistic}" if taken else r"\sigma"

    # pieces

    def base(self, term: Term, script: str) -> str:
        """``term`` as what a sub- or superscript is attached to."""
        printed = self.print(term)
        if printed.level < Level.ATOM or script in _trailing_scripts(printed.text):
            return _parenthesized(printed.text)
        return printed.text

    def operator(self, operator: str, body: Term, least: Level = Level.OPEN) -> Printed:
        """A prefix operator whose scope ends where the product around it ends."""
        return Printed(f"{operator} {self.at(body, least)}", Level.OPEN)

    def name(self, name: str) -> str:
        template = self.template(name)
        if template.endswith("({})") and template.count("{}") == 1:
            return template.removesuffix("({})")
        return template.replace("{}", r"\cdot")

    def template(self, name: str) -> str:
        symbol = self.notation.get(name)
        if symbol is not None and symbol.latex:
            return symbol.latex
        if symbol is None:
            # perhaps a bound variable that was renamed to keep it apart from a symbol
            stem, _, number = name.rpartition("_")
            declared = self.notation.get(stem)
            if declared is not None and number.isdigit() and _takes_index(declared.latex):
                return f"{declared.latex}_{{{number}}}"
        return _letters(name)

    def application(self, function: Term, arguments: tuple[Term, ...]) -> Printed:
        """A declared function or law at its arguments, by the template of its symbol."""
        if not isinstance(function, Name):
            return Printed(_parenthesized(self.free(function)) + self.tupled(arguments))
        template = self.template(function.name)
        if template.count("{}") != len(arguments):
            return Printed(self.name(function.name) + self.tupled(arguments))
        for argument in arguments:
            template = template.replace("{}", self.free(argument), 1)
        return Printed(template)

    def tupled(self, terms: Iterable[Term]) -> str:
        return _parenthesized(self.listed(terms))

    # nodes

    def number(self, term: Number) -> Printed:
        return _number(term)

    def parenthesized(self, text: str) -> str:
        return _parenthesized(text)

    def apply(self, term: Apply) -> Printed:
        head, args = term.head, term.args
        if head in _CONSTANTS:
            return Printed(_CONSTANTS[head])
        if head in _RELATIONS:
            return Printed(self.relation(term), Level.RELATION)
        if head in _OPERATORS:
            return self.prefix(_OPERATORS[head], args[0])
        if head in _FENCES:
            left, right = _FENCES[head]
            return Printed(f"{left}{self.listed(args)}{right}")
        if head in _SIZED:
            return Printed(f"{_SIZED[head]}_{{{self.free(args[0])}}}")
        if head in ("density", "call"):
            return self.applied(head, args)
        if head in ("derivative", "gradient", "hessian", "jacobian"):
            return self.differentiated(head, *args)
        if head in ("both", "either", "negation", "implies"):
            return self.connective(head, args)
        if head in ("mixture", "dirac", "pushforward", "kl", "chi_square", "normal"):
            return self.law(head, args)
        if head in _FUNCTIONS or head == "logistic":
            return Printed(_FUNCTIONS.get(head, self.logistic) + self.tupled(args))
        return self.arithmetic(head, args)

    def arithmetic(self, head: str, args: tuple[Term, ...]) -> Printed:
        match head, args:
            case "multiply", _:
                return self.product(args)
            case "divide", (Apply("log", (inside,)), Apply("log", (Number(base),))) if base == 2:
                return self.prefix(r"\log_2", inside)
            case "divide", (above, below):
                return Printed(rf"\frac{{{self.free(above)}}}{{{self.free(below)}}}", Level.CLOSED)
            case "power", (base, exponent):
                return self.scripted(base, self.exponent(exponent))
            case "transpose", (array,):
                return self.scripted(array, r"\top")
            case "inverse", (array,):
                return self.scripted(array, "-1")
            case "sqrt", (radicand,):
                return Printed(rf"\sqrt{{{self.free(radicand)}}}")
            case "hadamard", (left, right):
                first, second = self.at(left, Level.CLOSED), self.at(right, Level.CLOSED)
                return Printed(rf"{first} \odot {second}", Level.ENTRYWISE)
            case "entry", (array, *indices):
                return Printed(f"{self.base(array, '_')}_{{{self.indices(indices)}}}")
            case "delta", _:
                return Printed(rf"\delta_{{{self.indices(args)}}}")
            case "vector", _:
                return Printed(_matrix(self.free(part) for part in args))
            case "matrix", _:
                return Printed(_matrix(map(self.row, args)))
            case (("tuple" | "interval"), _):
                return Printed(self.tupled(args))
            case "reals", (dimension,):
                line = r"\mathbb{R}"
                size = self.free(dimension)
                return Printed(line if size == "1" else f"{line}^{{{size}}}")
            case "range", (first, last):
                return Printed(rf"\left\{{{self.free(first)}, \ldots, {self.free(last)}\right\}}")
        raise TypeError(f"no printed form for {head}")

    def row(self, row: Term) -> str:
        parts = row.args if isinstance(row, Apply) else (row,)
        return " & ".join(map(self.free, parts))

    def scripted(self, base: Term, script: str) -> Printed:
        return Printed(f"{self.base(base, '^')}^{{{script}}}", Level.POWER)

    def exponent(self, exponent: Term) -> str:
        if isinstance(exponent, Number) and exponent.value.denominator != 1:
            return str(exponent.value)
        return self.free(exponent)

    def indices(self, indices: Iterable[Term]) -> str:
        printed = [self.free(index) for index in indices]
        return ("" if all(len(text) == 1 for text in printed) else ", ").join(printed)

    def product(self, parts: tuple[Term, ...]) -> Printed:
        flat = factors(parts)
        text, level = "", Level.PRODUCT
        for place, factor in enumerate(flat):
            last = place == len(flat) - 1
            printed = self.print(factor)
            least = Level.OPEN if last else Level.PRODUCT
            if place == 0 and len(flat) == 1:
                return printed
            piece = printed.text if printed.level >= least else _parenthesized(printed.text)
            if last and printed.level == Level.OPEN:
                level = Level.OPEN
            if text:
                dot = _needs_dot(text, piece, factor) or (
                    piece.startswith(r"\frac") and _is_fraction(flat[place - 1])
                )
                text += (r" \cdot " if dot else " ") + piece
            else:
                text = piece
        return Printed(text, level)

    def prefix(self, operator: str, argument: Term) -> Printed:
        printed = self.print(argument)
        tall = isinstance(argument, Apply) and argument.head == "divide"
        if printed.level == Level.ATOM or tall:
            return Printed(f"{operator} {printed.text}", Level.OPEN)
        return Printed(operator + _parenthesized(printed.text), Level.CLOSED)

    def relation(self, term: Apply) -> str:
        left, right = term.args
        return f"{self.at(left, Level.SUM)} {_RELATIONS[term.head]} {self.at(right, Level.SUM)}"

    def connective(self, head: str, args: tuple[Term, ...]) -> Printed:
        if head == "negation":
            return Printed(rf"\lnot {self.at(args[0], Level.ATOM)}", Level.RELATION)
        if head == "implies":
            left, right = (self.at(part, Level.DISJUNCTION) for part in args)
            return Printed(rf"{left} \;\Rightarrow\; {right}", Level.IMPLICATION)
        if head == "either":
            parts = [self.at(part, Level.CONJUNCTION) for part in args]
            return Printed(r" \;\text{or}\; ".join(parts), Level.DISJUNCTION)
        groups = [self.chained(group) for group in chain(args)]
        return Printed(r" \;\text{and}\; ".join(groups), Level.CONJUNCTION)

    def chained(self, group: list[Apply | Term]) -> str:
        """A condition, or several in a chain such as ``0 < p < 1``."""
        text = self.at(group[0], Level.RELATION)
        for link in group[1:]:
            if isinstance(link, Apply):
                text += f" {_RELATIONS[link.head]} {self.at(link.args[1], Level.SUM)}"
        return text

    # functions and laws

    def applied(self, head: str, args: tuple[Term, ...]) -> Printed:
        function, *arguments = args
        match function:
            case Apply("normal", parameters) if head == "density":
                inside = f"{self.free(arguments[0])}; {self.normal_parameters(parameters)}"
                return Printed(r"\mathcal{N}" + _parenthesized(inside))
        return self.application(function, tuple(arguments))

    def law(self, head: str, args: tuple[Term, ...]) -> Printed:
        match head, args:
            case "mixture", _:
                pairs = zip(args[::2], args[1::2], strict=True)
                parts = [
                    f"{self.at(w, Level.PRODUCT)} {self.at(p, Level.PRODUCT)}" for w, p in pairs
                ]
                return Printed(" + ".join(parts), Level.SUM if len(parts) > 1 else Level.PRODUCT)
            case "dirac", (point,):
                return Printed(rf"\delta_{{{self.free(point)}}}")
            case "pushforward", (function, law):
                inner = self.at(law, Level.CLOSED)
                return Printed(rf"{self.base(function, '_')}_{{\#}} {inner}", Level.PRODUCT)
            case "normal", _:
                return Printed(r"\mathcal{N}" + _parenthesized(self.normal_parameters(args)))
            case "chi_square", (left, right):
                return Printed(rf"\chi^{{2}}{self.pair(left, right)}", Level.CLOSED)
            case _, (left, right):
                return Printed(rf"D_{{\mathrm{{KL}}}}{self.pair(left, right)}")
        raise TypeError(f"no printed form for {head}")

    def pair(self, left: Term, right: Term) -> str:
        return _parenthesized(rf"{self.free(left)} \,\|\, {self.free(right)}")

    def normal_parameters(self, parameters: tuple[Term, ...]) -> str:
        """Mean and variance; the variances of a vector are the diagonal of a covariance."""
        mean, variance = parameters
        if isinstance(variance, Apply) and variance.head == "ones":
            return f"{self.free(mean)}, {self.free(Apply('identity', variance.args))}"
        if self.is_vector(variance):
            variance = Apply("diagonal", (variance,))
        return self.listed((mean, variance))

    def is_vector(self, term: Term) -> bool:
        try:
            kind = typecheck(term, self.notation)
            return isinstance(kind, Array) and len(kind.shape) == 1
        except (TypeMismatch, NotationError):
            return False  # it has bound names, whose types are not known here

    # calculus

    def differentiated(self, head: str, body: Term, variable: Term) -> Printed:
        name = self.free(variable)
        if head == "gradient":
            return self.operator(rf"\nabla_{{{name}}}", body, Level.PRODUCT)
        if head == "hessian":
            return self.operator(rf"\nabla_{{{name}}}^{{2}}", body, Level.PRODUCT)
        if isinstance(body, Name):
            above = rf"\partial {self.free(body)}"
            return Printed(rf"\frac{{{above}}}{{\partial {name}}}", Level.CLOSED)
        return self.operator(rf"\frac{{\partial}}{{\partial {name}}}", body)

    def bind(self, term: Bind) -> Printed:
        variable = self.name(term.variable)
        match term.head:
            case "sum" | "product":
                sign = r"\sum" if term.head == "sum" else r"\prod"
                return self.operator(sign + self.limits(variable, term.domain), term.body)
            case "integral":
                body = self.at(term.body, Level.OPEN)
                sign = r"\int" + self.region(term.domain)
                return Printed(rf"{sign} {body} \,\mathrm{{d}}{variable}", Level.OPEN)
            case "expectation" | "variance":
                sign = r"\mathbb{E}" if term.head == "expectation" else r"\operatorname{Var}"
                drawn = self.drawn(variable, term.domain)
                return Printed(rf"{sign}_{{{drawn}}}\left[{self.free(term.body)}\right]")
            case "let":
                values, inner = _joined_values(term)
                body = self.at(inner, Level.OPEN)
                place = ", ".join(
                    rf"{self.name(name)} = {self.free(value)}" for name, value in values
                )
                return Printed(rf"\left. {body} \right|_{{{place}}}", Level.CLOSED)
            case "limit":
                return self.operator(
                    rf"\lim_{{{variable} \to {self.free(term.domain)}}}", term.body
                )
            case "forall":
                body = self.at(term.body, Level.IMPLICATION)
                member = rf"{variable} \in {self.free(term.domain)}"
                return Printed(rf"\forall\, {member} \colon\; {body}", Level.ANY)
        sign = _EXTREMA[term.head]
        return self.operator(rf"{sign}_{{{variable} \in {self.free(term.domain)}}}", term.body)

    def limits(self, index: str, domain: Term) -> str:
        match domain:
            case Apply("range", (first, last)):
                return rf"_{{{index}={self.free(first)}}}^{{{self.free(last)}}}"
        return rf"_{{{index} \in {self.free(domain)}}}"

    def region(self, domain: Term) -> str:
        match domain:
            case Apply("reals"):
                return ""
            case Apply("interval", (low, high)):
                return rf"_{{{self.free(low)}}}^{{{self.free(high)}}}"
        return rf"_{{{self.free(domain)}}}"

    def drawn(self, variable: str, law: Term) -> str:
        if isinstance(law, Apply) and law.head == "bernoulli":
            return variable
        return rf"{variable} \sim {self.free(law)}"


def _number(term: Number) -> Printed:
    value = abs(term.value)
    sign = "-" if term.value < 0 else ""
    if value.denominator == 1:
        return Printed(f"{sign}{value}", Level.SIGNED if sign else Level.ATOM)
    fraction = rf"{sign}\frac{{{value.numerator}}}{{{value.denominator}}}"
    return Printed(fraction, Level.SIGNED if sign else Level.CLOSED)


def _needs_dot(before: str, after: str, factor: Term) -> bool:
    """Whether two factors would run together: digits after anything, fractions after digits."""
    if after[0].isdigit():
        return True
    return after.startswith(r"\frac") and (before[-1].isdigit() or isinstance(factor, Number))


def _is_fraction(term: Term) -> bool:
    """Whether a factor is printed as a fraction, beside which another would run on."""
    match term:
        case Number(value):
            return value.denominator != 1
        case Apply("divide"):
            return True
    return False


def _parenthesized(text: str) -> str:
    return rf"\left({text}\right)" if _TALL.search(text) else f"({text})"


def _matrix(rows: Iterable[str]) -> str:
    return r"\begin{pmatrix} " + r" \\ ".join(rows) + r" \end{pmatrix}"


_TOKENS = re.compile(r"\\[A-Za-z]+|\\.|\s+|.", re.DOTALL)


def _trailing_scripts(text: str) -> set[str]:
    """Which of ``_`` and ``^`` the last symbol of ``text`` carries already."""
    scripts: set[str] = set()
    depth, expected = 0, False
    for token in _TOKENS.findall(text):
        if depth or token == "{":
            depth += {"{": 1, "}": -1}.get(token, 0)
            if depth == 1 and token == "{" and not expected:
                scripts = set()
            if depth == 0:
                expected = False
        elif token in "_^":
            scripts.add(token)
            expected = True
        elif token == "'":
            scripts.add("^")
        elif expected:
            expected = False
        elif not token.isspace():
            scripts = set()
    return scripts


def _takes_index(latex: str) -> bool:
    return bool(latex) and "{}" not in latex and "_" not in _trailing_scripts(latex)


def _joined_values(term: Bind) -> tuple[list[tuple[str, Term]], Term]:
    """The values of nested ``let`` that may stand beside one bar, and what they are put into."""
    values = [(term.variable, term.domain)]
    body = term.body
    while isinstance(body, Bind) and body.head == "let":
        names = {name for name, _ in values}
        clash = body.variable in names or free_names(body.domain) & names
        if clash or any(body.variable in free_names(value) for _, value in values):
            break
        values.append((body.variable, body.domain))
        body = body.body
    return values, body


def _letters(name: str) -> str:
    """The usual letters for a name: greek where it spells one, the rest as a subscript."""
    stem, _, index = name.partition("_")
    if stem in _GREEK:
        letter = rf"\{stem}"
    elif len(stem) == 1:
        letter = stem
    else:
        letter = rf"\mathrm{{{stem}}}"
    if not index:
        return letter
    inner = _letters(index) if index in _GREEK else index.replace("_", ",")
    return f"{letter}_{{{inner}}}"
