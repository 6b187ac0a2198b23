"""Tokens: the text of an answer cut into numbers, words, commands and signs.

One compiled pattern cuts; tables say what a sign, a command or a unicode letter stands for. Every
token keeps its place in the text as it was handed in. What LaTeX or a keyboard offers in several
spellings (``\\le``, ``<=``, ``≤``) leaves here as one; characters that only look like something
(Cyrillic letters, full-width digits, zero-width and bidirectional marks) are errors.
"""

# This table is about characters that look like others.
# ruff: noqa: RUF001

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from grading.reading.errors import ReadError

__all__ = [
    "CHARACTERS",
    "DIGITS",
    "GREEK",
    "TEXTS",
    "TOKENS",
    "Token",
    "braced",
    "is_sign",
    "tokenize",
]

#: The limits: characters of a text, tokens of it, and digits of one number.
CHARACTERS = 20_000
TOKENS = 4_000
DIGITS = 1_000


class Token(NamedTuple):
    """One token.

    Attributes:
        kind: ``number``, ``word`` (a run of letters, maybe with digits after it), ``command``
            (without its backslash), ``roman`` (a word that LaTeX sets upright), ``method``
            (``.pow``), ``symbol``, ``parameter`` (``#1``, in definitions) or ``end``.
        text: normalized.
        start: where it begins in the text as handed in.
        end: where it ends there.
        space: what stands before it: 0 nothing, 1 white space, 2 a new line, 3 a wide gap (a
            blank line or ``\\quad``).
    """

    kind: str
    text: str
    start: int
    end: int
    space: int = 0


_GREEK_LETTERS = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta",
    "η": "eta", "θ": "theta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu",
    "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "ς": "sigma", "τ": "tau", "υ": "upsilon",
    "φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma", "Δ": "Delta",
    "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi",
    "Ω": "Omega", "ϵ": "epsilon", "ϑ": "theta", "ϕ": "phi", "ϱ": "rho", "ϖ": "pi", "µ": "mu",
    "∆": "Delta", "Υ": "Upsilon",
}  # fmt: skip

#: The Greek letters by name, as plain text spells them.
GREEK = frozenset(_GREEK_LETTERS.values())

#: Commands that are another spelling of a letter.
_VARIANTS = {
    "varepsilon": "epsilon", "vartheta": "theta", "varphi": "phi", "varrho": "rho",
    "varsigma": "sigma", "varGamma": "Gamma", "varSigma": "Sigma", "varnothing": "emptyset",
    "intercal": "top", "dots": "ldots", "cdots": "ldots", "dotsc": "ldots", "dotsb": "ldots",
    "hdots": "ldots", "imath": "i", "jmath": "j",
}  # fmt: skip

#: Commands that are signs.
_COMMAND_SIGNS = {
    "cdot": "*", "times": "*", "ast": "*", "star": "*", "odot": "odot", "circ": "odot",
    "div": "/", "le": "<=", "leq": "<=", "leqslant": "<=", "ge": ">=", "geq": ">=",
    "geqslant": ">=", "ne": "!=", "neq": "!=", "lt": "<", "gt": ">", "in": "in", "sim": "follows",
    "approx": "approx", "simeq": "approx", "propto": "propto", "equiv": ":=",
    "triangleq": ":=", "coloneqq": ":=", "doteq": ":=", "implies": "=>", "Rightarrow": "=>",
    "Longrightarrow": "=>", "iff": "<=>", "Leftrightarrow": "<=>", "pm": "+-", "mp": "-+",
    "mid": "m|", "parallel": "m||", "vert": "|", "Vert": "||", "lvert": "l|",
    "rvert": "r|", "lVert": "l||", "rVert": "r||", "langle": "langle", "rangle": "rangle",
    "lbrace": "\\{", "rbrace": "\\}", "lbrack": "[", "rbrack": "]", "lparen": "(",
    "rparen": ")", "mapsto": "|->",
    "longmapsto": "|->", "colon": ":", "given": "m|", "prime": "'", "newline": "\\\\", "cr": "\\\\",
    "cup": "cup", "cap": "cap", "bigcup": "cup", "setminus": "setminus", "backslash": "setminus",
    "smallsetminus": "setminus", "notin": "notin", "nless": ">=", "ngtr": "<=", "nleq": ">",
    "ngeq": "<",
}  # fmt: skip

