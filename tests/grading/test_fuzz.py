# ruff: noqa: RUF001 (signs that students type)
"""Whatever is typed ends in a term or a ReadError, and what is printed is read as it was meant."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from hypothesis import assume, given, settings, strategies as st
from hypothesis.strategies import SearchStrategy

from grading.items import UNEVALUATED, Formula
from grading.judge import judge
from grading.judgement import Grade
from grading.reading.errors import ReadError
from grading.reading.nodes import Node, walk as nodes
from grading.reading.reader import Reading, read
from grading.reading.syntax import parse
from grading.references import ids_of, load, sheet_ids
from language.claims import Claim, Equality, Status
from language.latex import to_latex
from language.notation import Notation
from language.terms import Apply, Bind, Term, same, walk
from language.text import to_text
from language.typecheck import typecheck
from language.types import Collection, Truth
from numerics.engine import decide
from strategies import (
    NOTATION,
    array_terms,
    functional_terms,
    indexed_terms,
    rational_terms,
    reduced_terms,
    scalar_terms,
)

PRACTICE = Path(__file__).parents[1] / "corpus" / "practice"
LINES = [
    (line["id"], line["answer"])
    for path in sorted(PRACTICE.glob("*.jsonl"))
    for line in map(json.loads, path.read_text(encoding="utf-8").splitlines())
]
FORMULAS = [
    identifier
    for sheet in sheet_ids()
    for identifier in ids_of(sheet)
    if isinstance(load(identifier), Formula)
]

#: What formulas are made of, to be thrown together.
PIECES = r"""
    \frac \dfrac \sqrt \log \ln \exp \tanh \sigma \lambda \gamma \mu \mathbf \bm \hat \bar \vec
    \left( \right) \left[ \right] \left| \right| \bigl( \bigr) \| \Vert \mid \parallel \lVert \rVert
    \sum \prod \int \mathbb{E} \mathbb{R} \text{if} \text{or} \text{where} \operatorname{tr} \det
    \operatorname{diag} \begin{pmatrix} \end{pmatrix} \begin{cases} \end{cases} \\ & \top \odot
    \cdot \times \pm \mp \le \ge \ne \in \sim \infty \partial \nabla \max \min \arg \, \; \quad $ \[
    \] \( \) \boxed \newcommand{\a} \a #1 \langle \rangle \cup \ldots \Rightarrow \not \prime
    ( ) [ ] { } | || ^ _ + - * / = < > <= >= != , ; : . ! ' ? ~ % # @ " ** := -> 0 1 2 10 0.5 1e3 i
    j k n p q w x y z e d E KL JSD N sin log exp sqrt max sum where if for or and not true yes
    np.exp( torch.log( .T .pow(2) sigma lambda ² ³ ⁻¹ ᵀ σ λ √ ∑ ∫ ∞ ≤ ≥ ≠ · × − ½ ‖ ∂ ∈
""".split()


# nothing but a tree or a ReadError ---------------------------------------------------------------


def soups() -> SearchStrategy[str]:
    """Pieces of formulas thrown together."""
    joint = st.sampled_from(["", " "])
    return st.lists(st.tuples(st.sampled_from(PIECES), joint), max_size=30).map(
        lambda parts: "".join(piece + blank for piece, blank in parts)
    )


def rubbish() -> SearchStrategy[str]:
    """Any characters, lone surrogates too, and any bytes."""
    anything = st.characters(codec=None, exclude_categories=())
    return st.one_of(st.text(anything), st.binary().map(lambda data: data.decode("latin-1")))


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, str]:
    """A line of the corpus with characters deleted, doubled, swapped, put in, or cut off."""
    identifier, text = draw(st.sampled_from(LINES))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(text)))
        before, after = text[:place], text[place:]
        match draw(st.sampled_from(["delete", "double", "swap", "insert", "cut", "repeat"])):
            case "delete":
                text = before + after[1:]
            case "double":
                text = before + after[:1] + after
            case "swap":
                text = before + after[1:2] + after[:1] + after[2:]
            case "insert":
                text = before + draw(st.sampled_from(PIECES)) + after
            case "cut":
                text = draw(st.sampled_from([before, after]))
            case "repeat":
                text = before + text[place : place + 8] * 3 + after
    return identifier, text


def only_a_tree_or_a_read_error(text: str) -> None:
    try:
        tree = parse(text)
    except ReadError as error:
        assert 0 <= error.start <= error.end <= len(text)
        assert error.problem
    else:
        assert isinstance(tree, Node)
        assert all(0 <= node.start <= node.end <= len(text) for node in nodes(tree))


@given(soups() | rubbish())
def test_any_text_is_parsed_or_refused(text: str) -> None:
    only_a_tree_or_a_read_error(text)


@given(damaged())
def test_a_damaged_line_is_parsed_or_refused(line: tuple[str, str]) -> None:
    only_a_tree_or_a_read_error(line[1])


@given(st.sampled_from(FORMULAS), soups() | rubbish())
def test_any_text_is_read_or_refused(identifier: str, text: str) -> None:
    only_readings_or_a_read_error(identifier, text)


@given(damaged())
def test_a_damaged_line_is_read_or_refused(line: tuple[str, str]) -> None:
    only_readings_or_a_read_error(*line)


def only_readings_or_a_read_error(identifier: str, text: str) -> None:
    item = load(identifier)
    if not isinstance(item, Formula):
        return
    try:
        readings = read(text, item)
    except ReadError:
        return
    assert readings and all(isinstance(reading, Reading) for reading in readings)


@given(damaged() | st.tuples(st.sampled_from([i for i, _ in LINES]), soups() | rubbish()))
def test_judging_never_fails(line: tuple[str, str]) -> None:
    identifier, text = line
    found = judge(text, load(identifier))
    assert found.stage != "internal", found.feedback
    assert (found.feedback + found.suggestion).replace("\n", "").isprintable()


# what is printed is read as it was meant ---------------------------------------------------------


def asking(term: Term, notation: Notation = NOTATION) -> Formula:
    """A question to which ``term`` is the answer."""
    kind, equality = typecheck(term, notation), Equality.EXACT
    if isinstance(kind, Truth):
        equality = Equality.CONDITION
    elif isinstance(kind, Collection) and kind.kind == "multiset":
        equality = Equality.MULTISET
    names = frozenset(symbol.name for symbol in notation)
    return Formula(
        "fuzz", "", Claim("fuzz", notation, term, term, equality), names=names, heads=UNEVALUATED
    )


def means_the_same(term: Term, text: str, *, proved: bool = False) -> None:
    """A text has a reading that is the term, and none that is refuted."""
    item = asking(term)
    for reading in read(text, item):
        if same(reading.term, term):
            continue
        status = decide(Claim("fuzz", NOTATION, term, reading.term, item.claim.equality)).status
        shown = f"{text} is read as {to_latex(reading.term, NOTATION)}"
        assert status is not Status.REFUTED, shown
        assert status is Status.PROVED or not proved, shown


def divides_by_zero(term: Term) -> bool:
    """Whether a term has no value anywhere, so that nothing can be proved of it."""
    return decide(Claim("fuzz", NOTATION, term, term)).status is not Status.PROVED


def both_ways(term: Term) -> Iterator[str]:
    yield to_latex(term, NOTATION)
    yield to_text(term, NOTATION)


@given(rational_terms())
def test_rational_terms_are_read_as_printed(term: Term) -> None:
    for text in both_ways(term):
        means_the_same(term, text, proved=not divides_by_zero(term))


@given(scalar_terms() | reduced_terms())
def test_scalars_are_read_as_printed(term: Term) -> None:
    for text in both_ways(term):
        means_the_same(term, text)


@given(array_terms(("n",)) | array_terms(("d", "d")) | array_terms(("n", "d")))
def test_arrays_are_read_as_printed(term: Term) -> None:
    for text in both_ways(term):
        means_the_same(term, text)


@given(indexed_terms())
def test_sums_are_read_as_printed(term: Term) -> None:
    means_the_same(term, to_latex(term, NOTATION))
    assume(not any(isinstance(part, Apply) and part.head == "delta" for part in walk(term)))
    means_the_same(term, to_text(term, NOTATION))


@given(functional_terms())
def test_functionals_are_read_as_printed(term: Term) -> None:
    assume(not any(isinstance(part, Bind) and part.head == "let" for part in walk(term)))
    means_the_same(term, to_latex(term, NOTATION))


def plain_statements() -> SearchStrategy[Term]:
    """Relations joined by ``and`` and ``or``, in any order."""
    scalar = rational_terms(("x", "y", "t"), leaves=3)
    heads = st.sampled_from(["equal", "unequal", "less", "less_equal", "greater", "greater_equal"])
    leaf = st.builds(lambda head, a, b: Apply(head, (a, b)), heads, scalar, scalar)
    return st.recursive(
        leaf,
        lambda parts: st.builds(
            lambda head, args: Apply(head, tuple(args)),
            st.sampled_from(["both", "either"]),
            st.lists(parts, min_size=2, max_size=3),
        ),
        max_leaves=4,
    )


@given(plain_statements())
def test_statements_are_read_as_printed(term: Term) -> None:
    for text in both_ways(term):
        try:
            means_the_same(term, text)
        except ReadError:
            assume(False)


#: Changes of the letters that leave the meaning alone.
RESTYLED: tuple[Callable[[str], str], ...] = (
    lambda text: text.replace(r"\frac", r"\dfrac"),
    lambda text: text.replace(r"\left", "").replace(r"\right", ""),
    lambda text: text.replace(r"\mathbf", r"\bm"),
    lambda text: text.replace(r"^{\top}", "^T"),
    lambda text: text.replace(r"^{\top}", r"^\intercal"),
    lambda text: text.replace(r"\log", r"\ln"),
    lambda text: text.replace(r" \cdot ", r" \times "),
    lambda text: text.replace("(", r"\bigl(").replace(")", r"\bigr)"),
    lambda text: text.replace(" + ", "+").replace(" - ", "-"),
    lambda text: text.replace(" + ", "\n + "),
    lambda text: text.replace(r"\sigma_s", "σ_s"),
    lambda text: text.replace("-", "−"),
    lambda text: f"${text}$",
    lambda text: rf"\boxed{{{text}}}",
    lambda text: f"({text})",
    lambda text: rf"\left[{text}\right]",
    lambda text: rf"\newcommand{{\a}}{{{text}}}\a",
    lambda text: rf"\newcommand{{\f}}[1]{{#1}}\f{{{text}}}",
)


@given(
    scalar_terms() | reduced_terms(),
    st.lists(st.sampled_from(RESTYLED), min_size=1, max_size=3, unique=True),
)
def test_scalars_are_read_however_styled(term: Term, styles: list[Callable[[str], str]]) -> None:
    text = to_latex(term, NOTATION)
    for style in styles:
        if r"\newcommand" not in text:
            text = style(text)
    means_the_same(term, text)


@settings(max_examples=25)
@given(st.sampled_from(FORMULAS), st.data())
def test_parts_of_references_are_read_as_printed(identifier: str, data: st.DataObject) -> None:
    """A subterm of a reference or a form, as the answer to the question that it answers."""
    item = load(identifier)
    assert isinstance(item, Formula)
    whole = data.draw(st.sampled_from((item.claim.closed_form, *item.forms)))
    notation = item.claim.notation
    parts = [part for part in open_parts(whole) if not isinstance(part, Apply) or part.args]
    part = data.draw(st.sampled_from(parts))
    is_statement = isinstance(typecheck(part, notation), Truth)
    equality = Equality.CONDITION if is_statement else Equality.EXACT
    question = Formula(
        "fuzz",
        "",
        Claim("fuzz", notation, part, part, equality),
        names=item.names,
        heads=item.heads,
    )
    found = judge(to_latex(part, notation), question)
    assert found.grade is not Grade.INCORRECT, f"{found.answer}: {found.understood}"


def open_parts(term: Term) -> Iterator[Term]:
    """The subterms in which no bound name stands free, of a type that an answer may have."""
    yield term
    if isinstance(term, Apply) and term.head not in ("density", "call", "kl", "jsd", "entropy"):
        for part in term.args:
            if isinstance(part, Apply | Bind) and part.head not in (
                "normal", "mixture", "range", "reals", "interval", "pushforward", "vector",
            ):  # fmt: skip
                yield from open_parts(part)
