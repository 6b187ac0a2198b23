"""A student's own macros: ``\\newcommand`` and ``\\DeclareMathOperator``, expanded with a limit.

Only what is defined in the answer itself is expanded, by replacing tokens; nothing of TeX is
executed. Each token of a body carries the place where the macro was used, arguments included;
arguments keep their own.
"""

from __future__ import annotations

from dataclasses import dataclass

from grading.reading.errors import ReadError
from grading.reading.tokens import Token

__all__ = ["OPERATIONS", "expand"]

#: How many tokens all expansions of one answer may leave.
OPERATIONS = 10_000

_DEFINITIONS = frozenset(["newcommand", "renewcommand", "providecommand", "DeclareMathOperator"])


@dataclass(frozen=True, slots=True)
class _Macro:
    """A definition: how many arguments, the first one's default, and the body."""

    arity: int
    default: tuple[Token, ...] | None
    body: tuple[Token, ...]


def expand(text: str, tokens: list[Token]) -> list[Token]:
    """The tokens with the macros they define expanded and the definitions taken out.

    Raises:
        ReadError: a definition is malformed, or the expansion does not end within OPERATIONS.
    """
    if not any(token.kind == "command" and token.text in _DEFINITIONS for token in tokens):
        return tokens
    return _Expander(text, tokens).result


class _Expander:
    """Reads from a stack of tokens, last first, so that an expansion is pushed back and reread."""

    __slots__ = ("left", "macros", "pending", "result", "text")

    def __init__(self, text: str, tokens: list[Token]) -> None:
        self.text = text
        self.pending = tokens[::-1]
        self.macros: dict[str, _Macro] = {}
        self.left = OPERATIONS
        self.result: list[Token] = []
        while self.pending:
            token = self.pending.pop()
            if token.kind != "command":
                self.result.append(token)
            elif token.text in _DEFINITIONS:
                self.define(token)
            elif token.text in self.macros:
                self.use(token)
            else:
                self.result.append(token)

    def error(self, token: Token, problem: str, suggestion: str = "") -> ReadError:
        return ReadError(self.text, token.start, token.end, problem, suggestion)

    def peek(self, text: str) -> bool:
        return self.pending[-1].kind == "symbol" and self.pending[-1].text == text

    def skip(self, text: str) -> bool:
        if self.peek(text):
            self.pending.pop()
            return True
        return False

    def define(self, token: Token) -> None:
        """``\\newcommand{\\name}[2][default]{body}`` or ``\\DeclareMathOperator{\\name}{body}``."""
        self.skip("*")
        braced = self.skip("{")
        name = self.pending.pop()
        if name.kind != "command" or (braced and not self.skip("}")):
            raise self.error(
                token, f"expected the name of a macro after \\{token.text}",
                f"write \\{token.text}{{\\name}}{{...}}",
            )  # fmt: skip
        if token.text == "DeclareMathOperator":
            self.skip("*")
            body = [token._replace(text="operatorname"), *self.braces(name, keep=True)]
            self.macros[name.text] = _Macro(0, None, tuple(body))
            return
        arity, default = self.signature(token)
        body = self.braces(name)
        for inner in body:
            if inner.kind == "parameter" and int(inner.text) > arity:
                raise self.error(inner, f"\\{name.text} has no argument #{inner.text}")
        if token.text == "providecommand" and name.text in self.macros:
            return
        self.macros[name.text] = _Macro(arity, default, tuple(body))

    def signature(self, token: Token) -> tuple[int, tuple[Token, ...] | None]:
        if not self.peek("["):
            return 0, None
        count = self.brackets(token)
        if len(count) != 1 or count[0].kind != "number" or count[0].text not in "123456789":
            raise self.error(token, "expected the number of arguments, 1 to 9, in [ ]")
        default = tuple(self.brackets(token)) if self.peek("[") else None
        return int(count[0].text), default

    def brackets(self, token: Token) -> list[Token]:
        """What stands in ``[ ]``."""
        self.pending.pop()
        inside: list[Token] = []
        depth = 0
        while self.pending[-1].kind != "end":
            here = self.pending.pop()
            if here.kind == "symbol":
                if here.text == "]" and depth == 0:
                    return inside
                depth += (here.text == "{") - (here.text == "}")
            inside.append(here)
        raise self.error(token, "[ is never closed", "close it with ]")

    def braces(self, name: Token, *, keep: bool = False) -> list[Token]:
        """What stands in ``{ }``, or one token without them."""
        first = self.pending.pop()
        if first.kind == "end":
            raise self.error(name, f"expected something after \\{name.text}, found the end")
        if first.kind != "symbol" or first.text != "{":
            if first.kind in ("word", "number") and len(first.text) > 1:
                # LaTeX takes one letter or digit.
                cut = first.start + 1
                self.pending.append(Token(first.kind, first.text[1:], cut, first.end, 0))
                first = first._replace(text=first.text[0], end=cut)
            return [first]
        inside = [first] if keep else []
        depth = 1
        while self.pending[-1].kind != "end":
            here = self.pending.pop()
            if here.kind == "symbol":
                depth += (here.text == "{") - (here.text == "}")
            if depth == 0:
                return [*inside, here] if keep else inside
            inside.append(here)
        raise self.error(first, "{ is never closed", "close it with }")

    def use(self, token: Token) -> None:
        """Push the body back, arguments put in, everything at the place of the use."""
        macro = self.macros[token.text]
        end = token.end
        arguments: list[list[Token]] = []
        for position in range(macro.arity):
            if position == 0 and macro.default is not None:
                given = self.brackets(token) if self.peek("[") else list(macro.default)
            else:
                given = self.braces(token)
            arguments.append(given)
            end = max([end, *(inner.end for inner in given)])
        written: list[Token] = []
        for inner in macro.body:
            if inner.kind == "parameter":
                written += arguments[int(inner.text) - 1]
            else:
                written.append(inner._replace(start=token.start, end=end))
            self.left -= 1
            if len(written) > self.left:
                raise self.error(
                    token, f"the macro \\{token.text} does not come to an end",
                    "write the formula without it",
                )  # fmt: skip
        self.left -= len(written)
        if written:
            written[0] = written[0]._replace(space=token.space)
        self.pending += reversed(written)