_COMMAND_WORDS = {"land": "and", "wedge": "and", "lor": "or", "vee": "or", "forall": "for",
                  "therefore": "therefore", "because": "because"}  # fmt: skip

#: Commands that only move ink about.
_SPACING = frozenset(
    "displaystyle textstyle scriptstyle limits nolimits nonumber notag thinspace medspace"
    " thickspace enspace enskip hfill hline negthinspace noindent centering par relax left. "
    "allowbreak nobreak square blacksquare qed qedhere Box qedsymbol checkmark".split()
)
_WIDE = frozenset(["quad", "qquad"])

_CONTROL_SIGNS = {"\\{": "\\{", "\\}": "\\}", "\\|": "||", "\\\\": "\\\\"}
_CONTROL_SPACES = frozenset(["\\,", "\\;", "\\:", "\\!", "\\>", "\\ ", "\\/", "\\\n", "\\\t"])
_DELIMITERS = {"\\(": "\\)", "\\[": "\\]"}

_SIGNS = {"**": "^", ".^": "^", "./": "/", ".*": "odot", "==": "=", "=<": "<=", "<>": "!=",
          "...": "ldots", "..": "..", "@": "*", "+/-": "+-", "&&": "and"}  # fmt: skip

_OPEN_FENCES = {"(": "(", "[": "[", "]": "]", ")": ")", "\\{": "\\{", "\\}": "\\}",
                "\\lbrace": "\\{", "\\rbrace": "\\}", "\\lbrack": "[", "\\rbrack": "]",
                "\\langle": "langle", "\\rangle": "rangle", "<": "langle", ">": "rangle",
                "/": "/"}  # fmt: skip
_BAR_FENCES = {"|": "|", "\\|": "||", "\\vert": "|", "\\Vert": "||", "\\lvert": "|",
               "\\rvert": "|", "\\lVert": "||", "\\rVert": "||", "\\mid": "|",
               "\\parallel": "||"}  # fmt: skip

_UNICODE_SIGNS = {
    "−": "-", "–": "-", "·": "*", "⋅": "*", "×": "*", "∗": "*", "÷": "/",
    "∕": "/", "⁄": "/", "≤": "<=", "⩽": "<=", "≦": "<=", "≥": ">=", "⩾": ">=", "≧": ">=",
    "≠": "!=", "∈": "in", "∼": "follows", "≈": "approx", "≃": "approx", "∝": "propto",
    "≡": ":=", "≜": ":=", "≔": ":=", "⇒": "=>", "⟹": "=>", "⇔": "<=>", "⟺": "<=>", "±": "+-",
    "∓": "-+", "‖": "||", "∥": "m||", "∣": "m|", "⟨": "langle", "⟩": "rangle", "⊙": "odot",
    "∘": "odot", "′": "'", "’": "'", "‘": "'", "∪": "cup",
    "∩": "cap", "∖": "setminus", "∉": "notin", "↦": "|->",
}  # fmt: skip

_UNICODE_COMMANDS = {
    "∞": "infty", "∫": "int", "∑": "sum", "∏": "prod", "√": "sqrt", "⊤": "top", "⊺": "top",
    "∂": "partial", "∇": "nabla", "ℓ": "ell", "…": "ldots", "⋯": "ldots", "∅": "emptyset",
}  # fmt: skip
_UNICODE_WORDS = {"∧": "and", "∨": "or", "∀": "for"}

_ACCENTS = {"\u0302": "hat", "\u0304": "bar", "\u0305": "bar", "\u0303": "tilde",
            "\u20d7": "vec", "\u0307": "dot"}  # fmt: skip

_RAISED = dict(zip(
    "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱᵀᵗᵈᵏᵐᵖˣʲᵃᵇᶜᵉᵍʰˡᵒʳˢᵘᵛʷʸᶻᴺᴰᴷᴸᴹ*",
    "0123456789+-()niTtdkmpxjabceghlorsuvwyzNDKLM*",
    strict=True,
))  # fmt: skip
del _RAISED["*"]
_LOWERED = dict(zip(
    "₀₁₂₃₄₅₆₇₈₉₊₋₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ",
    "0123456789+-()aehijklmnoprstuvx",
    strict=True,
))  # fmt: skip
_SCRIPT_GREEK = {"ᵝ": "beta", "ᵞ": "gamma", "ᵟ": "delta", "ᶿ": "theta", "ᵠ": "phi",
                 "ᵦ": "beta", "ᵧ": "gamma", "ᵨ": "rho", "ᵩ": "phi"}  # fmt: skip

