"""What cannot be read, said with its place, what was expected and what to write instead."""

from __future__ import annotations

__all__ = ["ReadError"]


class ReadError(ValueError):
    """A text is no answer; it is never guessed at.

    Attributes:
        text: the text as it was handed in.
        start: where the trouble begins, an offset into ``text``.
        end: where it ends.
        problem: what was expected and what was found, in one line.
        suggestion: what to write instead, in one line; empty where there is nothing to suggest.
    """

    def __init__(self, text: str, start: int, end: int, problem: str, suggestion: str = "") -> None:
        super().__init__(problem)
        self.text = text
        self.start = max(0, min(start, len(text)))
        self.end = max(self.start, min(end, len(text)))
        self.problem = problem
        self.suggestion = suggestion
