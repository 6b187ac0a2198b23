r"""The LaTeX of our own printers as MathML, for pages that are read on a screen or aloud.

:mod:`language.latex` is the one place that knows how a term is written down; this module reads the
dialect that it prints, and that symbols are declared in, and nothing else: a command that it does
not know is an error. Only elements of MathML Core are made, which browsers draw by themselves.

>>> to_mathml(r"\frac{1}{2}")
'<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math>'
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

__all__ = ["MathMLError", "to_mathml"]


class MathMLError(ValueError):
    """A formula uses LaTeX that our printers do not; the message names the command."""


_TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|\d+(?:\.\d+)?|\s+|.", re.DOTALL)

_GREEK = dict(
    zip(
        "alpha beta gamma delta varepsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho"
        " varsigma sigma tau upsilon varphi chi psi omega".split(),
        map(chr, range(0x3B1, 0x3CA)),
        strict=True,
    )
) | {
    "epsilon": "\u03f5",
    "vartheta": "\u03d1",
    "phi": "\u03d5",
    "varrho": "\u03f1",
    "ell": "\u2113",
    "Gamma": "\u0393",
    "Delta": "\u0394",
    "Theta": "\u0398",
    "Lambda": "\u039b",
    "Xi": "\u039e",
    "Pi": "\u03a0",
    "Sigma": "\u03a3",
    "Upsilon": "\u03a5",
    "Phi": "\u03a6",
    "Psi": "\u03a8",
    "Omega": "\u03a9",
    "infty": "\u221e",
}
_OPERATORS = {
    "le": "\u2264",
    "ge": "\u2265",
    "neq": "\u2260",
    "in": "\u2208",
    "to": "\u2192",
    "sim": "\u223c",
    "mid": "\u2223",
    "cdot": "\u22c5",
    "odot": "\u2299",
    "times": "\u00d7",
    "pm": "\u00b1",
    "top": "\u22a4",
    "ldots": "\u2026",
    "dots": "\u2026",
    "partial": "\u2202",
    "nabla": "\u2207",
    "lnot": "\u00ac",
    "forall": "\u2200",
    "colon": ":",
    "#": "#",
    "{": "{",
    "}": "}",
    "|": "\u2016",
    "Vert": "\u2016",
    "langle": "\u27e8",
    "rangle": "\u27e9",
    "Rightarrow": "\u21d2",
    "Longleftrightarrow": "\u27fa",
    "iff": "\u27fa",
    "circ": "\u2218",
    "star": "\u22c6",
    "ast": "\u2217",
    "prime": "\u2032",
    "dagger": "\u2020",
    "perp": "\u22a5",
}
_WORDS = frozenset(("log", "exp", "tanh", "sinh", "cosh", "det", "max", "min", "lim", "ln"))
_LARGE = {"sum": "\u2211", "prod": "\u220f", "int": "\u222b"}
_SPACES = {
    ",": "0.167em", ":": "0.222em", ";": "0.278em", " ": "0.25em", "!": "-0.167em",
    "quad": "1em", "qquad": "2em",
}  # fmt: skip
_ACCENTS = {"hat": "^", "widehat": "^", "bar": "\u00af", "overline": "\u00af", "tilde": "~"}
_CLOSERS = frozenset(("}", "&", r"\\", r"\end", r"\right"))

#: The first letters of Unicode's alphabets, and the letters that stand elsewhere.
_ALPHABETS = {
    "mathbf": (0x1D400, 0x1D41A, 0x1D7CE, {}),
    "boldsymbol": (0x1D468, 0x1D482, 0x1D7CE, {}),
    "bm": (0x1D468, 0x1D482, 0x1D7CE, {}),
    "mathbb": (
        0x1D538, 0x1D552, 0x1D7D8,
        dict(zip("CHNPQRZ", "\u2102\u210d\u2115\u2119\u211a\u211d\u2124", strict=True)),
    ),
    "mathcal": (
        0x1D49C, 0x1D4B6, 0x30,
        dict(
            zip(
                "BEFHILMRego",
                "\u212c\u2130\u2131\u210b\u2110\u2112\u2133\u211b\u212f\u210a\u2134",
                strict=True,
            )
        ),
    ),
}  # fmt: skip
_BOLD_CAPITAL_GREEK, _BOLD_GREEK = 0x1D6A8, 0x1D6C2


def to_mathml(latex: str, *, display: bool = False, spoken: str = "") -> str:
    """A formula as a ``<math>`` element.

    Args:
        latex: what :func:`language.latex.to_latex` printed, or relations between such formulas.
        display: whether it stands on a line of its own.
        spoken: the formula as plain text, for readers that do not speak MathML.

    Raises:
        MathMLError: where the formula uses anything that our printers do not.
    """
    attributes = ' display="block"' if display else ""
    if spoken:
        attributes += f' alttext="{escape(spoken)}"'
    reader = _Reader(_TOKEN.findall(latex))
    content = "".join(reader.row())
    if reader.token is not None:
        raise MathMLError(f"expected the end of a formula, found {reader.token!r} in {latex!r}")
    return f"<math{attributes}>{content}</math>"


class _Reader:
    """Reads a list of tokens from left to right."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self._tokens = tokens
        self._place = 0

    @property
    def token(self) -> str | None:
        return self._tokens[self._place] if self._place < len(self._tokens) else None

    def take(self) -> str:
        token = self.token
        if token is None:
            raise MathMLError("expected more of a formula, found its end")
        self._place += 1
        return token

    def skip_space(self) -> None:
        while self.token is not None and self.token.isspace():
            self._place += 1

    def expect(self, wanted: str) -> None:
        self.skip_space()
        found = self.take()
        if found != wanted:
            raise MathMLError(f"expected {wanted!r} in a formula, found {found!r}")

    # rows and scripts

    def row(self) -> list[str]:
        """Elements up to what closes the row, which is left standing."""
        found: list[str] = []
        while True:
            self.skip_space()
            if self.token is None or self.token in _CLOSERS:
                return found
            found.append(self.scripted())

    def scripted(self) -> str:
        """One element with its sub- and superscript."""
        operator, base = self.element()
        below = above = ""
        while True:
            self.skip_space()
            if self.token == "_":
                self.take()
                below = self.argument()
            elif self.token == "^":
                self.take()
                above = self.argument()
            elif self.token == "'":
                self.take()
                above += "<mo>\u2032</mo>"
            else:
                break
        if not (below or above):
            return base
        kinds = ("munder", "mover", "munderover") if operator else ("msub", "msup", "msubsup")
        if below and above:
            return f"<{kinds[2]}>{base}{below}{_one(above)}</{kinds[2]}>"
        kind = kinds[0] if below else kinds[1]
        return f"<{kind}>{base}{below or _one(above)}</{kind}>"

    def argument(self) -> str:
        """What a command or a script takes: a group, or one token."""
        self.skip_space()
        if self.token == "{":
            self.take()
            inside = self.row()
            self.expect("}")
            return inside[0] if len(inside) == 1 else f"<mrow>{''.join(inside)}</mrow>"
        if self.token is not None and self.token.isdigit() and len(self.token) > 1:
            digits = self.take()
            self._tokens = [*self._tokens[: self._place], digits[1:], *self._tokens[self._place :]]
            return f"<mn>{digits[0]}</mn>"
        return self.element()[1]

    def words(self) -> str:
        """A group taken as plain text."""
        self.expect("{")
        text, depth = "", 0
        while not (depth == 0 and self.token == "}"):
            token = self.take()
            depth += {"{": 1, "}": -1}.get(token, 0)
            text += {r"\,": " ", r"\ ": " "}.get(token, token)
        self.take()
        return text

    # elements

    def element(self) -> tuple[bool, str]:
        """One element, and whether its scripts stand above and below it."""
        token = self.take()
        if token == "{":
            self._place -= 1
            return False, self.argument()
        if token.startswith("\\"):
            return self.command(token[1:])
        if token[0].isdigit():
            return False, f"<mn>{token}</mn>"
        if token.isalpha():
            return False, f"<mi>{token}</mi>"
        if token == "-":
            return False, "<mo>\u2212</mo>"
        if token in "()[]|":
            return False, f'<mo stretchy="false">{token}</mo>'
        if token in "+=<>,;:!/*.":
            return False, f"<mo>{escape(token)}</mo>"
        raise MathMLError(f"expected a formula as our printers write it, found {token!r}")

    def command(self, name: str) -> tuple[bool, str]:
        if name in _GREEK:
            upright = ' mathvariant="normal"' if name[0].isupper() else ""
            return False, f"<mi{upright}>{_GREEK[name]}</mi>"
        if name in _LARGE:
            sign = f'<mo largeop="true"{_movable(name != "int")}>{_LARGE[name]}</mo>'
            return name != "int", sign
        if name in _WORDS:
            return self.function(name, name in ("max", "min", "lim"))
        if name in _OPERATORS:
            return False, f"<mo>{_OPERATORS[name]}</mo>"
        if name in _SPACES:
            return False, f'<mspace width="{_SPACES[name]}"/>'
        if name in _ALPHABETS:
            return False, self.alphabet(name)
        if name in _ACCENTS:
            accent = f'<mo stretchy="false">{_ACCENTS[name]}</mo>'
            return False, f'<mover accent="true">{self.argument()}{accent}</mover>'
        match name:
            case "frac" | "tfrac" | "dfrac":
                above, below = self.argument(), self.argument()
                return False, f"<mfrac>{above}{below}</mfrac>"
            case "sqrt":
                return False, f"<msqrt>{self.argument()}</msqrt>"
            case "mathrm":
                return False, _upright(self.words())
            case "operatorname" | "operatorname*":
                return self.function(self.words(), name.endswith("*"))
            case "text":
                return False, f"<mtext>{escape(self.words())}</mtext>"
            case "cfuptoconstant":
                return False, "<mtext>= up to a constant </mtext>"
            case "left":
                return False, self.fenced()
            case "begin":
                return False, self.matrix()
        raise MathMLError(f"expected a command that our printers use, found \\{name}")

    def function(self, name: str, limits: bool) -> tuple[bool, str]:
        """A function's name; the invisible operator after it tells a reader that it is applied."""
        if limits:
            return True, f'<mo{_movable(True)} lspace="0" rspace="0.167em">{escape(name)}</mo>'
        self.skip_space()
        text = f"<mi>{escape(name)}</mi>"
        if self.token in ("_", "^", None) or self.token in _CLOSERS:
            return False, text
        space = "" if self.token in ("(", r"\left") else '<mspace width="0.167em"/>'
        return False, f"<mrow>{text}<mo>\u2061</mo>{space}</mrow>"

    def alphabet(self, name: str) -> str:
        self.skip_space()
        if self.token != "{":
            return self.letters(name, self.take())
        self.take()
        found = ""
        while True:
            self.skip_space()
            if self.token == "}":
                self.take()
                return found if found.count("<mi>") + found.count("<mn>") == 1 else _row(found)
            found += self.letters(name, self.take())

    def letters(self, alphabet: str, token: str) -> str:
        capital, small, digit, elsewhere = _ALPHABETS[alphabet]
        if token.startswith("\\") and token[1:] in _GREEK:
            letter = _GREEK[token[1:]]
            start = _BOLD_CAPITAL_GREEK if letter.isupper() else _BOLD_GREEK
            first = 0x391 if letter.isupper() else 0x3B1
            usual = {"\u03f5": "\u03b5", "\u03d5": "\u03c6"}.get(letter, letter)
            return f"<mi>{chr(start + ord(usual) - first)}</mi>"
        if token in elsewhere:
            return f"<mi>{elsewhere[token]}</mi>"
        if "A" <= token <= "Z":
            return f"<mi>{chr(capital + ord(token) - ord('A'))}</mi>"
        if "a" <= token <= "z":
            return f"<mi>{chr(small + ord(token) - ord('a'))}</mi>"
        if token.isdigit():
            return f"<mn>{''.join(chr(digit + int(figure)) for figure in token)}</mn>"
        raise MathMLError(f"expected letters in \\{alphabet}, found {token!r}")

    def fenced(self) -> str:
        opening = self.delimiter()
        inside = "".join(self.row())
        self.expect(r"\right")
        closing = self.delimiter()
        return f"<mrow>{_fence(opening, 'prefix')}{_row(inside)}{_fence(closing, 'postfix')}</mrow>"

    def delimiter(self) -> str:
        self.skip_space()
        token = self.take()
        if token == ".":
            return ""
        if token.startswith("\\"):
            return _OPERATORS[token[1:]] if token[1:] in _OPERATORS else self.no_delimiter(token)
        return token if token in "()[]|" else self.no_delimiter(token)

    def no_delimiter(self, token: str) -> str:
        raise MathMLError(f"expected a delimiter, found {token!r}")

    def matrix(self) -> str:
        kind = self.words()
        fences = {"pmatrix": "()", "matrix": "", "bmatrix": "[]"}.get(kind)
        if fences is None:
            raise MathMLError(f"expected a matrix, found \\begin{{{kind}}}")
        rows: list[str] = []
        cells: list[str] = []
        while True:
            cells.append(f"<mtd>{''.join(self.row())}</mtd>")
            separator = self.take()
            if separator == "&":
                continue
            rows.append(f"<mtr>{''.join(cells)}</mtr>")
            cells = []
            if separator == r"\end":
                break
        if self.words() != kind:
            raise MathMLError(f"expected \\end{{{kind}}}")
        table = f"<mtable>{''.join(rows)}</mtable>"
        if not fences:
            return table
        return f"<mrow>{_fence(fences[0], 'prefix')}{table}{_fence(fences[1], 'postfix')}</mrow>"


def _movable(limits: bool) -> str:
    return ' movablelimits="true"' if limits else ""


def _row(content: str) -> str:
    return f"<mrow>{content}</mrow>"


def _one(elements: str) -> str:
    """Elements as the one that a script must be."""
    return elements if elements.count("<") == 2 or elements.startswith("<mrow>") else _row(elements)


def _upright(text: str) -> str:
    text = text.strip()
    if len(text) == 1 and text.isalpha():
        return f'<mi mathvariant="normal">{text}</mi>'
    return f"<mi>{escape(text)}</mi>" if text.isalpha() else f"<mtext>{escape(text)}</mtext>"


def _fence(delimiter: str, form: str) -> str:
    return f'<mo fence="true" stretchy="true" form="{form}">{delimiter}</mo>' if delimiter else ""