#: Letters that look Latin and are not.
_LOOKALIKES = dict(zip(
    "АВЕЗКМНОРСТУХаеорсухіјѕһԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΧοіІЈЅ",
    "ABE3KMHOPCTYXaeopcyxijshdqwABEZHIKMNOPTXoiIJS",
    strict=True,
))  # fmt: skip

_STYLE_WORDS = (
    ("DOUBLE-STRUCK", "mathbb"), ("SCRIPT", "mathcal"), ("FRAKTUR", "mathcal"),
    ("SANS-SERIF", "mathsf"), ("BOLD", "mathbf"),
)  # fmt: skip

_RAISED_LETTERS = "".join(_RAISED) + "ᵝᵞᵟᶿᵠ"
_LOWERED_LETTERS = "".join(_LOWERED) + "ᵦᵧᵨᵩ"

_PATTERN = re.compile(
    r"(?P<space>[ \t\r\n\u00a0\u2000-\u200a\u202f\u205f\u3000]+)"
    r"|(?P<number>(?:[0-9]+(?:\.[0-9]+|\.(?=\s*[,\])+-]))?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
    r"(?:\{,\}[0-9]+)?)"
    r"|(?P<abbreviation>(?<![A-Za-z])(?:i\. ?e\.|e\. ?g\.|s\. ?t\.|w\.r\.t\.)(?![A-Za-z]))"
    r"|(?P<word>(?:(?:np|numpy|torch|math|cmath|tf|jnp|jax|scipy|nn|functional|linalg|special)\.)*"
    r"(?:F\.(?=(?:softplus|relu|sigmoid|logsigmoid|softmax|tanh)\b))?(?:lambda_(?![A-Za-z0-9{(\\])|[A-Za-z]+[0-9]*))"
    r"|(?P<negated>\\not\s*(?:[=<>]|\\(?:in|le|ge|leq|geq)(?![A-Za-z])))"
    r"|(?P<fence>(?:\\(?:left|right|middle|[bB]igg?[lrm]?)(?![A-Za-z])\s*)+"
    r"(?:\\[{}|]|\\[A-Za-z]+|[()\[\]|/.<>]))"
    r"|(?P<linebreak>\\\\\s?\[\s?-?[0-9.]+\s?(?:pt|em|ex|mm|cm)\s?\])"
    r"|(?P<command>\\[A-Za-z]+)"
    r"|(?P<control>\\(?:.|\n))"
    r"|(?P<method>\.[A-Za-z_][A-Za-z_0-9]*)"
    r"|(?P<symbol>\^\^|\*\*|\.\*|\./|\.\^|\.\.\.?|:=|<=>|<=|>=|=>|==|=<|!=|<>|->|\+/-|\|\||&&"
    r"|[-+*/^_(){}\[\]|,;:=<>~'@&!.])"
    r"|(?P<parameter>\#[1-9])"
    rf"|(?P<raised>[{_RAISED_LETTERS}]+)|(?P<lowered>[{_LOWERED_LETTERS}]+)"
    r"|(?P<other>(?:.|\n))"
)

_ABBREVIATIONS = {"i.e.": "ie", "e.g.": "eg", "s.t.": "such", "w.r.t.": "wrt"}
#: What ``\\not`` makes of an order, which is one of real numbers.
_NEGATED = {"=": "!=", "<": ">=", ">": "<=", "in": "notin", "le": ">", "leq": ">", "ge": "<",
            "geq": "<"}  # fmt: skip
_MODULE = re.compile(r".*\.")
_STARRED = frozenset(["operatorname", "DeclareMathOperator", "newcommand", "renewcommand",
                      "providecommand"])  # fmt: skip
_DEFINED = re.compile(
    r"\\(?:(?:re|provide)?newcommand|providecommand|DeclareMathOperator)\*?\s*\{?\s*\\([A-Za-z]+)"
)

#: Words of plain text that are signs: ``sigma odot eps``.
_WORD_SIGNS = {"odot": "odot", "cdot": "*", "times": "*", "leq": "<=", "geq": ">=", "neq": "!=",
               "pm": "+-", "sim": "follows"}  # fmt: skip

