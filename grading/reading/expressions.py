"""Expressions: the precedence parser, from tokens to a tree.

Whatever is decided here is decided by signs alone: how far a function without brackets reaches,
where a sum ends, which bars belong together. What depends on what a name is (a call or a product,
a prime or a transpose) is left to :mod:`grading.reading.meaning`.
"""

from __future__ import annotations

import difflib
from itertools import pairwise
from typing import NoReturn

from grading.reading.layout import PROSE
from grading.reading.nodes import NOTHING, Node
from grading.reading.operators import Operators
from grading.reading.reach import KNOWN, absorbed
from grading.reading.spoken import (
    ACCENTS,
    BARS,
    COMMAND_NAMES,
    COMMANDS,
    EXTREMA,
    FRACTIONS,
    FUNCTIONS,
    INTEGRALS,
    OPENING,
    OPERATORS,
    SHORTHANDS,
    SPELLINGS,
    STYLES,
    WRAPPERS,
)
from grading.reading.state import CHAIN, is_word, joined, scripted, signed
from grading.reading.tokens import Token, is_sign

__all__ = ["Parser"]

#: How many signs may stand in a row.
_SIGNS_IN_A_ROW = 3

_RELATIONS = {"=": "equal", "!=": "unequal", "<": "less", "<=": "less_equal", ">": "greater",
              ">=": "greater_equal", "in": "element", "notin": "outside",
              "follows": "follows", ":=": "defined",
              "approx": "approximately", "propto": "proportional"}  # fmt: skip

#: Signs between two sets.
_SETS = {"cup": "union", "cap": "intersection", "setminus": "difference"}


