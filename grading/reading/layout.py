"""Passes over the tokens before parsing: upright words, and environments.

What LaTeX needs only to set type (``\\text{ where }``, ``\\begin{align*}`` and its ``&``) is
taken out here, so that the parser sees words and formulas.
"""

from __future__ import annotations

from grading.reading.errors import ReadError
from grading.reading.tokens import TEXTS, Token, braced, is_sign

__all__ = ["CASES", "PROSE", "SHORT_PROSE", "environments", "relations", "unadorned", "upright"]

_MATRICES = frozenset(
    "matrix pmatrix bmatrix Bmatrix vmatrix Vmatrix smallmatrix psmallmatrix bsmallmatrix array"
    .split()
)  # fmt: skip
CASES = frozenset(["cases", "dcases", "rcases", "cases*", "dcases*"])
_PLAIN_ENVIRONMENTS = frozenset(
    "equation equation* align align* aligned gather gather* gathered displaymath math split"
    " eqnarray eqnarray* multline multline* alignat alignat* center flalign flalign*".split()
)
#: Words that end an expression, wherever they stand.
PROSE = frozenset(
    "and if for where with when whenever iff otherwise else because since hence thus therefore"
    " which provided assuming given such unless except only not but without here denotes being"
    " are respectively elementwise componentwise entrywise using note both has have then also"
    " follows from the that this let case all any every each multiplicity double twice"
    " up counted valid holds means indeed don dont doesnt know think guess"
    " ie eg wrt does depends"
    " ignoring dropping omitting neglecting positive negative nonnegative".split()
)
#: Two letters may be a product, so these must stand free.
SHORT_PROSE = frozenset(["or", "is", "as", "so", "by", "to", "at", "we", "it", "on", "of"])


#: Words between two sides that compare them, the longest first; "is", "must be" may stand before.
_COMPARISONS = (
    ("greater than or equal to", ">="), ("larger than or equal to", ">="),
    ("less than or equal to", "<="), ("smaller than or equal to", "<="), ("greater than", ">"),
    ("larger than", ">"), ("bigger than", ">"), ("less than", "<"), ("smaller than", "<"),
    ("at least", ">="), ("at most", "<="), ("equal to", "="), ("is equal to", "="),
)  # fmt: skip
_COMPARING = tuple((tuple(words.split()), sign) for words, sign in _COMPARISONS)
_COPULAS = frozenset("is are must be has to should".split())


def relations(tokens: list[Token]) -> list[Token]:
    """``gamma is at least 1`` with the words as the sign that they stand for."""
    result: list[Token] = []
    position = 0
    while position < len(tokens):
        found = _comparison(tokens, position) if result else None
        if found is None:
            result.append(tokens[position])
            position += 1
            continue
        sign, length = found
        while len(result) > 1 and result[-1].kind == "word" and result[-1].text in _COPULAS:
            result.pop()
        start, end = tokens[position].start, tokens[position + length - 1].end
        result.append(Token("symbol", sign, start, end, 1))
        position += length
    return result


def _comparison(tokens: list[Token], position: int) -> tuple[str, int] | None:
    """The sign that words at a position stand for, and how many they are."""
    if tokens[position].kind != "word":
        return None
    for words, sign in _COMPARING:
        here = tokens[position : position + len(words)]
        if tuple(token.text for token in here if token.kind == "word") == words:
            return sign, len(words)
    return None


def unadorned(tokens: list[Token]) -> list[Token]:
    """Without the stars of Markdown's bold type, and ``\\overset{!}{=}`` as the sign alone."""
    if tokens[0].text == "^" and len(tokens) > 3 and is_sign(tokens[-2], "^"):
        tokens = [*tokens[1:-2], tokens[-1]]
    result: list[Token] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        if token.kind == "command" and token.text in _STACKS:
            above = braced(tokens, position + 1)
            sign = braced(tokens, above[1] + 1) if above else None
            if sign and sign[1] == sign[0] + 1 and tokens[sign[0]].kind == "symbol":
                result.append(tokens[sign[0]])
                position = sign[1] + 1
                continue
        result.append(token)
        position += 1
    return result


_STACKS = frozenset(("overset", "stackrel", "underset"))


