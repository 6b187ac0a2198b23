"""Markdown to the document model, with tokens that stand for nodes made elsewhere.

A token is a number between two private-use characters. Markdown passes it through as text; here it
is replaced by the node it stands for. What a template may use: paragraphs, lists, ``*emph*``,
``**strong**``, code and small tables; everything else is read as plain text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from markdown_it import MarkdownIt
from markdown_it.token import Token

from reports.document import (
    Block,
    Code,
    Emphasis,
    Inline,
    ListBlock,
    Mark,
    Math,
    Measured,
    Observed,
    Paragraph,
    Strong,
    TableBlock,
    Text,
)

__all__ = ["MarkdownError", "Node", "Nodes", "parse_blocks", "parse_inline"]

Node: TypeAlias = "Inline | Block"

_OPEN, _CLOSE = "\ue000", "\ue001"
_TOKEN = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")
_INLINE = (Text, Emphasis, Strong, Code, Math, Measured, Observed, Mark)

#: Markdown that templates do without; it is read as plain text.
_UNUSED = (
    "autolink code fence blockquote hr reference heading lheading html_block html_inline image link"
).split()


class MarkdownError(ValueError):
    """Markdown holds something that a document cannot; the message says what."""


@dataclass(slots=True)
class Nodes:
    """The nodes that tokens stand for.

    >>> nodes = Nodes()
    >>> parse_inline("see " + nodes.token(Code("x")), nodes)
    (Text(text='see '), Code(text='x'))
    """

    nodes: list[Node] = field(default_factory=list)

    def token(self, node: Node) -> str:
        """Keep ``node`` and return the token that stands for it."""
        self.nodes.append(node)
        return f"{_OPEN}{len(self.nodes) - 1}{_CLOSE}"

    def __getitem__(self, number: int) -> Node:
        return self.nodes[number]


def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "typographer": True})
    return reader.enable(["table", "smartquotes"]).disable(_UNUSED)


_READER = _reader()


def parse_blocks(text: str, nodes: Nodes) -> tuple[Block, ...]:
    """Read Markdown; a block node within a paragraph splits it.

    Raises:
        MarkdownError: a block node stands where only words can (a table, code).
    """
    stream = _Stream(_READER.parse(text), nodes)
    return stream.blocks()


def parse_inline(text: str, nodes: Nodes | None = None) -> tuple[Inline, ...]:
    """Read one line of Markdown, such as a step's reason or a caption."""
    parsed = _READER.parseInline(text)
    content = parsed[0].children or [] if parsed else []
    return _words(_inline(content, nodes or Nodes()), "a single line")


def _words(content: Sequence[Node], where: str) -> tuple[Inline, ...]:
    words: list[Inline] = []
    for node in content:
        if not isinstance(node, _INLINE):
            kind = type(node).__name__
            raise MarkdownError(f"{kind} needs a paragraph of its own, found in {where}")
        words.append(node)
    return tuple(words)


def _inline(tokens: Sequence[Token], nodes: Nodes) -> list[Node]:
    """The nodes of a run of inline tokens; nested emphasis by a stack."""
    stack: list[list[Node]] = [[]]
    for token in tokens:
        match token.type:
            case "text":
                stack[-1].extend(_split(token.content, nodes))
            case "softbreak" | "hardbreak":
                stack[-1].append(Text(" "))
            case "code_inline":
                if _TOKEN.search(token.content):
                    raise MarkdownError("code holds a placeholder; take it out of the backquotes")
                stack[-1].append(Code(token.content))
            case "em_open" | "strong_open":
                stack.append([])
            case "em_close":
                inner = _words(stack.pop(), "emphasis")
                stack[-1].append(Emphasis(inner))
            case "strong_close":
                inner = _words(stack.pop(), "strong emphasis")
                stack[-1].append(Strong(inner))
            case kind:
                raise MarkdownError(f"expected plain words, found Markdown of kind {kind!r}")
    return stack[0]


def _split(text: str, nodes: Nodes) -> list[Node]:
    found: list[Node] = []
    for position, part in enumerate(_TOKEN.split(text)):
        if position % 2:
            found.append(nodes[int(part)])
        elif part:
            found.append(Text(part))
    return found


def _paragraphs(content: list[Node]) -> list[Block]:
    """A paragraph's nodes as blocks: words gathered, block nodes between them."""
    blocks: list[Block] = []
    words: list[Inline] = []

    def finish() -> None:
        # what is left of a sentence after its displayed formula is often a full stop alone
        if any(not isinstance(word, Text) or word.text.strip(" .,;:") for word in words):
            blocks.append(Paragraph(tuple(words)))
        words.clear()

    for node in content:
        if isinstance(node, _INLINE):
            words.append(node)
        else:
            finish()
            blocks.append(node)
    finish()
    return blocks


class _Stream:
    """Reads a flat list of block tokens."""

    def __init__(self, tokens: list[Token], nodes: Nodes) -> None:
        self.tokens = tokens
        self.nodes = nodes
        self.position = 0

    def blocks(self, until: str = "") -> tuple[Block, ...]:
        found: list[Block] = []
        while self.position < len(self.tokens):
            token = self.tokens[self.position]
            self.position += 1
            match token.type:
                case kind if kind == until:
                    break
                case "inline":
                    found.extend(_paragraphs(_inline(token.children or [], self.nodes)))
                case "bullet_list_open":
                    found.append(ListBlock(self.items("bullet_list_close")))
                case "ordered_list_open":
                    start = int(token.attrs.get("start", 1))
                    found.append(ListBlock(self.items("ordered_list_close"), start))
                case "table_open":
                    found.append(self.table())
        return tuple(found)

    def items(self, until: str) -> tuple[tuple[Block, ...], ...]:
        items: list[tuple[Block, ...]] = []
        while self.tokens[self.position].type != until:
            self.position += 1
            items.append(self.blocks("list_item_close"))
        self.position += 1
        return tuple(items)

    def table(self) -> TableBlock:
        rows: list[list[tuple[Inline, ...]]] = []
        while (token := self.tokens[self.position]).type != "table_close":
            self.position += 1
            if token.type == "tr_open":
                rows.append([])
            elif token.type == "inline":
                rows[-1].append(_words(_inline(token.children or [], self.nodes), "a table"))
        self.position += 1
        return TableBlock(tuple(rows[0]), tuple(tuple(row) for row in rows[1:]))