class Parser(Operators):
    """Reads expressions."""

    __slots__ = ()

    def expression(self, *, relations: bool = True) -> Node:
        """Sums, and relations between them."""
        operands: list[Node] = []
        names: list[str] = []
        while True:
            terms: list[Node] = []
            tokens = self.tokens
            while True:
                token = tokens[self.at]
                signs: list[Token] = []
                while token.kind == "symbol" and token.text in ("+", "-", "+-", "-+"):
                    signs.append(token)
                    self.at += 1
                    token = tokens[self.at]
                if len(signs) > 1:
                    self.check_signs(signs)
                term = self.product()
                for sign in reversed(signs):
                    term = signed(sign, term)
                terms.append(term)
                token = tokens[self.at]
                if token.kind != "symbol" or token.text not in ("+", "-", "+-", "-+"):
                    break
                if self.cells and token.space and not tokens[self.at + 1].space:
                    break
            node = terms[0]
            if len(terms) > 1:
                terms = absorbed(terms)
                node = terms[0]
                if len(terms) > 1:
                    node = Node("add", "", tuple(terms), terms[0].start, terms[-1].end)
            node = self.range_from(node)
            token = tokens[self.at]
            if is_sign(token, "|->") and node.kind in ("name", "scripts", "styled", "group"):
                # x \\mapsto f(x): the value is what is claimed.
                self.at += 1
                continue
            name = self.relation(token) if relations else ""
            if not name:
                break
            operands.append(node)
            names.append(name)
            self.at += 1
        if not operands:
            return node
        operands.append(node)
        return Node("relation", " ".join(names), tuple(operands), operands[0].start, node.end)

    def check_signs(self, signs: list[Token]) -> None:
        """Several signs in a row: a few are read, ``+-`` without a gap could mean two things."""
        if len(signs) > _SIGNS_IN_A_ROW:
            self.fail(signs[-1], "expected a term, found another sign")
        for first, second in pairwise(signs):
            if first.text + second.text in ("+-", "-+") and first.end == second.start:
                self.fail(
                    first._replace(end=second.end), "expected one sign, found two",
                    "write ± for both signs, or put the negative term in brackets",
                )  # fmt: skip

    def relation(self, token: Token) -> str:
        """The relation that a token is, or nothing."""
        if token.kind == "symbol":
            text = token.text
            if text in _RELATIONS:
                return _RELATIONS[text]
            if text == "~" and (self.script_depth or not self.latex):
                return "follows"
            if text == ":" and self.wide and not self.script_depth:
                return "defined"
            if text in ("&", "\\\\") and self.wide:
                return self.continued()
        elif token.kind == "word" and token.text == "in" and token.space:
            return "element"
        elif self.script_depth and is_word(token, "from"):
            return "follows"
        return ""

    def continued(self) -> str:
        """The relation with which a chain goes on in the next line."""
        position = self.at
        while is_sign(self.tokens[position], "&") or is_sign(self.tokens[position], "\\\\"):
            position += 1
        token = self.tokens[position]
        if token.kind != "symbol" or token.text not in _RELATIONS:
            return ""
        self.at = position
        return _RELATIONS[token.text]

    def range_from(self, node: Node) -> Node:
        """``1..n`` and ``1 to n`` as a sequence with dots in the middle."""
        token = self.tokens[self.at]
        if token.kind == "symbol" and token.text == "..":
            pass
        elif not (token.kind == "word" and token.text == "to" and self.script_depth):
            return node
        self.at += 1
        last = self.expression(relations=False)
        dots = Node("name", "ldots", (), token.start, token.end)
        return Node("sequence", "", (node, dots, last), node.start, last.end, (",", ","))

    def product(self) -> Node:
        """Factors side by side, with signs or slashes between them."""
        tokens = self.tokens
        factors: list[Node] = []
        signs: list[str] = []
        run = [self.operand()]
        kind = "multiply"
        slashes = 0
        while True:
            token = tokens[self.at]
            if token.kind == "symbol":
                text = token.text
                if text in ("*", "odot"):
                    if self.bare:
                        break
                    if self.is_star(token):
                        run[-1] = self.starred(run[-1])
                        continue
                    self.at += 1
                    factors.append(joined(run))
                    new = "multiply" if text == "*" else "hadamard"
                    if new != kind and len(factors) > 1:
                        slashes += 1
                        factors = [_product(kind, factors, signs)]
                        signs = []
                    kind = new
                    signs.append(self.text[token.start : token.end])
                    run = [self.signed_operand()]
                elif text == "/":
                    if self.bare:
                        break
                    slashes += 1
                    if slashes > CHAIN:
                        self.fail(token, "expected fewer fractions in a row", "use brackets")
                    self.at += 1
                    above = joined(run)
                    below = self.denominator()
                    run = [Node("divide", "/", (above, below), above.start, below.end)]
                elif self.starts(token):
                    run.append(self.operand())
                elif text == "\\":
                    self.at += 1
                    slashes += 1
                    if slashes > CHAIN:
                        self.fail(token, "expected fewer divisions in a row", "use brackets")
                    factors.append(joined(run))
                    left = _product(kind, factors, signs) if len(factors) > 1 else factors[0]
                    right = self.operand()
                    both = Node("group", "()", (left, right), left.start, right.end, (",",))
                    run = [
                        Node("function", "solve", (both, NOTHING, NOTHING), left.start, right.end)
                    ]
                    factors, signs = [], []
                elif text in _SETS:
                    self.at += 1
                    slashes += 1
                    if slashes > CHAIN:
                        self.fail(token, "expected fewer sets in a row")
                    left = joined([*factors, *run])
                    if left.kind in _SETS.values() and left.kind != _SETS[text]:
                        self.fail(token, "expected one kind of sign between sets", "use brackets")
                    right = self.operand()
                    run = [Node(_SETS[text], "", (left, right), left.start, right.end)]
                    factors = []
                else:
                    break
            elif token.kind == "end":
                break
            elif self.continues(token, run[-1]):
                run.append(self.operand())
            else:
                break
        if not factors:
            return joined(run)
        factors.append(joined(run))
        return _product(kind, factors, signs)

    def starts(self, token: Token) -> bool:
        """Whether a sign begins a further factor."""
        text = token.text
        if text in OPENING:
            if self.cells and token.space:
                return False
            if self.wide and self.gap(token):
                return False
            if text == "[" and self.closes_interval():
                return False
            return not (text == "(" and self.remark_in_brackets())
        return text in BARS and self.opens_bar(token)

    def closes_interval(self) -> bool:
        """Whether ``[`` at this place ends ``[1, \\infty[``: nothing to open follows."""
        after = self.tokens[self.at + 1]
        if after.kind == "end":
            return True
        return after.kind == "symbol" and after.text in (
            ",", ";", ")", "]", "}", "\\}", ".", "\\\\", "=", *_SETS,
        )  # fmt: skip

    def continues(self, token: Token, before: Node) -> bool:
        """Whether a name, number or command is a further factor."""
        if self.cells and token.space:
            return False
        if self.wide and token.space > 1 and self.gap(token):
            return False
        kind = token.kind
        if kind == "word":
            if self.is_prose(token) or (token.text == "in" and token.space):
                return False
            if self.integral and self.is_differential(token):
                return False
            return not (self.bare and self.is_function(token))
        if kind == "number":
            if before.kind == "number":
                self.fail(
                    token, "expected a sign between two numbers, found none",
                    f"write {before.value} * {token.text}",
                )  # fmt: skip
            return True
        if kind in ("command", "roman"):
            if self.integral and self.is_differential(token):
                return False
            if kind == "command" and token.text == "over":
                return False
            return not (self.bare and self.is_function(token))
        return kind == "begin"

    def is_star(self, token: Token) -> bool:
        """Whether ``*`` is a superscript: nothing that could be multiplied follows."""
        if token.text != "*" or self.text[token.start : token.end] != "*":
            return False
        after = self.tokens[self.at + 1]
        if after.kind == "end":
            return True
        if is_sign(after, "|") or is_sign(after, "||"):
            return self.remaining.get(self.at + 1, 1) % 2 == 1
        return after.kind == "symbol" and after.text in (
            "/", "+", "*", "=", ")", "]", "}", "\\}", ",", ";", "<", ">", "<=", ">=",
            "m|", "m||", "r|", ".", "in", ":=", "^", "_",
        )  # fmt: skip

    def starred(self, node: Node) -> Node:
        token = self.tokens[self.at]
        self.at += 1
        star = Node("name", "*", (), token.start, token.end)
        return scripted(node, NOTHING, star, "")

    def signed_operand(self) -> Node:
        token = self.tokens[self.at]
        if token.kind == "symbol" and token.text in ("+", "-", "+-", "-+"):
            self.at += 1
            return signed(token, self.operand())
        return self.operand()

    def denominator(self) -> Node:
        """What a slash divides by: one factor, or a name with the brackets after it."""
        node = self.signed_operand()
        if not _is_callable(node):
            return node
        run = [node]
        token = self.tokens[self.at]
        while (
            token.kind == "symbol" and token.text in ("(", "[") and self.starts(token)
        ):  # fmt: skip
            run.append(self.operand())
            token = self.tokens[self.at]
            if is_sign(token, "("):
                break
        return joined(run)

    def operand(self) -> Node:
        """One factor with its scripts."""
        self.deepen()
        node = self.atom()
        tokens = self.tokens
        methods = 0
        while True:
            token = tokens[self.at]
            if token.kind == "symbol":
                if token.text in ("^", "_", "'"):
                    if self.cells and token.space and token.text == "'":
                        break
                    node = self.scripts(node)
                elif token.text == "!":
                    self.fail(token, "expected no factorial", "write the formula without !")
                else:
                    break
            elif token.kind == "method" and not token.space:
                methods += 1
                if methods > CHAIN:
                    self.fail(token, "expected fewer methods in a row")
                node = self.method(node)
            else:
                break
        self.depth -= 1
        return node

    def atom(self) -> Node:
        """One factor without its scripts."""
        token = self.tokens[self.at]
        kind = token.kind
        if kind == "number":
            self.at += 1
            return Node("number", token.text, (), token.start, token.end)
        if kind == "word":
            return self.word(token)
        if kind == "command":
            return self.command(token)
        if kind == "symbol":
            return self.bracketed(token)
        if kind == "roman":
            return self.roman(token)
        if kind == "begin":
            return self.environment(token)
        if kind == "parameter":
            self.fail(token, f"#{token.text} stands outside a definition", "leave it out")
        self.unexpected("a formula")

    def bracketed(self, token: Token) -> Node:
        text = token.text
        if text == "(" or text == "[" or text == "\\{":
            return self.group(token)
        if text == "{":
            return self.braces(token)
        if text in BARS and text[0] not in "mr":
            return self.bars(token)
        if text == "langle" or (text == "<" and self.wide):
            return self.angles(token)
        if text == "]" and self.wide:
            return self.group(token)
        if text in ("*", "odot"):
            # A placeholder for an argument: N(\cdot; mu).
            after = self.tokens[self.at + 1]
            if after.kind == "symbol" and (
                after.text in (",", ";", ")", "]") or after.text in BARS
            ):
                self.at += 1
                return Node("name", "cdot", (), token.start, token.end)
        if text in ("ldots", ".."):
            self.at += 1
            return Node("name", "ldots", (), token.start, token.end)
        self.unexpected("a formula")

    def word(self, token: Token) -> Node:
        text = token.text
        if self.is_prose(token):
            self.fail(
                token, f"expected a formula, found the word {text!r}", "hand in the formula alone"
            )
        if self.integral and len(text) > 2:
            self.is_differential(token)
            token = self.tokens[self.at]
            text = token.text
        following = self.tokens[self.at + 1]
        if text in FUNCTIONS or text in EXTREMA:
            node = self.function(token)
            if node is not None:
                return node
        elif text in OPERATORS:
            node = self.operator(token)
            if node is not None:
                return node
        elif text in INTEGRALS and self.integrates(following):
            return self.integral_over(token)
        elif text == "E" and following.kind == "symbol" and following.text in ("_", "["):
            return self.expectation(token)
        elif text in WRAPPERS and is_sign(following, "("):
            self.at += 1
            inside = self.group(following)
            return inside.children[0] if len(inside.children) == 1 else inside
        elif text[-1].isdigit() and _is_base(text):
            return self.based(token)
        elif is_sign(following, "(") and not following.space and text not in KNOWN:
            self.part_function(token)
            text = self.tokens[self.at].text
            token = self.tokens[self.at]
        self.at += 1
        return Node("name", SPELLINGS.get(text, text), (), token.start, token.end)

    def roman(self, token: Token) -> Node:
        text = token.text
        following = self.tokens[self.at + 1]
        if text in FUNCTIONS or text in EXTREMA:
            node = self.function(token)
            if node is not None:
                return node
        if text == "E" and following.kind == "symbol" and following.text in ("_", "["):
            return self.expectation(token)
        self.at += 1
        inner = Node("name", SPELLINGS.get(text, text), (), token.start, token.end)
        return Node("styled", "roman", (inner,), token.start, token.end)

    def command(self, token: Token) -> Node:
        text = token.text
        if text in COMMAND_NAMES:
            if text in ("Sigma", "Pi") and self.has_range():
                return self.big(token, "sum" if text == "Sigma" else "product")
            self.at += 1
            return Node("name", text, (), token.start, token.end)
        if text in FRACTIONS:
            return self.fraction(token)
        if text == "sqrt":
            return self.root(token)
        if text in ACCENTS:
            self.at += 1
            inner = self.argument()
            return Node("accent", ACCENTS[text], (inner,), token.start, self.previous_end())
        if text in FUNCTIONS or text in EXTREMA:
            node = self.function(token)
            if node is not None:
                return node
            self.unexpected(f"an argument of \\{text}")
        if text in STYLES:
            return self.styled(token)
        if text in ("sum", "prod"):
            return self.big(token, OPERATORS[text])
        if text in INTEGRALS:
            return self.integral_over(token)
        return self.other_command(token)

    def other_command(self, token: Token) -> Node:
        text = token.text
        self.at += 1
        if text in ("boxed", "fbox", "ensuremath"):
            return self.argument()
        if text == "mathop":
            return self.operator_in_braces(token, NOTHING)
        if text == "not":
            self.fail(token, "expected no \\not here", "write \\neq")
        if text in ("norm", "abs"):
            inner = self.argument()
            bar = "||" if text == "norm" else "|"
            return Node("bars", bar, (inner,), token.start, self.previous_end())
        if text in ("underbrace", "overbrace"):
            inner = self.argument()
            if self.take("_") or self.take("^"):
                self.script(raised=False)  # what is written under the brace
            return inner
        if text in ("color", "label", "tag"):
            self.skip_argument()
            return self.atom()
        if text == "textcolor":
            self.skip_argument()
            return self.argument()
        if text in ("arg", "argmax", "argmin"):
            return self.arg(token)
        if text in ("underset", "overset"):
            return self.under(token)
        if text in SHORTHANDS:
            name = SHORTHANDS[text]
            if name == "E":
                self.at -= 1
                return self.expectation(token)
            return Node("name", name, (), token.start, token.end)
        self.unknown(token)

    def unknown(self, token: Token) -> NoReturn:
        text = token.text
        known = COMMANDS
        prefixes = [text[:cut] for cut in range(len(text) - 1, 1, -1) if text[:cut] in known]
        if prefixes:
            suggestion = f"write \\{prefixes[0]} {text[len(prefixes[0]) :]}"
        else:
            close = difflib.get_close_matches(text[:20], known, 1)
            suggestion = f"did you mean \\{close[0]}?" if close else ""
            suggestion = suggestion or "define it with \\newcommand, or write it out"
        self.fail(token, f"expected a command that is known, found \\{text[:40]}", suggestion)

    def remark_in_brackets(self) -> bool:
        """Whether ``(`` at this place opens a remark: ``(for all n)``."""
        if not self.wide:
            return False
        token = self.tokens[self.at + 1]
        if token.kind != "word":
            return False
        opening = self.tokens[self.at]
        called = not opening.space and self.at > 0 and self.tokens[self.at - 1].kind == "word"
        if token.text.lower() in PROSE | {"in", "as", "by"} and not called:
            return True
        return bool(self.tokens[self.at].space) and self.only_words(self.at + 1)

    def only_words(self, position: int) -> bool:
        """Whether two words or more stand between here and the bracket that closes."""
        words = telling = 0
        while not is_sign(self.tokens[position], ")"):
            token = self.tokens[position]
            if token.kind == "word":
                words += 1
                telling += len(token.text) > 3 and token.text not in KNOWN
            elif token.kind != "symbol" or token.text not in (",", "-", "'"):
                return False
            position += 1
        return words > 1 and telling > 0


def _is_base(text: str) -> bool:
    """``log2``, ``log10``, ``sqrt2``: a function with digits."""
    return text.rstrip("0123456789") in ("log", "sqrt", "ln") and text != "log1p"


def _is_callable(node: Node) -> bool:
    """A name, with a style, accent or scripts maybe: brackets after it may be a call."""
    while node.kind in ("scripts", "styled", "accent"):
        node = node.children[0]
    return node.kind == "name"


def _product(kind: str, parts: list[Node], signs: list[str]) -> Node:
    """Factors and the signs between them; only code's ``@`` is worth keeping."""
    kept = tuple(signs) if "@" in signs else ()
    return Node(kind, "", tuple(parts), parts[0].start, parts[-1].end, kept)