def upright(tokens: list[Token]) -> list[Token]:
    """``\\text{ where }`` as the word, ``\\mathrm{KL}`` as one upright name."""
    result: list[Token] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        if token.kind == "command" and token.text in TEXTS:
            inside = braced(tokens, position + 1 + is_sign(tokens[position + 1], "*"))
            if inside:
                first, last = inside
                result += _unwrapped(token, tokens[first:last])
                position = last + 1
                continue
            after = tokens[position + 1]
            if after.kind == "word":
                # \\mathrm d takes a letter, \\rm all that follows.
                size = len(after.text) if token.text == "rm" else 1
                cut = after.start + size
                letter = after.text[:size]
                result.append(Token("roman", letter, token.start, cut, token.space))
                if len(after.text) > size:
                    result.append(Token("word", after.text[size:], cut, after.end, 0))
                position += 2
                continue
        result.append(token)
        position += 1
    return result


def _unwrapped(token: Token, inside: list[Token]) -> list[Token]:
    words = [part for part in inside if part.kind == "word"]
    if words and len(words) == len(inside):
        if len(words) == 1 or not TEXTS[token.text]:
            name = "".join(part.text for part in words)
            end = inside[-1].end + 1
            if name.lower() in PROSE or name.lower() in SHORT_PROSE:
                return [Token("word", name.lower(), token.start, end, 1)]
            return [Token("roman", name, token.start, end, token.space)]
        return [words[0]._replace(space=1), *words[1:]]
    if not inside:
        return []
    if TEXTS[token.text] and not any(is_sign(part, "_") or is_sign(part, "^") for part in inside):
        return [inside[0]._replace(space=1), *inside[1:]]
    brace = token._replace(kind="symbol", text="{")
    closing = Token("symbol", "}", inside[-1].end, inside[-1].end + 1, 0)
    return [token, brace, *inside, closing]


def environments(text: str, tokens: list[Token]) -> list[Token]:
    """``\\begin{align*}`` and its alignment marks taken out; the others as ``begin``, ``end``."""
    result: list[Token] = []
    opened: list[tuple[str, Token]] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        position += 1
        if token.kind != "command" or token.text not in ("begin", "end"):
            plain = opened and opened[-1][0] in _PLAIN_ENVIRONMENTS
            dropped = is_sign(token, "&") or _continues(tokens, position - 1)
            if not (plain and dropped):
                result.append(token)
            continue
        name, position = _environment(text, tokens, token, position)
        if token.text == "begin":
            opened.append((name, token))
        elif not opened or opened.pop()[0] != name:
            raise ReadError(
                text, token.start, tokens[position - 1].end,
                f"\\end{{{name}}} closes nothing that is open here",
            )  # fmt: skip
        if name not in _PLAIN_ENVIRONMENTS:
            end = tokens[position - 1].end
            result.append(Token(token.text, name, token.start, end, token.space))
    if opened:
        name, token = opened[-1]
        raise ReadError(
            text, token.start, token.end, f"\\begin{{{name}}} is never closed",
            f"close it with \\end{{{name}}}",
        )  # fmt: skip
    return result


def _continues(tokens: list[Token], position: int) -> bool:
    """Whether a line break at a position is inside a sum: ``\\\\ &\\quad + b``."""
    if not is_sign(tokens[position], "\\\\"):
        return False
    marks = 0
    position += 1
    while is_sign(tokens[position], "&"):
        marks += 1
        position += 1
    return is_sign(tokens[position], "+") or (marks > 0 and is_sign(tokens[position], "-"))


def _environment(text: str, tokens: list[Token], token: Token, position: int) -> tuple[str, int]:
    """The name of an environment and the position after its arguments."""
    inside = braced(tokens, position)
    name = "" if inside is None else "".join(part.text for part in tokens[slice(*inside)])
    if inside is None or name not in _MATRICES | CASES | _PLAIN_ENVIRONMENTS:
        raise ReadError(
            text, token.start, token.end, f"expected an environment that is known, found {name!r}",
            "write \\begin{pmatrix}, \\begin{cases} or \\begin{align*}",
        )  # fmt: skip
    position = inside[1] + 1
    if token.text == "begin" and name in ("array", "alignat", "alignat*"):
        layout = braced(tokens, position)
        position = position if layout is None else layout[1] + 1
    return name, position
