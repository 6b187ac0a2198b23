"""Subscripts, superscripts and primes: how much of what follows they take."""

from __future__ import annotations

from grading.reading.brackets import Brackets
from grading.reading.nodes import NOTHING, Node
from grading.reading.reach import KNOWN
from grading.reading.spoken import COMMAND_NAMES, FUNCTIONS, SIGN_NAMES, SPELLINGS
from grading.reading.state import scripted, signed
from grading.reading.tokens import Token, is_sign

__all__ = ["Scripts"]


class Scripts(Brackets):
    """Reads what is raised and lowered."""

    __slots__ = ()

    def scripts(self, base: Node) -> Node:
        """Primes, subscript and superscript, in any order."""
        subscript = superscript = NOTHING
        primes = ""
        tokens = self.tokens
        while True:
            token = tokens[self.at]
            if token.kind != "symbol":
                break
            text = token.text
            if text == "'":
                if len(primes) > 3:
                    self.fail(token, "expected fewer primes")
                primes += "'"
                self.at += 1
            elif text == "_":
                if subscript:
                    self.fail(token, "expected one subscript, found a second", "put both in { }")
                self.at += 1
                subscript = self.script(raised=False)
            elif text == "^":
                self.at += 1
                raised = self.script(raised=True)
                if raised.kind == "name" and set(raised.value) == {"'"}:
                    primes += raised.value
                elif superscript:
                    self.fail(
                        token, "expected one superscript, found a second",
                        "put both in { } or use brackets",
                    )  # fmt: skip
                else:
                    superscript = raised
            else:
                break
        return Node(
            "scripts", primes, (base, subscript, superscript), base.start, self.previous_end()
        )

    def script(self, *, raised: bool) -> Node:
        """One script: braces, brackets, or what stands next."""
        self.script_depth += 1
        wide, self.wide = self.wide, False
        token = self.tokens[self.at]
        node: Node
        if token.kind == "symbol":
            node = self.script_sign(token, raised=raised)
        elif token.kind == "word":
            node = self.script_word(token, raised=raised)
        elif token.kind == "number":
            if self.latex and token.text.isdigit() and len(token.text) > 1:
                mark = "^" if raised else "_"
                self.fail(
                    token, f"expected braces: LaTeX raises or lowers only the {token.text[0]}",
                    f"write {mark}{{{token.text}}}",
                )  # fmt: skip
            node = self.atom()
        elif token.kind == "end":
            self.unexpected("an exponent" if raised else "an index")
        elif token.kind == "command" and token.text in COMMAND_NAMES:
            self.at += 1
            node = Node("name", token.text, (), token.start, token.end)
        else:
            node = self.nested()
        if raised and not self.latex and self.sign("^"):
            # 2^3^n is 2^(3^n), as in code.
            self.deepen()
            self.at += 1
            upper = self.script(raised=True)
            node = scripted(node, NOTHING, upper, "")
            self.depth -= 1
        self.wide = wide
        self.script_depth -= 1
        return node

    def script_sign(self, token: Token, *, raised: bool) -> Node:
        text = token.text
        if text == "{":
            return self.contents(token)
        if text in ("*", "+", "'", "odot", "+-", "-+"):
            self.at += 1
            return Node("name", SIGN_NAMES.get(text, text), (), token.start, token.end)
        if text == "-":
            self.deepen()
            self.at += 1
            after = self.tokens[self.at]
            if after.kind == "end" or (after.kind == "symbol" and after.text in (")", "}", ",")):
                return Node("name", "-", (), token.start, token.end)
            inner = self.script(raised=raised)
            self.depth -= 1
            return signed(token, inner)
        if text in ("(", "[", "\\{"):
            return self.nested()
        self.unexpected("an exponent" if raised else "an index")

    def script_word(self, token: Token, *, raised: bool) -> Node:
        """How much of a word is the script: one letter in LaTeX, the whole word in plain text."""
        text = token.text
        following = self.tokens[self.at + 1]
        if len(text) > 1:
            next_script = is_sign(following, "_") and not following.space
            if raised:
                if text in FUNCTIONS and is_sign(following, "("):
                    return self.nested()
                if text[0] == "T" and text not in KNOWN:
                    return self.first_of(token)
            if text not in KNOWN and (self.latex or (not raised and _is_split(text, next_script))):
                return self.first_of(token)
            if raised and text not in KNOWN and text.isalpha() and len(text) > 1:
                self.fail(
                    token, f"expected brackets around the exponent {text}",
                    f"write ^({text}) or ^{text[0]} {text[1:]}",
                )  # fmt: skip
        self.at += 1
        node = Node("name", SPELLINGS.get(text, text), (), token.start, token.end)
        if raised and not self.latex and text != "T" and self.sign("_"):
            self.at += 1
            return scripted(node, self.script(raised=False), NOTHING, "")
        return node


def _is_split(text: str, next_script: bool) -> bool:
    """``x_iy_i`` and ``pi_kN(...)``: an index with the next name typed onto it."""
    if next_script and text.isalpha():
        return True
    return text[0] in "ijklmn" and text[1].isupper()
