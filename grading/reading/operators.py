"""Sums, integrals, means and extremes: their limits, and where their bodies end."""

from __future__ import annotations

from grading.reading.arguments import Arguments
from grading.reading.nodes import NOTHING, Node
from grading.reading.reach import KNOWN
from grading.reading.spoken import BARS, EXTREMA, FUNCTIONS, INTEGRALS, OPENING, OPERATORS
from grading.reading.state import (
    CHAIN,
    bars_remaining,
    is_expectation,
    is_word,
    joined,
    scripted,
    signed,
)
from grading.reading.tokens import Token, braced, is_sign

__all__ = ["Operators"]


class Operators(Arguments):
    """Reads sums, products, integrals, means and extremes."""

    __slots__ = ()

    def has_range(self) -> bool:
        """Whether a capital Sigma or Pi stands for a sum: its subscript holds a relation."""
        if not is_sign(self.tokens[self.at + 1], "_"):
            return False
        inside = braced(self.tokens, self.at + 2)
        if self.text[self.tokens[self.at].start] in "ΣΠ":
            # Typed as a letter, but with a lone index it can only be a sum.
            first = self.at + 2 if inside is None else inside[0]
            lone = inside is None or inside[1] - inside[0] == 1
            if lone and self.tokens[first].text in ("i", "j", "k", "l"):
                return True
        if inside is None:
            return False
        return any(is_sign(token, "=") for token in self.tokens[slice(*inside)])

    def limits(self) -> tuple[Node, Node]:
        """Subscript and superscript in either order."""
        lower = upper = NOTHING
        while True:
            if not lower and self.take("_"):
                lower = self.script(raised=False)
            elif not upper and self.take("^"):
                upper = self.script(raised=True)
            else:
                return lower, upper

    def big(self, token: Token, kind: str) -> Node:
        """A sum or product with its limits and its body, the factors that follow."""
        self.at += 1
        lower, upper = self.limits()
        body = self.body(token)
        return Node(kind, "", (lower, upper, body), token.start, body.end)

    def body(self, token: Token) -> Node:
        bare, self.bare = self.bare, False
        if self.tokens[self.at].kind == "end":
            self.unexpected(f"something after {token.text}")
        self.deepen()
        sign = self.tokens[self.at]
        if sign.kind == "symbol" and sign.text in ("-", "+"):
            self.at += 1
            node = signed(sign, self.product())
        else:
            node = self.product()
        self.bare = bare
        self.depth -= 1
        return node

    def operator(self, token: Token) -> Node | None:
        """``sum`` and ``prod`` in plain text: with limits, or as a function of code."""
        following = self.tokens[self.at + 1]
        kind = OPERATORS[token.text]
        if following.kind == "symbol" and following.text in ("_", "^"):
            return self.big(token, kind)
        if is_sign(following, "("):
            self.at += 1
            generated = self.generated(token, kind)
            if generated is not None:
                return generated
            inside = self.nested()
            ranges = [part for part in inside.children if _is_range(part)]
            others = [part for part in inside.children if not _is_range(part)]
            if len(ranges) == 1 and len(others) == 1:
                body = others[0]
            elif len(ranges) == 1 and not others:
                body = self.body(token)
            else:
                return Node(
                    "function", kind if kind == "sum" else "prod", (inside, NOTHING, NOTHING),
                    token.start, inside.end,
                )  # fmt: skip
            return Node(kind, "", (ranges[0], NOTHING, body), token.start, self.previous_end())
        if following.kind in ("word", "command") and not self.is_prose(following):
            return self.big(token, kind)
        return None

    def generated(self, token: Token, kind: str) -> Node | None:
        """Python's ``sum(x_i for i in range(1, n + 1))``; None where it is another call."""
        depth = 0
        for position in range(self.at, len(self.tokens)):
            here = self.tokens[position]
            if here.kind == "symbol":
                depth += (here.text in OPENING) - (here.text in (")", "]", "}", "\\}"))
                if depth == 0:
                    return None
            elif depth == 1 and is_word(here, "for"):
                break
        else:
            return None
        self.deepen()
        opening = self.tokens[self.at]
        self.at += 1
        state = self.enter()
        body = self.expression(relations=False)
        if not is_word(self.tokens[self.at], "for"):
            self.unexpected("for")
        self.at += 1
        index = self.operand()
        if not is_word(self.tokens[self.at], "in"):
            self.unexpected("in")
        self.at += 1
        if not is_word(self.tokens[self.at], "range"):
            self.unexpected("range")
        self.at += 1
        bounds = self.operand()
        self.leave(state)
        self.close(opening, ")")
        self.depth -= 1
        if bounds.kind != "group" or len(bounds.children) not in (1, 2):
            self.fail(token, "expected range(first, last + 1)")
        lower = index
        if len(bounds.children) == 2:
            first, last = bounds.children[0], _predecessor(bounds.children[1])
            dots = Node("name", "ldots", (), first.end, last.start)
            span = Node("sequence", "", (first, dots, last), first.start, last.end, (",", ","))
            lower = Node("relation", "equal", (index, span), index.start, last.end)
        return Node(kind, "", (lower, NOTHING, body), token.start, self.previous_end())

    def integrates(self, following: Token) -> bool:
        """Whether something to integrate, or limits, follow a plain ``int``."""
        if following.kind in ("word", "number", "command", "roman"):
            return not self.is_prose(following)
        opening = following.text in OPENING or following.text in BARS
        return following.kind == "symbol" and (opening or following.text in ("_", "^", "-"))

    def integral_over(self, token: Token) -> Node:
        """An integral up to its differential, or with the differential first."""
        self.at += 1
        lower, upper = self.limits()
        count = INTEGRALS[token.text]
        bare, self.bare = self.bare, False
        self.integral += count
        differentials: list[Node] = []
        first = self.tokens[self.at]
        if self.is_differential(first) and not is_sign(self.tokens[self.at + 1], "/"):
            while self.is_differential(self.tokens[self.at]) and len(differentials) < count:
                differentials.append(self.differential())
            self.integral -= count
            body = self.body(token)
        else:
            if lower.kind == "relation" and not self.differential_ahead():
                # The variable stands below, so that the integral ends with its factors.
                body = self.body(token)
            else:
                body = self.expression(relations=False)
            while self.is_differential(self.tokens[self.at]) and (
                len(differentials) < count or self.integral == count
            ):
                differentials.append(self.differential())
                if len(differentials) > CHAIN:
                    self.fail(token, "expected fewer differentials")
            self.integral -= count
            if not differentials and body.kind == "add":
                self.fail(
                    token, "expected the integral to end with a differential, found none",
                    "write dx after the integrand",
                )  # fmt: skip
        self.bare = bare
        node = body
        end = self.previous_end()
        for differential in differentials[:-1]:
            node = Node("integral", "", (NOTHING, NOTHING, node, differential), token.start, end)
        last = differentials[-1] if differentials else NOTHING
        return Node("integral", "", (lower, upper, node, last), token.start, end)

    def differential_ahead(self) -> bool:
        """Whether a differential may follow before the bracket closes that is open here."""
        depth = 0
        for token in self.tokens[self.at :]:
            text = token.text
            if token.kind == "symbol":
                depth += (text in OPENING) - (text in (")", "]", "}", "\\}", "rangle"))
                if depth < 0:
                    return False
            elif not depth and token.kind in ("word", "roman") and _may_be_differential(text):
                return True
        return False

    def is_differential(self, token: Token) -> bool:
        """Whether ``dx``, ``d\\mathbf{x}`` or ``\\mathrm{d}x`` begins at a token."""
        if token.kind not in ("word", "roman"):
            return False
        text = token.text
        if text == "d":
            after = self.tokens[self.at + 1] if token is self.tokens[self.at] else None
            return after is not None and after.kind in ("word", "command", "roman")
        if text[0] == "d" and text not in FUNCTIONS and text not in KNOWN:
            return _is_variable(text[1:])
        if len(text) > 2 and text[-2] == "d" and text[-1].isalpha() and text.isalpha():
            # xdx: a factor and the differential, typed without a gap.
            if text in KNOWN or text in FUNCTIONS:
                return False
            cut = token.end - 2
            self.tokens[self.at : self.at + 1] = [
                Token("word", text[:-2], token.start, cut, token.space),
                Token("word", text[-2:], cut, token.end, 0),
            ]
            if self.remaining:
                self.remaining = bars_remaining(self.tokens)
        return False

    def differential(self) -> Node:
        """The variable of a differential."""
        token = self.tokens[self.at]
        text = token.text
        if text == "d":
            self.at += 1
            return self.operand_of_differential()
        rest = text[1:]
        start = token.start + 1 if token.kind == "word" else token.start
        if len(rest) > 2 and rest[1] == "d" and rest not in KNOWN:
            # dxdz
            cut = token.start + 2
            self.tokens[self.at] = Token("word", text[2:], cut, token.end, 0)
            return Node("name", rest[0], (), start, cut)
        self.tokens[self.at] = Token("word", rest, start, token.end, 0)
        return self.operand_of_differential()

    def operand_of_differential(self) -> Node:
        return self.operand()

    def expectation(self, token: Token) -> Node:
        """``E_{x ~ p}[...]``."""
        self.at += 1
        name = Node("name", "E", (), token.start, token.end)
        return self.expected(token, name)

    def expected(self, token: Token, name: Node, subscript: Node = NOTHING) -> Node:
        """The subscript and the body of an expectation."""
        if not subscript and self.take("_"):
            subscript = self.script(raised=False)
        following = self.tokens[self.at]
        subscript = self.law_without_braces(subscript)
        following = self.tokens[self.at]
        if following.kind == "symbol" and following.text in ("[", "(", "\\{", "{"):
            body = self.nested()
            bracket = self.tokens[self.at]
            if following.text == "(" and is_sign(bracket, "[") and subscript:
                # E_q(z|x)[...]
                subscript = joined([subscript, body])
                body = self.nested()
        elif not subscript and not self.continues_body(following):
            return name
        else:
            body = self.body(token)
        return Node("expect", "", (subscript, body), token.start, self.previous_end())

    def law_without_braces(self, subscript: Node) -> Node:
        """``E_x~p[...]``: the law that the variable of an expectation follows."""
        token = self.tokens[self.at]
        if not subscript or token.kind != "symbol" or token.text not in ("~", "follows"):
            return subscript
        if self.latex and token.text == "~":
            return subscript
        self.at += 1
        law = self.script(raised=False)
        if self.take("_"):
            law = scripted(law, self.script(raised=False), NOTHING, "")
        if self.sign("("):
            law = joined([law, self.nested()])
        return Node("relation", "follows", (subscript, law), subscript.start, law.end)

    def continues_body(self, token: Token) -> bool:
        return token.kind in ("word", "command", "number", "roman")

    def arg(self, token: Token) -> Node:
        """``\\arg\\max_w``, ``\\argmax_w``."""
        name = token.text
        if name == "arg":
            after = self.tokens[self.at]
            if after.text not in ("max", "min"):
                self.unexpected("\\max or \\min after \\arg")
            self.at += 1
            name += after.text
        self.at -= 1
        return self.extremum(token, name)

    def extremum(self, token: Token, name: str) -> Node:
        self.at += 1
        subscript = self.script(raised=False) if self.take("_") else NOTHING
        body = self.body(token)
        return Node("extremum", name, (subscript, body), token.start, body.end)

    def under(self, token: Token) -> Node:
        """``\\underset{w}{\\arg\\min} f``."""
        if token.text == "overset":
            self.fail(token, "\\overset is not read", "write the formula without it")
        return self.operator_in_braces(token, self.argument())

    def operator_in_braces(self, token: Token, below: Node) -> Node:
        """``{\\arg\\min}`` or ``{\\mathbb{E}}``, with what stands under it."""
        inside = braced(self.tokens, self.at)
        words = [] if inside is None else [part.text for part in self.tokens[slice(*inside)]]
        name = "".join(words)
        if inside is not None and name in EXTREMA:
            self.at = inside[1] + 1
            if not below and self.take("_"):
                below = self.script(raised=False)
            body = self.body(token)
            return Node("extremum", name, (below, body), token.start, body.end)
        node = self.argument()
        if is_expectation(node):
            return self.expected(token, node, below)
        if below:
            self.fail(token, "expected \\arg\\max, \\arg\\min or \\mathbb{E} over the subscript")
        return node


