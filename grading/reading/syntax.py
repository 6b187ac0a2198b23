"""The whole answer: its formulas, and the words around them.

:func:`parse` is the way in: tokens, macros, upright words and environments, then the formulas (by
:mod:`.expressions`), then what follows them: abbreviations and conditions are kept, words
that say nothing are dropped from a list of words, and anything else is an error.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NoReturn

from grading.reading.brackets import ranged
from grading.reading.errors import ReadError
from grading.reading.expressions import Parser
from grading.reading.layout import PROSE, SHORT_PROSE, environments, relations, unadorned, upright
from grading.reading.macros import expand
from grading.reading.nodes import NOTHING, Node
from grading.reading.reach import KNOWN
from grading.reading.spoken import FUNCTIONS, OPENING
from grading.reading.state import DEPTH, is_word, row
from grading.reading.tokens import GREEK, Token, is_sign, tokenize

__all__ = ["DEPTH", "FUNCTIONS", "NODE_DEPTH", "parse"]

#: How deep the tree of an answer may be.
NODE_DEPTH = 150

_IMPLICATIONS = {"=>": "implies", "<=>": "equivalent"}

#: An answer that begins with one of these is one in words.
_ANSWER_WORDS = frozenset(
    "yes no true false correct incorrect wrong right forward reverse backward inclusive exclusive"
    " amortized amortised neither both none yep yeah nope never always necessary unnecessary"
    " consistent inconsistent not".split()
)

#: Words that may stand before an answer without changing it.
_LEADING = frozenset(
    "answer ans solution result the is so hence thus therefore we get have obtain find then final"
    " which gives it follows that by final so yields equals precisely exactly iff if for when"
    " whenever all every eigenvalues are real condition holds need yes at"
    " point points stationary saddle origin unique minimum maximum attained value optimal"
    " discriminator gradient jacobian hessian matrix on hyperbola curve set line loss expected"
    " distance divergence simplifies only optimum solutions minimizer maximizer reached"
    " equilibrium only one just sits lies there located".split()
)

#: Words of which a harmless remark consists.
_HARMLESS = frozenset(
    "as required desired expected above before hence thus so therefore qed here done finally the"
    " a an this that it is are which gives answer result final closed form solution then all"
    " eigenvalues real in nats eg ie note and also indeed holds valid everywhere by"
    " definition symmetry of we get have for every any each case our my have these them"
    " distinct simple two three values both counted their where same shown was to be derived"
    " optimum optimal at point points loss function formula expression simplified simplifies"
    " global local minimum maximum origin opposite signs saddle constant surely stationary unique"
    " equilibrium critical prediction error maximizes minimizes maximises minimises towards nearest"
    " perfect ideal nash bound elbo evidence reconstruction term terms regularizer penalty prior"
    " posterior likelihood gradient discriminator generator critic data model noise fake first"
    " second complex pair imaginary purely stable unstable marginally spiral convex concave"
    " strictly proof question part previous exercise step chain rule product quotient bayes theorem"
    " jensen inequality identity implies vanishes objective expected"
    " general always network output input weight weights logit probability density"
    " ratio variance standard deviation layer hidden pixel image images with respect"
    " ridge regression regularized regularised least squares normal equation equations decay"
    " responsibility responsibilities dropout tikhonov"
    .split()
)  # fmt: skip

#: Words of a remark that there is no other such point.
_UNIQUE = frozenset(
    "and is it this the a only one stationary critical saddle point equilibrium solution unique"
    " there no other".split()
)

#: Words that take something back: a reason or a comment with one of them is not dropped.
_LIMITING = frozenset(
    "only unless except without neither nor none but however otherwise incorrect wrong false if"
    " when whenever provided assuming some where approximately small large big low high few many"
    " grows goes tends approaches increases decreases up sometimes".split()
)

#: Further words that make a comment ("which holds for ...") more than a comment.
_VALIDITY = frozenset("valid holds hold true for not up".split())

#: What joins a comment to a formula that continues the chain: "which equals ...".
_EQUATING = frozenset(
    "equals equal gives give becomes become yields simplifies reduces evaluates".split()
)

_REASONS = frozenset("because since as by using from thus hence therefore indeed note so".split())
_CONDITIONS = frozenset(
    "where with for if when whenever provided assuming given such iff let".split()
)
#: Those that say when an answer holds, rather than what a name in it is.
_LIMITS = frozenset("if when whenever provided assuming iff".split())
#: Words of an estimate, not of an answer.
_VAGUE = frozenset("about approximately roughly nearly almost around maybe probably twice".split())
_FILLERS = frozenset("that all any every each arbitrary given fixed let we define the".split())
_DESCRIPTIONS = frozenset(["is", "are", "denotes", "being", "denote", "does", "depends"])
_ADJECTIVES = {"positive": "greater", "negative": "less", "nonnegative": "greater_equal"}
#: Phrases with a meaning, each by the words it may be made of; they are kept as words.
_PHRASES = (
    frozenset(
        "with of each both multiplicity algebraic geometric double twice simple counted root"
        " eigenvalue eigenvalues is are one two three times the a and its".split()
    ),
    frozenset(
        "elementwise componentwise entrywise coordinatewise element component coordinate wise"
        " applied product products multiplication operations taken with all the is are by".split()
    ),
    frozenset(
        "up to a an additive constant constants the do does not matter ignoring dropping"
        " omitting neglecting terms which independent of w weights that in".split()
    ),
    frozenset(["respectively"]),
)
_MEANINGFUL = frozenset(
    "multiplicity double twice elementwise componentwise entrywise up counted respectively"
    " matter ignoring dropping omitting neglecting".split()
)

#: Words that say which of two conventions a name follows.
_CONVENTIONS = frozenset("variance variances deviation deviations".split())

#: Words of which a description consists that only repeats what the question says of a name.
_DESCRIBING = _HARMLESS | frozenset(
    "logistic sigmoid identity matrix diagonal density densities distribution constants size"
    " independent depend depends does not on w weights vector appropriate normal gaussian"
    " dimension number real optimal sizes respective any some layers".split()
)


def parse(text: str) -> Node:
    """The tree of an answer.

    Raises:
        ReadError: it is no formula; with the place, what was expected, and what to write.
    """
    tokens = expand(text, tokenize(text))
    if "\\" in text:
        tokens = upright(tokens)
        if "\\begin" in text or "\\end" in text:
            tokens = environments(text, tokens)
    if "**" in text or "rel" in text or "set" in text:
        tokens = unadorned(tokens)
    if "than" in text or "equal" in text or "at " in text:
        tokens = relations(tokens)
    if len(tokens) == 1:
        raise ReadError(text, 0, len(text), "expected an answer, found nothing")
    if _is_words(tokens):
        return _words(text, tokens)
    node = _Answer(text, tokens).answer()
    if len(tokens) > NODE_DEPTH:
        _check_depth(text, node)
    return node


def _check_depth(text: str, node: Node) -> None:
    level = [node]
    for _ in range(NODE_DEPTH):
        level = [child for parent in level for child in parent.children]
        if not level:
            return
    deep = level[0]
    raise ReadError(
        text, deep.start, deep.end, f"expected at most {NODE_DEPTH} things inside one another",
        "write it flatter",
    )  # fmt: skip


def _is_words(tokens: list[Token]) -> bool:
    """Whether an answer is one in words."""
    first = tokens[0]
    if first.kind in ("word", "roman") and first.text.lower() in _ANSWER_WORDS:
        # "Yes, at (0, 0)": the formula is the answer.
        return first.text.lower() != "yes" or _all_words(tokens) or not is_sign(tokens[1], ",")
    position = 0
    while tokens[position].kind in ("word", "roman") and tokens[position].text.lower() in _LEADING:
        position += 1
    if not _all_words(tokens):
        return False
    words = sum(token.kind in ("word", "roman") for token in tokens)
    first = tokens[position]
    if first.kind == "end":
        return words > 1 or first.text.lower() in PROSE
    lower = first.text.lower()
    if len(lower) == 1 and tokens[position + 1].kind == "word":
        # "a constant", "I guess"
        return lower in ("a", "i") and _is_telling(tokens[position + 1].text)
    return words > 1 and (
        lower in PROSE or lower in SHORT_PROSE or lower in _ANSWER_WORDS or _is_telling(lower)
    )


def _all_words(tokens: list[Token]) -> bool:
    """Whether nothing but words and their punctuation stands there."""
    return all(
        token.kind in ("word", "roman", "method", "end")
        or (token.kind == "symbol" and token.text in (",", ".", ";", ":", "!", "'", "-"))
        for token in tokens
    )


def _is_telling(word: str) -> bool:
    return len(word) > 3 and word.isalpha() and word not in KNOWN and word not in FUNCTIONS


def _is_restricting(words: list[str]) -> bool:
    """Whether harmless words together say that the answer is another, or a bound."""
    if "opposite" in words and "signs" not in words:
        return True
    return "bound" in words and not {"evidence", "elbo"}.intersection(words)


def _is_noun(word: str) -> bool:
    """A word before a name, which may be one of those that stand in subscripts, too."""
    return _is_telling(word) or (len(word) > 3 and word in KNOWN and word not in GREEK)


def _words(text: str, tokens: list[Token]) -> Node:
    start, end = tokens[0].start, tokens[-2].end
    return Node("words", text[start:end], (), start, end)


class _Answer(Parser):
    """The parser of a whole answer."""

    __slots__ = ("said",)

    def __init__(self, text: str, tokens: list[Token]) -> None:
        super().__init__(text, tokens)
        #: Where a condition or a reason begins, and the word it is said with.
        self.said: dict[int, str] = {}

    # -- the whole answer

    def answer(self) -> Node:
        """The formula or formulas, then conditions and remarks in words."""
        self.leading()
        parts: list[Node] = []
        separators: list[str] = []
        extra: list[Node] = []
        while True:
            self.skip_label(len(parts))
            parts.append(self.statement())
            separator = self.top_separator()
            token = self.tokens[self.at]
            if token.kind == "end":
                break
            if self.is_prose(token) or (is_sign(token, "(") and self.remark_in_brackets()):
                if separator == "or":
                    self.unread(token)
                extra = self.clauses()
                if len(extra) == 1 and extra[0].kind == "cases":
                    case = extra[0]
                    first = Node("row", "", (parts.pop(), case.children[0].children[1]))
                    rows = (row(list(first.children)), *case.children[1:])
                    parts.append(Node("cases", "", rows, first.children[0].start, case.end))
                    extra = []
                break
            if not separator:
                self.unexpected("a sign or the end")
            separators.append(separator)
        if len(parts) > 2:
            statements, kept = ranged(parts, separators)
            parts, separators = list(statements), list(kept)
        while len(parts) > 1 and (_is_index_range(parts[-1]) or _is_definition(parts[-1])):
            extra.insert(0, parts.pop())
            separators.pop()
        node = parts[0]
        if len(parts) > 1:
            node = Node(
                "sequence", "", tuple(parts), node.start, parts[-1].end,
                tuple(separators[: len(parts) - 1]),
            )  # fmt: skip
        if extra:
            said = tuple(self.said.get(part.start, "") for part in extra)
            end = self.previous_end()
            return Node("where", "", (node, *extra), node.start, end, said if any(said) else ())
        return node

    def leading(self) -> None:
        """Skip words before the formula that say nothing, and a leading ``=``."""
        start = self.at
        while True:
            token = self.tokens[self.at]
            word = token.kind in ("word", "roman") and token.text.lower() in _LEADING
            if is_word(token, "only") and is_word(self.tokens[self.at + 1], "if"):
                self.unread(token)
            if not word and (self.at == start or not (is_sign(token, ":") or is_sign(token, ","))):
                break
            self.at += 1
        if self.tokens[self.at].kind == "end":
            self.at = start
        if not self.take("="):
            self.take("=>")

    def statement(self) -> Node:
        """A relation, or statements joined by implications."""
        operands = [self.expression()]
        names: list[str] = []
        while name := self.implication():
            names.append(name)
            operands.append(self.expression())
        if not names:
            return operands[0]
        if not any(operand.kind == "relation" for operand in operands):
            names = ["equal" if name == "equivalent" else name for name in names]
        return Node(
            "relation", " ".join(names), tuple(operands), operands[0].start, operands[-1].end
        )

    def skip_label(self, count: int) -> None:
        """``1) ... 2) ...``: the label of a statement, if the labels count up."""
        token = self.tokens[self.at]
        label = token.text
        if label not in (str(count + 1), "abcdefgh"[count : count + 1]):
            return
        if not is_sign(self.tokens[self.at + 1], ")") or not self.tokens[self.at + 2].space:
            return
        following = str(count + 2) if label.isdigit() else chr(ord(label) + 1)
        listed = count > 0 or any(
            first.text == following and is_sign(second, ")")
            for first, second in pairwise(self.tokens[self.at :])
        )
        if listed:
            self.at += 2

    def implication(self) -> str:
        """An implication at this place, taken: an arrow, or ``i.e.`` before a formula."""
        token = self.tokens[self.at]
        if token.kind == "symbol" and token.text in _IMPLICATIONS:
            self.at += 1
            return _IMPLICATIONS[token.text]
        position = self.at + is_sign(token, ",")
        if not is_word(self.tokens[position], "ie"):
            return ""
        after = self.tokens[position + 1 + is_sign(self.tokens[position + 1], ",")]
        if after.kind == "end" or (after.kind == "word" and after.text.lower() in _HARMLESS):
            return ""
        if after.kind == "word" and _is_telling(after.text) and _all_words(self.tokens[position:]):
            return ""
        self.at = position + 1
        self.take(",")
        return "equivalent"

    def top_separator(self) -> str:
        """What parts two statements: the signs and words at this place, taken."""
        found = ""
        while True:
            token = self.tokens[self.at]
            text = token.text
            if token.kind == "symbol" and text in (",", ";", ".", "\\\\"):
                mark = ";" if text == "\\\\" else text
                if text == "," and found == ",":
                    self.unexpected("something between two commas")
                if text == ".":
                    after = self.tokens[self.at + 1]
                    if after.kind == "end":
                        self.at += 1
                        continue
                    mark = ";"
                found = found or mark
            elif token.kind == "word" and text in ("and", "or"):
                found = text
            elif is_sign(token, "and") or is_sign(token, "&"):
                found = "and"
            else:
                break
            self.at += 1
        if not found and token.kind != "end" and self.gap(token):
            return ";"
        return found

    # -- words after an answer

    def clauses(self) -> list[Node]:
        """The conditions and abbreviations that follow an answer; harmless remarks are dropped."""
        found: list[Node] = []
        brackets = 0
        while True:
            token = self.tokens[self.at]
            if token.kind == "end":
                if brackets:
                    self.fail(token, "expected ), found the end of the answer")
                return found
            if token.kind == "symbol" and token.text in (",", ";", ".", "\\\\", "and"):
                self.at += 1
            elif is_sign(token, "(") and self.remark_in_brackets():
                brackets += 1
                self.at += 1
            elif brackets and is_sign(token, ")"):
                brackets -= 1
                self.at += 1
            elif is_word(token, "and"):
                self.at += 1
            else:
                self.clause(token, found, bracketed=brackets > 0)

    def clause(self, token: Token, found: list[Node], *, bracketed: bool) -> None:
        """One clause: a condition, a reason, a remark; or an error."""
        word = token.text.lower() if token.kind in ("word", "roman") else ""
        if word in _REASONS:
            self.reason(found)
        elif word == "ie":
            self.restatement(token)
        elif word == "which":
            self.comment(token)
        elif word in ("else", "otherwise"):
            self.otherwise(token, found)
        elif word in _CONDITIONS:
            self.conditions(token, found)
        elif self.phrase(token, found, bracketed=bracketed):
            pass
        elif token.space == 3 or found or (token.kind == "symbol" and token.text in OPENING):
            self.condition_list(token, found, named=False)
        else:
            self.unread(token)

    def unread(self, token: Token) -> NoReturn:
        if token.kind in ("word", "roman"):
            self.fail(
                token, f"expected the end of the answer, found the words {self.rest(token)!r}",
                "hand in the formula alone, conditions as formulas after a comma",
            )  # fmt: skip
        self.unexpected("the end of the answer")

    def rest(self, token: Token) -> str:
        shown = self.text[token.start : token.start + 40].strip()
        return shown if shown.isprintable() else ascii(shown)[1:-1]

    def words_ahead(self) -> tuple[list[str], int]:
        """The words up to the next sign of a formula, lower case, and where they end."""
        words: list[str] = []
        position = self.at
        while True:
            token = self.tokens[position]
            if token.kind in ("word", "roman"):
                words.append(token.text.lower())
            elif token.kind == "method":
                words += token.text.lower().split("_")
            elif not (token.kind == "symbol" and token.text in ("'", "-", "!")):
                return words, position
            position += 1

    def phrase(self, token: Token, found: list[Node], *, bracketed: bool = False) -> bool:
        """Words that say nothing are dropped, words with a meaning are kept as words."""
        words, end = self.words_ahead()
        if not words:
            return False
        if _MEANINGFUL.intersection(words):
            if self.tokens[end].kind == "number":
                end += 1
            if not any(phrase.issuperset(words) for phrase in _PHRASES):
                self.unread(token)
            start, stop = token.start, self.tokens[end - 1].end
            found.append(Node("words", self.text[start:stop], (), start, stop))
            self.at = end
            return True
        if _is_restricting(words):
            self.unread(token)
        about = bracketed and any(len(word) > 4 for word in words)
        if _UNIQUE.issuperset(words) or all(
            word in _HARMLESS or (about and len(word) == 1) for word in words
        ):
            # In brackets a letter is a name that the remark is about: (D maximizes).
            self.at = end
            return True
        return False

    def reason(self, found: list[Node]) -> None:
        """``because ...``: a reason changes nothing, unless it takes something back.

        What it says of a name (``because p = 1/2``) is kept: it may be a condition.
        """
        start = self.at
        if _is_restricting(self.words_ahead()[0]):
            self.unread(self.tokens[start])
        noted = is_word(self.tokens[start], "note") or is_word(self.tokens[start], "so")
        self.skip_words(_LIMITING | _VALIDITY if noted else _LIMITING)
        end, self.at = self.at, start
        while self.at < end:
            here = self.tokens[self.at]
            if here.kind in ("command", "word") and not (
                here.kind == "word" and (self.is_prose(here) or _is_telling(here.text))
            ):
                break
            self.at += 1
        try:
            node = self.expression()
        except ReadError:
            node = NOTHING
        if node.kind == "relation" and _says_of_name(node):
            self.said[node.start] = "because"
            found.append(node)
        self.at = end

    def restatement(self, token: Token) -> None:
        """``i.e. the origin``: the same in words; before a formula it is part of the chain."""
        self.at += 1
        words, end = self.words_ahead()
        after = self.tokens[end]
        if any(len(word) == 1 and word != "a" for word in words) or _VAGUE.intersection(words):
            self.unread(token)
        if after.kind != "end" and not (after.kind == "symbol" and after.text in (".", ",", ")")):
            self.unread(token)
        self.skip_words(_LIMITING | _VALIDITY)

    def skip_words(self, limiting: frozenset[str]) -> None:
        """Skip to the end or the bracket that closes; one of the words on the way is an error."""
        depth = 0
        while (here := self.tokens[self.at]).kind != "end":
            word = here.text.lower()
            if here.kind in ("word", "roman") and word in limiting:
                self.fail(
                    here, f"expected a reason, found the restriction {here.text!r}",
                    "hand in the formula alone, conditions as formulas after a comma",
                )  # fmt: skip
            if _is_limit(here):
                self.unread(here)
            if here.kind == "symbol":
                depth += (here.text == "(") - (here.text == ")")
                if depth < 0:
                    return
            self.at += 1

    def comment(self, token: Token) -> None:
        """``which is positive``: dropped, unless it goes on with a formula or limits the answer."""
        self.at += 1
        words, end = self.words_ahead()
        after = self.tokens[end]
        stops = after.kind == "end" or (after.kind == "symbol" and after.text in (".", ",", ")"))
        if _EQUATING.intersection(words):
            self.fail(token, "expected one formula, found a second after 'which'", "write A = B")
        formula = any(
            len(word) == 1 or ((word in KNOWN or word in FUNCTIONS) and word not in _HARMLESS)
            for word in words
        )
        self.skip_words(_LIMITING | _VALIDITY)
        if "iff" not in words and (formula or not stops):
            self.unread(token)

    def otherwise(self, token: Token, found: list[Node]) -> None:
        """``a if a > 0 else 0``."""
        if len(found) != 1 or found[0].kind != "relation":
            self.unread(token)
        self.at += 1
        value = self.expression()
        condition = found.pop()
        rows = (row([NOTHING, condition]), row([value, NOTHING]))
        found.append(Node("cases", "", rows, condition.start, value.end))

    def conditions(self, token: Token, found: list[Node]) -> None:
        """``where A = B and C = D``, ``for all n``, ``with gamma > 0``."""
        words, _ = self.words_ahead()
        if _MEANINGFUL.intersection(words) and self.phrase(token, found):
            return
        word = token.text.lower()
        named = word in ("for", "given")
        self.at += 1
        adjective = ""
        while True:
            here = self.tokens[self.at]
            lower = here.text.lower() if here.kind in ("word", "roman") else ""
            if lower in _LIMITING:
                self.unread(token)
            if lower in _FILLERS or (lower == "real" and here.kind == "word"):
                named = named or lower in ("all", "any", "every", "each", "arbitrary", "fixed")
            elif lower in _ADJECTIVES:
                adjective = lower
            elif self.is_noun(here):
                pass
            else:
                break
            self.at += 1
        if is_sign(here, ":"):
            self.at += 1
        known = len(found)
        self.condition_list(token, found, named=named, adjective=adjective)
        if word in _LIMITS:
            if len(found) == known:
                self.unread(token)
            self.said |= {node.start: "if" for node in found[known:]}

    def is_noun(self, token: Token) -> bool:
        """A word before the name that it is about: ``with the precisions tau_k = ...``."""
        after = self.tokens[min(self.at + 1, len(self.tokens) - 1)]
        return (
            token.kind == "word" and _is_noun(token.text) and not self.is_prose(token)
            and after.kind in ("word", "command", "roman") and not self.is_prose(after)
        )  # fmt: skip

    def condition_list(
        self, token: Token, found: list[Node], *, named: bool, adjective: str = ""
    ) -> None:
        while True:
            node = self.described(self.expression())
            if node.kind == "nothing":
                return
            node = self.dotted(_without_real(node))
            if adjective or self.adjective():
                adjective = adjective or self.tokens[self.at - 1].text.lower()
                if node.kind != "relation":
                    zero = Node("number", "0", (), node.start, node.end)
                    name = _ADJECTIVES.get(adjective)
                    if name:
                        node = Node("relation", name, (node, zero), node.start, node.end)
            if node.kind == "relation":
                found.append(node)
            elif not named or not _is_plain_name(node):
                self.fail(
                    Token("", "", node.start, node.end),
                    "expected a condition or an abbreviation with =, found none",
                    "write it as a formula: where a = ..., for a > 0",
                )  # fmt: skip
            start = self.at
            separated = False
            while True:
                here = self.tokens[self.at]
                sign = here.kind == "symbol" and here.text in (",", ";", "and", "\\\\")
                if not sign and not is_word(here, "and"):
                    break
                separated = True
                self.at += 1
            here = self.tokens[self.at]
            if here.kind == "end" or not separated or self.is_prose(here):
                return
            if here.kind == "word" and here.text.lower() in _HARMLESS and len(here.text) > 1:
                return
            if self.zero_otherwise(found):
                return
            if self.at == start:
                return

    def zero_otherwise(self, found: list[Node]) -> bool:
        """``a if a > 0, 0 otherwise``."""
        here = self.at
        after = self.tokens[here + 1]
        if len(found) != 1 or after.kind != "word" or after.text != "otherwise":
            return False
        value = self.atom()
        self.at += 1
        condition = found.pop()
        rows = (row([NOTHING, condition]), row([value, NOTHING]))
        found.append(Node("cases", "", rows, condition.start, value.end))
        return True

    def adjective(self) -> bool:
        """``for sigma positive``, ``x real``."""
        token = self.tokens[self.at]
        if token.kind == "word" and (token.text in _ADJECTIVES or token.text == "real"):
            self.at += 1
            return True
        return False

    def dotted(self, node: Node) -> Node:
        """``i = 1, ..., n``."""
        if node.kind != "relation" or not self.sign(","):
            return node
        after = self.tokens[self.at + 1]
        count = 1
        if after.kind == "number" and is_sign(self.tokens[self.at + 2], ","):
            # i = 1, 2, ..., n
            after, count = self.tokens[self.at + 3], 3
        if after.text != "ldots":
            return node
        self.at += count + 1
        self.take(",")
        last = self.expression(relations=False)
        dots = Node("name", "ldots", (), after.start, after.end)
        range_ = Node(
            "sequence", "", (node.children[-1], dots, last), node.start, last.end, (",", ",")
        )
        children = (*node.children[:-1], range_)
        return Node("relation", node.value, children, node.start, last.end)

    def described(self, node: Node) -> Node:
        """``where sigma is the logistic function``."""
        token = self.tokens[self.at]
        if token.kind != "word" or token.text.lower() not in {*_DESCRIPTIONS, "the", "a"}:
            return node
        # "sigma is the variance", "with sigma the variance"
        self.at += token.text.lower() in _DESCRIPTIONS
        words, end = self.words_ahead()
        if not words or (len(words) == 1 and words[0] not in PROSE and not _is_telling(words[0])):
            value = self.expression()
            return Node("relation", "equal", (node, value), node.start, value.end)
        start, stop = self.tokens[self.at].start, self.tokens[end - 1].end
        self.at = end
        if _DESCRIBING.issuperset(words) and not _CONVENTIONS.intersection(words):
            return NOTHING
        said = Node("words", self.text[start:stop], (), start, stop)
        return Node("relation", "defined", (node, said), node.start, stop)


def _says_of_name(node: Node) -> bool:
    """Whether a relation says what a name is, or bounds it: ``p = 1/2``, ``p < 1``."""
    sides = [part.children[0] if part.kind == "scripts" else part for part in node.children]
    return len(sides) == 2 and any(side.kind in ("name", "styled") for side in sides)


def _is_plain_name(node: Node) -> bool:
    """``w`` of "for all w": a name, not a word of a restriction ("for small values")."""
    while node.kind in ("scripts", "styled", "accent"):
        node = node.children[0]
    return node.kind == "name" and not _is_telling(node.value)


def _is_definition(node: Node) -> bool:
    """``t := a + b`` after an answer."""
    return node.kind == "relation" and node.value == "defined"


def _is_index_range(node: Node) -> bool:
    """``j = 1, ..., m`` after an answer."""
    return (
        node.kind == "relation" and node.children[-1].kind == "sequence"
        and any(part.value == "ldots" for part in node.children[-1].children)
    )  # fmt: skip


def _without_real(node: Node) -> Node:
    """``x real``: every name of a question that is not said to be complex is real."""
    if node.kind == "juxtapose" and len(node.children) == 2 and node.children[1].value == "real":
        return node.children[0]
    return node


def _is_limit(token: Token) -> bool:
    """An arrow: ``as n -> infinity``."""
    if token.kind == "symbol":
        return token.text == "->"
    return token.kind == "command" and token.text in ("to", "rightarrow", "longrightarrow")
