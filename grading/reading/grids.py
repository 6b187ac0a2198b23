"""Matrices and cases: environments of LaTeX, and ``[a b; c d]``."""

from __future__ import annotations

from grading.reading.layout import CASES
from grading.reading.nodes import NOTHING, Node
from grading.reading.state import State, row
from grading.reading.tokens import Token, is_sign

__all__ = ["Grids"]


class Grids(State):
    """Reads matrices and cases."""

    __slots__ = ()

    def matlab(self) -> str | bool:
        """Whether the ``[`` at this place holds rows: ``space``, ``comma`` or no."""
        depth = 0
        rows = commas = False
        for position in range(self.at + 1, len(self.tokens)):
            token = self.tokens[position]
            if token.kind != "symbol":
                continue
            text = token.text
            if text in ("(", "[", "{", "\\{"):
                depth += 1
            elif text in (")", "]", "}", "\\}"):
                if depth == 0:
                    if not rows or text != "]":
                        return False
                    return "comma" if commas else "space"
                depth -= 1
            elif depth == 0:
                rows = rows or text == ";"
                commas = commas or text == ","
        return False

    def rows(
        self, token: Token, state: tuple[str, bool, bool, int, bool], *, by_space: bool
    ) -> Node:
        """``[a b; c d]``."""
        rows: list[Node] = []
        while not self.sign("]"):
            self.cells = by_space
            cells = [self.expression()]
            while True:
                if not by_space and self.take(","):
                    cells.append(self.expression())
                elif by_space and not self.sign(";") and not self.sign("]"):
                    if self.tokens[self.at].kind == "end":
                        self.unclosed(token, "]")
                    cells.append(self.expression())
                else:
                    break
            rows.append(row(cells))
            if not self.take(";") and not self.sign("]"):
                self.unclosed(token, "]")
        self.leave(state)
        self.at += 1
        self.depth -= 1
        if not rows:
            self.fail(token, "expected the cells of a matrix, found none")
        return Node("matrix", "", tuple(rows), token.start, self.previous_end())

    def environment(self, token: Token) -> Node:
        """Matrices and cases."""
        self.deepen()
        self.at += 1
        state = self.enter()
        rows: list[list[Node]] = [[]]
        cases = token.text in CASES
        while self.tokens[self.at].kind != "end" or self.tokens[self.at].text == "":
            here = self.tokens[self.at]
            if here.kind == "end":
                break
            if self.take("&"):
                if not rows[-1]:
                    rows[-1].append(NOTHING)
                after = self.tokens[self.at]
                if is_sign(after, "&") or is_sign(after, "\\\\") or after.kind == "end":
                    rows[-1].append(NOTHING)
                continue
            if self.take("\\\\"):
                rows.append([])
                continue
            rows[-1].append(self.condition() if cases and rows[-1] else self.expression())
            if cases and len(rows[-1]) == 1:
                self.take(",")
            here = self.tokens[self.at]
            if here.kind != "end" and not (is_sign(here, "&") or is_sign(here, "\\\\")):
                if cases and len(rows[-1]) == 1 and here.kind == "word":
                    rows[-1].append(self.condition())
                    continue
                self.unexpected("& or \\\\")
        self.leave(state)
        self.depth -= 1
        end = self.tokens[self.at]
        self.at += 1
        rows = [cells for cells in rows if cells]
        if not rows:
            self.fail(token, "expected the cells of a matrix, found none")
        if cases and all(len(cells) == 1 and cells[0].kind == "relation" for cells in rows):
            # A system of equations, with the brace that LaTeX's cases draw.
            parts = tuple(cells[0] for cells in rows)
            joints = (";",) * (len(parts) - 1)
            return Node("sequence", "", parts, token.start, end.end, joints)
        if cases:
            rows = [[*cells, NOTHING][:2] if len(cells) < 3 else cells for cells in rows]
        node = Node(
            "cases" if cases else "matrix", "", tuple(row(cells) for cells in rows), token.start,
            end.end,
        )  # fmt: skip
        if token.text in ("vmatrix", "Vmatrix"):
            return Node(
                "bars", "|" if token.text[0] == "v" else "||", (node,), node.start, node.end
            )
        return node

    def condition(self) -> Node:
        """The condition of a case: ``if x > 0``, ``otherwise``."""
        token = self.tokens[self.at]
        while token.kind == "word" and token.text in ("if", "for", "when", "where", "all"):
            self.at += 1
            token = self.tokens[self.at]
        if token.kind in ("word", "roman") and token.text in ("otherwise", "else"):
            self.at += 1
            self.take(".")
            return NOTHING
        node = self.expression()
        parts = [node]
        separators = []
        while separator := self.separator():
            token = self.tokens[self.at]
            if separator == "," and (is_sign(token, "\\\\") or token.kind == "end"):
                break
            separators.append(separator)
            parts.append(self.expression())
        self.take(".")
        if len(parts) == 1:
            return node
        return Node("sequence", "", tuple(parts), node.start, parts[-1].end, tuple(separators))