def _is_variable(text: str) -> bool:
    """What may follow a ``d``: a letter, with digits or a further differential, or a known name."""
    if text in KNOWN:
        return True
    rest = text[1:]
    return text[0].isalpha() and (not rest or rest.isdigit() or (rest[0] == "d" and len(rest) > 1))


def _may_be_differential(text: str) -> bool:
    """``d``, ``dx``, ``xdx``."""
    return "d" in (text[0], text[-2:-1]) and text not in FUNCTIONS and text not in KNOWN


def _predecessor(node: Node) -> Node:
    """One less: ``n`` for ``n + 1``."""
    if node.kind == "add" and node.children[-1].kind == "number" and node.children[-1].value == "1":
        kept = node.children[:-1]
        return kept[0] if len(kept) == 1 else Node("add", "", kept, node.start, kept[-1].end)
    one = Node("number", "1", (), node.end, node.end)
    minus = Node("negative", "", (one,), node.end, node.end)
    return Node("add", "", (node, minus), node.start, node.end)


def _is_range(node: Node) -> bool:
    """``i = 1..n``."""
    return (
        node.kind == "relation" and node.value in ("equal", "element")
        and len(node.children) == 2 and node.children[1].kind in ("sequence", "group")
        and node.children[0].kind == "name"
    )  # fmt: skip
