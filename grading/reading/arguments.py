"""Functions, and how far they reach; code's methods, fractions, roots and styles."""

from __future__ import annotations

from grading.reading.nodes import NOTHING, Node
from grading.reading.scripts import Scripts
from grading.reading.spoken import BARE, BARS, EXTREMA, FUNCTIONS, INTEGRALS, OPERATORS, STYLES
from grading.reading.state import bars_remaining, is_expectation, signed
from grading.reading.tokens import Token, braced, is_sign

__all__ = ["Arguments"]


class Arguments(Scripts):
    """Reads functions with their arguments."""

    __slots__ = ()

    def function(self, token: Token) -> Node | None:
        """A function with its scripts and its argument; None where the word is a mere name."""
        name = FUNCTIONS.get(token.text, token.text)
        following = self.tokens[self.at + 1]
        called = following.kind == "symbol" and (
            following.text == "(" or (following.text in ("[", "\\{", "{") and name in BARE)
        )
        if name in EXTREMA and not called:
            if following.kind == "symbol" and following.text == "_":
                return self.extremum(token, name)
            if token.kind == "word" or not self.brackets_follow(1):
                return None
        if name == "log" and token.kind == "word" and is_sign(following, "_"):
            # log_var, log_sigma: a name, not a base.
            after = self.tokens[self.at + 2]
            if after.kind == "word" and len(after.text) > 1:
                self.at += 3
                value = f"{token.text}_{after.text}"
                return Node("name", value, (), token.start, after.end)
        needs = name not in BARE and name not in EXTREMA
        if needs and not called and not self.brackets_follow(1):
            return None
        self.at += 1
        subscript = superscript = NOTHING
        while True:
            if not subscript and self.take("_"):
                subscript = self.script(raised=False)
            elif not superscript and self.take("^"):
                superscript = self.script(raised=True)
            else:
                break
        if name == "sqrt" and self.sign("[") and self.latex:
            return self.root_of(token)
        argument = self.argument_of(token, name)
        return Node("function", name, (argument, subscript, superscript), token.start, argument.end)

    def brackets_follow(self, offset: int) -> bool:
        """Whether brackets follow, after scripts that are simple."""
        position = self.at + offset
        token = self.tokens[position]
        while token.kind == "symbol" and token.text in ("_", "^"):
            inside = braced(self.tokens, position + 1)
            position = inside[1] + 1 if inside else min(position + 2, len(self.tokens) - 1)
            token = self.tokens[position]
        return token.kind == "symbol" and token.text in ("(", "[", "\\{", "{")

    def argument_of(self, token: Token, name: str) -> Node:
        """Brackets; or the factors that follow, up to a sign, a slash or a function."""
        following = self.tokens[self.at]
        if following.kind == "symbol":
            text = following.text
            if text in ("(", "[", "\\{"):
                return self.nested()
            if text == "{":
                inner = self.contents(following)
                return Node("group", "()", (inner,), following.start, self.previous_end())
            if text in BARS and text[0] not in "mr":
                return self.nested()
        if following.kind == "end":
            self.unexpected(f"an argument of {token.text}")
        if name == "sqrt":
            return self.operand()
        bare, self.bare = self.bare, True
        self.deepen()
        sign = self.tokens[self.at]
        if sign.kind == "symbol" and sign.text in ("-", "+"):
            self.at += 1
            node = signed(sign, self.product())
        else:
            node = self.product()
        self.depth -= 1
        self.bare = bare
        return node

    def is_function(self, token: Token) -> bool:
        """Whether a token stops the argument of a function without brackets."""
        text = token.text
        following = self.tokens[self.at + 1]
        if text in FUNCTIONS:
            return FUNCTIONS[text] in BARE or is_sign(following, "(")
        return text in OPERATORS or text in INTEGRALS

    def part_function(self, token: Token) -> None:
        """``alog(y)``: a factor typed onto a function; the word is cut in two."""
        text = token.text
        for name in ("log", "exp", "sqrt", "tanh", "sigmoid", "softplus", "ln"):
            if text.endswith(name) and 0 < len(text) - len(name) < 3:
                cut = token.end - len(name)
                self.tokens[self.at : self.at + 1] = [
                    token._replace(text=text[: -len(name)], end=cut),
                    Token("word", name, cut, token.end, 0),
                ]
                if self.remaining:
                    self.remaining = bars_remaining(self.tokens)
                return

    def based(self, token: Token) -> Node:
        """``log2(x)``, ``log10(x)``, ``sqrt2``."""
        letters = token.text.rstrip("0123456789")
        cut = token.start + len(letters)
        digits = Token("number", token.text[len(letters) :], cut, token.end, 0)
        base = Node("number", digits.text, (), digits.start, digits.end)
        self.at += 1
        if letters == "sqrt":
            return Node("function", "sqrt", (base, NOTHING, NOTHING), token.start, token.end)
        argument = self.argument_of(token, "log")
        return Node(
            "function", FUNCTIONS[letters], (argument, base, NOTHING), token.start, argument.end
        )

    def method(self, node: Node) -> Node:
        """``.pow(2)``, ``.sum()``, ``.T``."""
        token = self.tokens[self.at]
        self.at += 1
        arguments: tuple[Node, ...] = ()
        if self.sign("("):
            inside = self.nested()
            arguments = inside.children
        return Node("method", token.text, (node, *arguments), node.start, self.previous_end())

    def fraction(self, token: Token) -> Node:
        self.at += 1
        above = self.argument()
        below = self.argument()
        return Node("divide", "", (above, below), token.start, self.previous_end())

    def root(self, token: Token) -> Node:
        """``\\sqrt{x}``, ``\\sqrt[3]{x}``, ``√2``."""
        self.at += 1
        return self.root_of(token)

    def root_of(self, token: Token) -> Node:
        degree = NOTHING
        if self.sign("["):
            degree = self.nested()
            if len(degree.children) != 1:
                self.fail(token, "expected one degree in \\sqrt[n]{x}")
            degree = degree.children[0]
        unicode = self.text[token.start : token.end] == "√"
        inner = self.operand() if unicode else self.argument()
        return Node("function", "sqrt", (inner, degree, NOTHING), token.start, self.previous_end())

    def styled(self, token: Token) -> Node:
        self.at += 1
        self.take("*")
        style = STYLES[token.text]
        inner = self.argument()
        node = Node("styled", style, (inner,), token.start, self.previous_end())
        if inner.kind == "styled" and is_expectation(inner):
            return self.expected(token, node)
        if inner.kind == "name" and inner.value == "E":
            following = self.tokens[self.at]
            if style == "blackboard" or (
                following.kind == "symbol" and following.text in ("_", "[")
            ):
                return self.expected(token, node)
        return node