#: Commands that would run TeX rather than write a formula.
_FORBIDDEN = frozenset(
    "def gdef edef xdef let futurelet csname endcsname catcode mathcode input include write"
    " immediate openin openout read closein closeout expandafter noexpand loop repeat special"
    " directlua luaexec uppercase lowercase begingroup endgroup aftergroup afterassignment"
    " newif newcount newtoks advance multiply usepackage documentclass newenvironment"
    " makeatletter makeatother ShellEscape string meaning jobname everymath".split()
)


def tokenize(text: str) -> list[Token]:
    """The tokens of a text, ``end`` last.

    Raises:
        ReadError: it is too long, or holds a character or command that no formula has.
    """
    if len(text) > CHARACTERS:
        raise ReadError(
            text[:CHARACTERS], CHARACTERS - 1, CHARACTERS,
            f"expected at most {CHARACTERS} characters, found {len(text)}",
            "hand in the formula alone",
        )  # fmt: skip
    return _Cutter(text).tokens


class _Cutter:
    """One pass over a text."""

    __slots__ = ("commands", "delimiters", "latex", "own", "space", "text", "tokens")

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[Token] = []
        self.space = 0
        self.latex = "\\" in text
        self.commands = re.search(r"\\[A-Za-z,;:!|\\{]|[{$]", text) is not None
        self.own = frozenset(_DEFINED.findall(text)) if "command" in text or "Decl" in text else ()
        self.delimiters: list[tuple[str, int]] = []
        self.cut()

    def cut(self) -> None:
        tokens = self.tokens
        for match in _PATTERN.finditer(self.text):
            kind = match.lastgroup
            piece = match.group()
            start = match.start()
            if kind == "space":
                self.space = max(self.space, 1 if "\n" not in piece else _lines(piece))
                continue
            if kind == "word":
                if "." in piece:
                    piece = _MODULE.sub("", piece)
                # lambda_ is how code avoids a keyword.
                piece = piece.rstrip("_")
                if piece in _WORD_SIGNS:
                    tokens.append(
                        Token("symbol", _WORD_SIGNS[piece], start, match.end(), self.space)
                    )
                else:
                    tokens.append(Token("word", piece, start, match.end(), self.space))
            elif kind == "symbol":
                if piece == "^^":
                    raise self.error(start, match.end(), "^^ does not write a formula")
                if piece == "&&" and self.latex:
                    # Two marks of a table, an empty cell between them.
                    self.emit("symbol", "&", start, start + 1)
                    start, piece = start + 1, "&"
                tokens.append(
                    Token("symbol", _SIGNS.get(piece, piece), start, match.end(), self.space)
                )
            elif kind == "number":
                self.number(piece, start)
            elif kind == "command":
                if not self.command(piece[1:], start):
                    continue
            elif not self.rare(kind or "", piece, start):
                continue
            self.space = 0
        if len(tokens) > TOKENS:
            token = tokens[TOKENS]
            raise self.error(
                token.start, token.end, f"expected at most {TOKENS} signs and names",
                "hand in the formula alone",
            )  # fmt: skip
        for opening, place in self.delimiters:
            raise self.error(
                place, place + len(opening), f"{opening} is never closed",
                f"close it with {_DELIMITERS.get(opening, opening)}, or leave it out",
            )  # fmt: skip
        size = len(self.text)
        tokens.append(Token("end", "", size, size, self.space))

    def error(self, start: int, end: int, problem: str, suggestion: str = "") -> ReadError:
        return ReadError(self.text, start, end, problem, suggestion)

    def emit(self, kind: str, text: str, start: int, end: int) -> None:
        self.tokens.append(Token(kind, text, start, end, self.space))
        self.space = 0

    def number(self, piece: str, start: int) -> None:
        end = start + len(piece)
        if len(piece) > DIGITS:
            raise self.error(
                start, end, f"expected a number of at most {DIGITS} digits, found {len(piece)}",
                "write it as a power",
            )  # fmt: skip
        whole, comma, rest = piece.partition("{,}")
        if comma and (len(rest) == 3 or "." in whole):
            raise self.error(
                start, end, f"{piece} can be read in two ways", "write a decimal point"
            )  # fmt: skip
        piece = piece.replace("{,}", ".")
        mantissa = piece.lower().find("e")
        if mantissa > 0 and (self.latex or piece[mantissa - 1] == "."):
            # In LaTeX 2e-1 is typeset as a product and a difference.
            raise self.error(
                start, end, f"{piece} can be read in two ways",
                f"write {piece[:mantissa]} \\cdot 10^{{{piece[mantissa + 1 :]}}}"
                f" or {piece[:mantissa]} e ...",
            )  # fmt: skip
        self.tokens.append(Token("number", piece.rstrip("."), start, end, self.space))

    def command(self, name: str, start: int) -> bool:
        end = start + len(name) + 1
        if name in self.own:
            self.emit("command", name, start, end)
        elif name in _COMMAND_SIGNS:
            self.emit("symbol", _COMMAND_SIGNS[name], start, end)
        elif name in _COMMAND_WORDS:
            self.emit("word", _COMMAND_WORDS[name], start, end)
        elif name in _WIDE:
            self.space = 3
            return False
        elif name in _SPACING:
            self.space = max(self.space, 1)
            return False
        elif name in _FORBIDDEN:
            raise self.error(
                start, end, f"\\{name} is not allowed in an answer",
                "write the formula itself; an abbreviation of one's own needs \\newcommand",
            )  # fmt: skip
        else:
            self.emit("command", _VARIANTS.get(name, name), start, end)
        return True

    def rare(self, kind: str, piece: str, start: int) -> bool:
        """A piece of a kind that is seldom; whether it left a token."""
        end = start + len(piece)
        if kind == "control":
            return self.control(piece, start)
        if kind == "fence":
            return self.fence(piece, start)
        if kind in ("raised", "lowered"):
            self.script(piece, start, raised=kind == "raised")
            return True
        if kind == "abbreviation":
            self.emit("word", _ABBREVIATIONS[piece.replace(" ", "")], start, end)
            return True
        if kind == "negated":
            self.emit("symbol", _NEGATED[piece.removeprefix("\\not").strip(" \t\n\\")], start, end)
            return True
        if kind == "linebreak":  # with a gap below: \\[2pt]
            self.emit("symbol", "\\\\", start, end)
            return True
        if kind in ("method", "parameter"):
            self.emit(kind, piece[1:], start, end)
            return True
        return self.other(piece, start)

    def control(self, piece: str, start: int) -> bool:
        if piece in _CONTROL_SIGNS:
            self.emit("symbol", _CONTROL_SIGNS[piece], start, start + 2)
            return True
        if piece == "\\ " and not self.commands and self.ends_operand():
            # MATLAB's A \\ b: in a text without any LaTeX it is no gap.
            if not self.space:
                raise self.error(
                    start, start + 2, "a backslash can be read in two ways here",
                    "leave it out, or write inv(A) * b",
                )  # fmt: skip
            self.emit("symbol", "\\", start, start + 1)
            self.space = 1
            return True
        if piece in _CONTROL_SPACES:
            self.space = max(self.space, 1)
            return False
        if piece in _DELIMITERS:
            self.delimiters.append((piece, start))
        elif self.delimiters and piece == _DELIMITERS.get(self.delimiters[-1][0]):
            self.delimiters.pop()
        elif piece in ("\\)", "\\]"):
            raise self.error(start, start + 2, f"{piece} closes nothing", "leave it out")
        elif piece == "\\%" and self.is_percentage(start + 2):
            self.percentage(start, start + 2)
            return True
        else:
            raise self.error(start, start + 2, f"{_shown(piece)} is not read in a formula")
        self.space = max(self.space, 1)
        return False

    def fence(self, piece: str, start: int) -> bool:
        """``\\left(`` and its kin: brackets stay as they are, bars learn their side."""
        end = start + len(piece)
        match = re.match(r"(?:\\(left|right|middle|[bB]igg?[lrm]?)(?![A-Za-z])\s*)+", piece)
        assert match is not None
        size, sign = match.group(1), piece[match.end() :]
        if sign == ".":
            if size == "right":
                self.emit("symbol", "null", start, end)
                return True
            self.space = max(self.space, 1)
            return False
        if sign in _OPEN_FENCES:
            self.emit("symbol", _OPEN_FENCES[sign], start, end)
            return True
        if sign not in _BAR_FENCES:
            raise self.error(
                end - len(sign), end, f"expected a bracket after \\{size}, found {sign}",
                f"write \\{size}( or leave \\{size} out",
            )  # fmt: skip
        side = "l" if size == "left" or size.endswith("l") else ""
        side = "r" if size == "right" or size.endswith("r") else side
        side = "m" if size == "middle" or size.endswith("m") else side
        self.emit("symbol", side + _BAR_FENCES[sign], start, end)
        return True

    def script(self, piece: str, start: int, *, raised: bool) -> None:
        """``x⁻¹`` as ``x^{-1}``."""
        table = _RAISED if raised else _LOWERED
        end = start + len(piece)
        plain = "".join(table.get(letter, letter) for letter in piece)
        self.emit("symbol", "^" if raised else "_", start, end)
        self.emit("symbol", "{", start, end)
        for part in re.findall(r"[0-9]+|[A-Za-z]+|.", plain):
            if part in _SCRIPT_GREEK:
                self.emit("command", _SCRIPT_GREEK[part], start, end)
            elif part.isdigit():
                self.number(part, start)
            else:
                self.emit("word" if part.isalpha() else "symbol", part, start, end)
        self.emit("symbol", "}", start, end)

    def other(self, piece: str, start: int) -> bool:
        end = start + len(piece)
        if piece in _GREEK_LETTERS:
            last = self.tokens[-1] if self.tokens else None
            if (
                piece in "θφϕ" and last is not None and last.text in ("p", "q")
                and last.end == start and self.text[end : end + 1] == "("
            ):  # fmt: skip
                # pθ(x): no function is called θ, so it is the index of a law.
                self.emit("symbol", "_", start, start)
            self.emit("command", _GREEK_LETTERS[piece], start, end)
        elif piece in _UNICODE_SIGNS:
            self.emit("symbol", _UNICODE_SIGNS[piece], start, end)
        elif piece in ("″", "”", '"') and self.tokens and piece == "″":
            self.emit("symbol", "'", start, end)
            self.emit("symbol", "'", start, end)
        elif piece in ("⋆", "★"):
            # Nobody multiplies by a star: it is a superscript.
            if not (self.tokens and self.tokens[-1][:2] == ("symbol", "^")):
                self.emit("symbol", "^", start, end)
            self.emit("symbol", "*", start, end)
        elif piece in _UNICODE_COMMANDS:
            self.emit("command", _UNICODE_COMMANDS[piece], start, end)
        elif piece in _UNICODE_WORDS:
            self.emit("word", _UNICODE_WORDS[piece], start, end)
        elif piece == "$":
            if self.delimiters and self.delimiters[-1][0] == "$":
                self.delimiters.pop()
            else:
                self.delimiters.append(("$", start))
            self.space = max(self.space, 1)
            return False
        elif piece == "%" and self.is_percentage(end):
            self.percentage(start, end)
        elif piece in _ACCENTS and self.tokens:
            self.accent(_ACCENTS[piece], start, end)
        else:
            return self.strange(piece, start, end)
        return True

    def ends_operand(self) -> bool:
        """Whether something that could be multiplied stands before this place."""
        last = self.tokens[-1] if self.tokens else None
        if last is None or last.kind != "symbol":
            return last is not None
        return last.text in (")", "]", "'")

    def is_percentage(self, end: int) -> bool:
        """Whether a percent sign at the very end follows a number."""
        last = self.tokens[-1].kind if self.tokens else ""
        return last == "number" and len(self.text) < end + 8 and not self.text[end:].strip(" .$")

    def percentage(self, start: int, end: int) -> None:
        self.emit("symbol", "/", start, end)
        self.emit("number", "100", start, end)

    def accent(self, name: str, start: int, end: int) -> None:
        """A combining mark: it belongs to the letter before it."""
        last = self.tokens.pop()
        if last.kind not in ("word", "command"):
            raise self.error(start, end, f"the mark {_named(self.text[start])} is on no letter")
        if last.kind == "word" and len(last.text) > 1:
            cut = last.end - 1
            self.tokens.append(Token("word", last.text[:-1], last.start, cut, last.space))
            last = Token("word", last.text[-1], cut, last.end, 0)
        self.tokens += _wrapped("command", name, [last._replace(space=0)], last, end)

    def strange(self, piece: str, start: int, end: int) -> bool:
        """Letters of unicode's mathematical alphabets, accented letters; the rest are errors."""
        if piece in _LOOKALIKES:
            raise self.error(
                start, end, f"found {_named(piece)}, which only looks like {_LOOKALIKES[piece]!r}",
                f"type {_LOOKALIKES[piece]}",
            )  # fmt: skip
        name = unicodedata.name(piece, "")
        plain = unicodedata.normalize("NFKC", piece)
        here = Token("word", plain, start, end, self.space)
        if "VULGAR FRACTION" in name and "⁄" in plain:
            above, below = plain.split("⁄")
            self.space = 0
            self.tokens.append(Token("command", "frac", start, end, here.space))
            for part in (above, below):
                self.tokens += (
                    Token("symbol", "{", start, end), Token("number", part, start, end),
                    Token("symbol", "}", start, end),
                )  # fmt: skip
            return True
        alphabets = ("MATHEMATICAL ", "DOUBLE-STRUCK ", "SCRIPT ", "BLACK-LETTER ")
        if name.startswith(alphabets) and len(plain) == 1:
            inner = self.letter(plain, start, end)
            if inner is not None:
                for word, command in _STYLE_WORDS:
                    if word in name:
                        self.tokens += _wrapped("command", command, [inner], here, end)
                        return True
                self.tokens.append(inner._replace(space=self.space))
                return True
        parts = unicodedata.normalize("NFD", piece)
        if len(parts) == 2 and parts[1] in _ACCENTS and parts[0].isascii():
            inner = Token("word", parts[0], start, end, 0)
            self.tokens += _wrapped("command", _ACCENTS[parts[1]], [inner], here, end)
            return True
        raise self.unreadable(piece, plain, start, end)

    def letter(self, plain: str, start: int, end: int) -> Token | None:
        if plain in _GREEK_LETTERS:
            return Token("command", _GREEK_LETTERS[plain], start, end, 0)
        if plain in _UNICODE_COMMANDS:
            return Token("command", _UNICODE_COMMANDS[plain], start, end, 0)
        if plain.isascii() and plain.isalnum():
            return Token("number" if plain.isdigit() else "word", plain, start, end, 0)
        return None

    def unreadable(self, piece: str, plain: str, start: int, end: int) -> ReadError:
        suggestion = ""
        if unicodedata.category(piece) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
            suggestion = "delete it (it is invisible) and type the formula anew"
        elif plain != piece and plain.isascii() and plain.isprintable():
            suggestion = f"type {plain}"
        elif piece == "%":
            suggestion = "write a fraction or a decimal number"
        elif piece == "?":
            suggestion = "hand in a formula"
        return self.error(start, end, f"found {_named(piece)}, which no formula has", suggestion)


