"""Brackets, braces, bars and angles: what opens, what closes it, and what separates the parts."""

from __future__ import annotations

from grading.reading.grids import Grids
from grading.reading.nodes import NOTHING, Node
from grading.reading.spoken import SIGN_NAMES
from grading.reading.state import bars_remaining, is_word
from grading.reading.tokens import Token, braced, is_sign

__all__ = ["Brackets", "ranged"]

_CLOSERS = {"(": ")", "[": "]", "\\{": "\\}", "{": "}", "]": "]"}


class Brackets(Grids):
    """Reads what stands in brackets, between bars and in angles."""

    __slots__ = ()

    def braces(self, token: Token) -> Node:
        """``{ ... }`` in LaTeX: what stands in it, or a set if it has commas."""
        self.deepen()
        self.at += 1
        state = self.enter()
        parts, separators = self.separated("}")
        self.leave(state)
        self.close(token, "}")
        self.depth -= 1
        if not parts:
            return self.transposed_before(token)
        if len(parts) == 1:
            return parts[0]
        return Node("group", "{}", parts, token.start, self.previous_end(), separators)

    def transposed_before(self, token: Token) -> Node:
        """``{}^t X``: a transpose written in front."""
        if self.take("^"):
            mark = self.script(raised=True)
            if mark.kind == "name" and mark.value in ("t", "T", "top"):
                factor = self.operand()
                top = Node("name", "T", (), mark.start, mark.end)
                return Node("scripts", "", (factor, NOTHING, top), token.start, factor.end)
        self.fail(token, "expected something in the braces, found nothing", "leave them out")

    def argument(self) -> Node:
        """What a command of LaTeX takes: braces, or one letter, digit or command."""
        token = self.tokens[self.at]
        if token.kind == "symbol":
            if token.text == "{":
                return self.contents(token)
            if token.text in ("*", "+", "'"):
                self.at += 1
                return Node("name", token.text, (), token.start, token.end)
            if token.text in ("(", "["):
                return self.nested()
            self.unexpected("an argument in braces")
        if token.kind == "end":
            self.unexpected("an argument in braces")
        if token.kind in ("number", "word") and len(token.text) > 1:
            return self.first_of(token)
        if token.kind == "word":
            self.at += 1
            return Node("name", token.text, (), token.start, token.end)
        return self.nested()

    def nested(self) -> Node:
        """One factor without its scripts, one level down."""
        self.deepen()
        node = self.atom()
        self.depth -= 1
        return node

    def first_of(self, token: Token) -> Node:
        """The first letter or digit; what is left stays for the next reader."""
        cut = token.start + 1
        rest = token.text[1:]
        kind = "number" if rest[0].isdigit() or rest[0] == "." else "word"
        self.tokens[self.at] = Token(kind, rest, cut, token.end, 0)
        return Node(
            "number" if token.kind == "number" else "name", token.text[0], (), token.start, cut
        )

    def contents(self, token: Token) -> Node:
        """``{ ... }`` as an argument or a script: one thing, or a sequence with separators."""
        self.deepen()
        self.at += 1
        state = self.enter()
        node = self.lone_sign()
        if node is None:
            parts, separators = self.separated("}")
            if not parts:
                self.unexpected("something in the braces")
            node = parts[0]
            if len(parts) > 1:
                node = Node("sequence", "", parts, node.start, self.previous_end(), separators)
        self.leave(state)
        self.close(token, "}")
        self.depth -= 1
        return node

    def lone_sign(self) -> Node | None:
        """``{*}``, ``{+}``, ``{\\prime}``: a sign that is a name here."""
        token = self.tokens[self.at]
        if token.kind != "symbol" or token.text not in ("*", "+", "-", "'", "odot", "+-"):
            return None
        end = self.at
        while is_sign(self.tokens[end], token.text):
            end += 1
        if not is_sign(self.tokens[end], "}") or (end - self.at > 1 and token.text != "'"):
            return None
        name = SIGN_NAMES.get(token.text, token.text) * (end - self.at)
        self.at = end
        return Node("name", name, (), token.start, self.previous_end())

    def skip_argument(self) -> None:
        """``{red}``: what only colours or labels."""
        inside = braced(self.tokens, self.at)
        if inside is None:
            self.unexpected("{")
        self.at = inside[1] + 1

    def separated(self, closer: str) -> tuple[tuple[Node, ...], tuple[str, ...]]:
        """What stands in brackets, and what separates it."""
        parts: list[Node] = []
        separators: list[str] = []
        token = self.tokens[self.at]
        if token.kind == "symbol" and token.text in (closer, ")", "]", "}", "\\}"):
            return (), ()
        while True:
            parts.append(self.expression())
            if self.tokens[self.at].kind == "command" and self.tokens[self.at].text == "over":
                # {a \\over b}
                self.at += 1
                above, below = parts.pop(), self.expression()
                parts.append(Node("divide", "", (above, below), above.start, below.end))
            separator = self.separator()
            if not separator:
                break
            token = self.tokens[self.at]
            if token.kind == "symbol" and token.text in (closer, ")", "]") and separator == ",":
                break
            separators.append(separator)
        if len(parts) > 2:
            return ranged(parts, separators)
        return tuple(parts), tuple(separators)

    def separator(self) -> str:
        """The separator at this place, taken; or nothing."""
        token = self.tokens[self.at]
        text = token.text
        if token.kind == "symbol":
            if text in (",", ";", ":"):
                self.at += 1
                if is_word(self.tokens[self.at], "and"):
                    self.at += 1
                    return "and"
                return text
            if text in ("|", "||", "m|", "m||") and text != self.bar:
                self.at += 1
                if text in ("|", "m|") and is_sign(self.tokens[self.at], text):
                    self.at += 1
                    text = "||"
                return text.removeprefix("m")
            if text == "and":
                self.at += 1
                return text
        elif token.kind == "word" and text in ("and", "or"):
            self.at += 1
            return text
        return ""

    def group(self, token: Token) -> Node:
        """``( ... )``, ``[ ... ]``, ``\\{ ... \\}``, half-open intervals, MATLAB's matrices."""
        opening = token.text
        matrix = opening == "[" and ";" in self.text and self.matlab()
        self.deepen()
        self.at += 1
        state = self.enter()
        if matrix is not False:
            return self.rows(token, state, by_space=matrix == "space")
        parts, separators = self.separated(_CLOSERS[opening])
        self.leave(state)
        closing = self.tokens[self.at]
        closer = closing.text if closing.kind == "symbol" else ""
        interval = len(parts) == 2 and separators[0] in (",", ";")
        if closer != _CLOSERS[opening] or opening == "]":
            allowed = interval and opening in ("(", "[", "]") and closer in (")", "]", "[")
            if closer == "null" and opening == "\\{" and len(parts) == 1:
                allowed = True
            if not allowed:
                self.unclosed(token, _CLOSERS[opening])
        self.at += 1
        self.depth -= 1
        value = opening.removeprefix("\\") + ("." if closer == "null" else closer[-1])
        return Node("group", value, parts, token.start, closing.end, separators)

    def opens_bar(self, token: Token) -> bool:
        """Whether a bar after a factor opens: so it is if an even number of its kind is left."""
        text = token.text
        if text[0] == "l":
            return True
        if text[0] in "mr" or text == self.bar:
            return False
        return self.remaining.get(self.at, 1) % 2 == 0

    def bars(self, token: Token) -> Node:
        """``|x|``, ``\\|x\\|``, ``\\left| x \\right|``."""
        text = token.text
        closer = "r" + text[1:] if text[0] == "l" else text
        self.deepen()
        state = self.enter()
        self.cells = False
        self.bar = closer
        self.at += 1
        inner = self.expression()
        here = self.tokens[self.at]
        if closer == "|" and is_sign(here, "||") and here.end - here.start == 2:
            # |x||y|: two bars that only stand side by side.
            middle = here.start + 1
            self.tokens[self.at : self.at + 1] = [
                Token("symbol", "|", here.start, middle, here.space),
                Token("symbol", "|", middle, here.end, 0),
            ]
            self.remaining = bars_remaining(self.tokens)
        self.leave(state)
        if not self.take(closer):
            self.unclosed(token, closer)
        self.depth -= 1
        return Node("bars", closer.removeprefix("r"), (inner,), token.start, self.previous_end())

    def angles(self, token: Token) -> Node:
        """``\\langle x, y \\rangle``."""
        closer = "rangle" if token.text == "langle" else ">"
        self.deepen()
        self.at += 1
        state = self.enter()
        first = self.expression(relations=False)
        if closer == "rangle" and self.sign(closer) and is_sign(self.tokens[self.at + 1], "_"):
            # The mean of physics: \\langle f \\rangle_p.
            self.leave(state)
            self.at += 2
            self.depth -= 1
            law = self.script(raised=False)
            inside = Node("group", "[]", (first,), first.start, first.end)
            return Node("expect", "", (law, inside), token.start, self.previous_end())
        if not (self.take(",") or self.take("|") or self.take("m|")):
            self.unexpected("a comma in an inner product")
        second = self.expression(relations=False)
        self.leave(state)
        self.close(token, closer)
        self.depth -= 1
        return Node("inner", "", (first, second), token.start, self.previous_end())


def ranged(parts: list[Node], separators: list[str]) -> tuple[tuple[Node, ...], tuple[str, ...]]:
    """``i = 1, ..., n`` among separated parts as one relation with a sequence on its right."""
    for place, part in enumerate(parts):
        if part.kind != "name" or part.value != "ldots" or place == 0 or place + 1 == len(parts):
            continue
        first = place - 1
        while first > 0 and parts[first].kind != "relation":
            first -= 1
        head = parts[first]
        last = parts[place + 1]
        if head.kind != "relation" or last.kind == "relation":
            continue
        items = (head.children[-1], *parts[first + 1 : place + 2])
        inside = Node(
            "sequence", "", items, items[0].start, last.end, tuple(separators[first : place + 1])
        )
        whole = Node("relation", head.value, (*head.children[:-1], inside), head.start, last.end)
        rest = [*parts[:first], whole, *parts[place + 2 :]]
        kept = [*separators[:first], *separators[place + 1 :]]
        return (tuple(rest), tuple(kept)) if len(rest) < 3 else ranged(rest, kept)
    return tuple(parts), tuple(separators)