def _wrapped(kind: str, name: str, inner: Iterable[Token], place: Token, end: int) -> list[Token]:
    """``\\hat{...}`` around tokens."""
    start = place.start
    return [
        Token(kind, name, start, end, place.space), Token("symbol", "{", start, end, 0), *inner,
        Token("symbol", "}", start, end, 0),
    ]  # fmt: skip


def _lines(piece: str) -> int:
    return 3 if piece.count("\n") > 1 else 2


def _named(character: str) -> str:
    """A character with its number and its name, safe to print."""
    name = unicodedata.name(character, "a control character")
    shown = f"'{character}' " if character.isprintable() and not character.isspace() else ""
    return f"{shown}U+{ord(character):04X} ({name})"


def _shown(piece: str) -> str:
    return piece if piece.isprintable() else ascii(piece)[1:-1]


#: For the parser: words upright in LaTeX.
TEXTS: Mapping[str, bool] = {
    # Whether blanks inside part words: they do in text, they vanish in formulas.
    "text": True, "textrm": True, "textnormal": True, "mbox": True, "hbox": True, "textit": True,
    "textbf": True, "textsf": True, "texttt": True, "mathrm": False, "operatorname": False,
    "rm": False, "mathit": False, "mathup": False,
}  # fmt: skip


def is_sign(token: Token, text: str) -> bool:
    return token.kind == "symbol" and token.text == text


def braced(tokens: list[Token], position: int) -> tuple[int, int] | None:
    """Where the contents of the braces at a position begin and end, if there are no inner ones."""
    if not is_sign(tokens[position], "{"):
        return None
    for end in range(position + 1, len(tokens)):
        if is_sign(tokens[end], "}"):
            return position + 1, end
        if is_sign(tokens[end], "{") or tokens[end].kind == "end":
            return None
    return None
