"""The tree of an answer: what stands in it, how far things reach, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import example, given, strategies as st

from grading.reading.errors import ReadError
from grading.reading.nodes import Node, walk
from grading.reading.syntax import NODE_DEPTH, parse

#: Pieces of which broken and unbroken answers are made.
_PIECES = (
    "x", "p", "sigma", "\\sigma", "\\mu_j", "2", "0.5", "+", "-", "*", "/", "^", "_", "^{2}", "_i",
    "(", ")", "[", "]", "{", "}", "\\{", "\\}", "|", "||", "\\|", "\\left|", "\\right|", "\\mid",
    "\\frac", "\\frac{1}{2}", "\\sqrt", "\\log", "log(", "exp", "\\sum_{i=1}^n", "sum_i", "sum(",
    "\\int", "dx", "\\,dx", "\\mathbb{E}_{p}", "E_p[", "KL(", ",", ";", "=", "<", "\\le", "\\in",
    "\\sim", "~", "\\\\", "&", "\\begin{pmatrix}", "\\end{pmatrix}", "\\begin{cases}",
    "\\end{cases}", "\\text{if }", "\\text{", "where", "for", "if", "and", "otherwise", "else",
    "which is", "because", "(for all n)", "'", ".T", ".pow(2)", ".sum()", "\\hat", "\\mathbf{X}",
    "\\mathrm d", "\\newcommand{\\a}{x}", "\\a", "\\max", "max(", "\\arg\\max_w", "\\pm", "±", " ",
    "\n", "\\quad", "$", ":", ":=", "..", "\\ldots", "∑", "²", "\\langle", "\\rangle", "!", "?",
)  # fmt: skip


def _shape(node: Node) -> object:
    """A node without its places: name and number as text, others as kind, value and children."""
    if node.kind in ("name", "number"):
        return node.value
    children = tuple(_shape(child) for child in node.children)
    return (node.kind, node.value, *children, *node.separators)


def _check(text: str) -> None:
    """Parsing ends in a tree or an error, both with places that lie in the text."""
    try:
        tree = parse(text)
    except ReadError as error:
        assert 0 <= error.start <= error.end <= len(text)
        assert error.problem
        return
    level, depth = [tree], 0
    while level:
        level = [child for parent in level for child in parent.children]
        depth += 1
    assert depth <= NODE_DEPTH + 1
    for node in walk(tree):
        assert 0 <= node.start <= node.end <= len(text)


@given(st.text(max_size=40))
@example("\\")
@example("x\\")
@example("\\text{")
@example("\\begin")
def test_any_text_ends_in_a_tree_or_an_error(text: str) -> None:
    _check(text)


@given(st.binary(max_size=40))
def test_any_bytes_end_in_a_tree_or_an_error(data: bytes) -> None:
    _check(data.decode("latin-1"))


@given(st.lists(st.sampled_from(_PIECES), max_size=16), st.sampled_from(["", " "]))
def test_any_pieces_end_in_a_tree_or_an_error(pieces: list[str], joint: str) -> None:
    _check(joint.join(pieces))


@given(st.lists(st.sampled_from(_PIECES), max_size=12))
def test_parsing_is_deterministic(pieces: list[str]) -> None:
    text = " ".join(pieces)
    try:
        first = parse(text)
    except ReadError as error:
        with pytest.raises(ReadError) as caught:
            parse(text)
        assert (caught.value.problem, caught.value.start) == (error.problem, error.start)
    else:
        assert parse(text) == first


def _formulas() -> st.SearchStrategy[str]:
    atoms = st.sampled_from(["x", "\\sigma", "2", "p_i", "\\mathbf{X}", "\\hat y"])

    def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        pair = st.tuples(inner, inner)
        return st.one_of(
            pair.map(lambda two: f"({two[0]} + {two[1]})"),
            pair.map(lambda two: f"\\frac{{{two[0]}}}{{{two[1]}}}"),
            pair.map(lambda two: f"{{{two[0]}}}^{{{two[1]}}}"),
            inner.map(lambda one: f"\\log\\left({one}\\right)"),
            inner.map(lambda one: f"\\sqrt{{{one}}}"),
        )

    return st.recursive(atoms, larger, max_leaves=8)


@given(_formulas())
def test_gaps_and_delimiters_change_nothing(formula: str) -> None:
    plain = _shape(parse(formula))
    assert _shape(parse(f"$ {formula} $.")) == plain
    assert _shape(parse(f"\\[\\boxed{{{formula}}}\\]")) == plain
    assert _shape(parse(formula.replace("+", "\\,+\\;").replace("(", "(\\!"))) == plain
    assert _shape(parse(f"{formula} \\text{{ for all }} n")) == plain


ALIKE = [
    ("\\frac12", "\\frac{1}{2}"),
    ("\\tfrac{a}{b}", "\\dfrac{a}{b}"),
    ("a/b c", "{a/b} c"),
    ("2x", "2 x"),
    ("\\ln x", "\\log x"),
    ("\\operatorname{softplus}(h)", "softplus(h)"),
    ("x**2", "x^2"),
    ("2*-x", "2*{-x}"),
    ("e^-x", "e^{-x}"),
    ("2^3^n", "2^{3^n}"),
    ("X^TX", "X^T X"),
    ("\\pi_kN(w)", "\\pi_k N(w)"),
    ("x_iy_i", "x_i y_i"),
    ("= (1-p)/p", "(1-p)/p"),
    ("The answer is x + 1", "x + 1"),
    ("x + 1 (for all n)", "x + 1"),
    ("x + 1 \\text{ for every } n", "x + 1"),
    ("x + 1, because of symmetry", "x + 1"),
    ("x + 1, which is positive", "x + 1"),
    ("a(x) + \\mathrm{b}", "a(x) + \\text{b}"),
    ("\\begin{align*} w &= a \\\\ &= b \\end{align*}", "w = a = b"),
    ("w &= a \\\\\\\\ &= b", "w = a = b"),
    ("\\begin{pmatrix} a \\\\\\\\ b \\end{pmatrix}", "[a; b]"),
    ("\\begin{equation} x \\end{equation}", "x"),
    ("\\lVert x \\rVert", "\\|x\\|"),
    ("\\left|x\\right|", "|x|"),
    ("KL(p \\parallel q)", "KL(p || q)"),
    ("KL(p \\,\\middle\\|\\, q)", "KL(p \\Vert q)"),
    ("p(x\\mid z)", "p(x|z)"),
    ("E_{x~p}[x]", "E_{x \\sim p}[x]".replace("\\sim", "\u223c")),
    ("E_q(z|x)[f]", "E_{q(z|x)}[f]"),
    ("\\mathbb{E}_{x\\sim p} x", "\\mathbb E_{x \\sim p} x"),
    ("\\underset{x\\sim p}{\\mathbb{E}}[x]", "\\mathbb{E}_{x\\sim p}[x]"),
    ("\\arg\\max_w f", "\\operatorname*{arg\\,max}_w f"),
    ("\\underset{w}{\\arg\\min} f", "\\arg\\min_w f"),
    ("\\sum^n_{i=1} x_i", "\\sum_{i=1}^n x_i"),
    ("∑_{i=1}^n x_i", "sum_{i=1}^n x_i"),
    ("sum(x_i for i in range(1, n+1))", "sum(i=1..n) x_i"),
    ("\\sum_{i=1,\\dots,n} x_i", "\\sum_{i=1..n} x_i"),
    ("\\int x\\,dx", "\\int xdx"),
    ("\\int f(x)\\,\\mathrm{d}x", "\\int dx\\, f(x)"),
    ("\\iint f\\,dx\\,dy", "\\int\\int f\\,dx\\,dy"),
    ("alog(y)", "a log(y)"),
    ("int p(x) dx + int q(x) dx", "\\int p(x)\\,dx + \\int q(x)\\,dx"),
    ("\\operatorname*{\\mathbb{E}}_{x\\sim p}[x]", "\\operatorname*{\\mathbb{E}}_{x \\sim p} [x]"),
    ("x > 1, i.e. y > 1", "x > 1 \\iff y > 1"),
    ("log 4, i.e. 2 log 2", "log 4 = 2 log 2"),
    ("(0, 0), i.e. the origin", "(0, 0)"),
    ("Yes, at x = 1", "x = 1"),
    ("{1 \\over 2}", "\\frac12"),
    ("{}^t\\mathbf{w}\\mathbf{w}", "\\mathbf{w}^T\\mathbf{w}"),
    ("\\begin{cases} x = 1 \\\\ y = 2 \\end{cases}", "x = 1; y = 2"),
    ("1) x = 1\n2) y = 2", "x = 1; y = 2"),
    ("a, \\text{ with the precision } a = 1", "a where a = 1"),
    ("x (where \\sigma is the logistic function)", "x"),
    ("x \\mapsto 2x", "2x"),
    ("\\gamma \\not< 1", "\\gamma \\ge 1"),
    ("50\\%", "50/100"),
    ("-1{,}38629", "-1.38629"),
    ("2*lambda_*x", "2*lambda*x"),
    ("A \\ b", "solve(A, b)"),
    ("p\u03b8(x)", "p_\\theta(x)"),
    ("\\langle f \\rangle_p", "\\mathbb{E}_p[f]"),
    ("x = t, t := 1", "x = t where t := 1"),
    ("\\begin{align} w &= a \\\\ &\\quad + b \\end{align}", "w = a + b"),
    ("-2^{-1},\\ 2^{-1}i", "-2^{-1}, 2^{-1}i"),
    ("E_{z from q}[z]", "E_{z ~ q}[z]"),
    ("p*/(p*+q)", "p^*/(p^*+q)"),
    ("np.array([[1,0],[0,1]])", "[[1,0],[0,1]]"),
    ("[0 -1; 1 0]", "\\begin{pmatrix} 0 & -1 \\\\ 1 & 0 \\end{pmatrix}"),
    ("[a, b; c, d]", "\\begin{bmatrix} a & b \\\\ c & d \\end{bmatrix}"),
    ("x if x > 0 else 0",
     "\\begin{cases} x & \\text{if } x > 0 \\\\ 0 & \\text{otherwise} \\end{cases}"),
    ("\\newcommand{\\E}{\\mathbb{E}} \\E[x]", "\\mathbb{E}[x]"),
    ("w_1 = 0, w_2 = 1", "w_1 = 0,\\quad w_2 = 1"),
    ("w_1 = 0\nw_2 = 1", "w_1 = 0; w_2 = 1"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_two_ways_to_write_the_same(one: str, other: str) -> None:
    assert _shape(parse(one)) == _shape(parse(other))


REACHES = [
    # Each text and the text with all brackets that the parser is to see.
    ("\\ln 2\\pi\\sigma^2 + y", "{\\ln 2\\pi\\sigma^2} + y"),
    ("\\log x \\log y", "{\\log x} {\\log y}"),
    ("\\log x = y", "{\\log x} = y"),
    ("\\log 2 \\cdot x", "{\\log 2} \\cdot x"),
    ("\\log(x) y", "{\\log(x)} y"),
    ("\\log|x| y", "{\\log|x|} y"),
    ("\\int \\log p(x)\\,dx", "\\int {\\log p(x)}\\,dx"),
    ("1/\\sum_k a_k", "1/{\\sum_k a_k}"),
    ("\\sum_i a_i + b", "{\\sum_i a_i} + b"),
    ("\\sum_i a_i + b_i", "\\sum_i {a_i + b_i}"),
    ("\\sum_j a_j - 1 - \\log b_j", "\\sum_j {a_j - 1 - \\log b_j}"),
    ("\\sum_i a_i + \\sum_i b_i", "{\\sum_i a_i} + {\\sum_i b_i}"),
    ("\\sum_i \\sum_j c_{ij} + b_i", "\\sum_i {{\\sum_j c_{ij}} + b_i}"),
    ("\\sum_i \\sum_j c_{ij} + b_j", "\\sum_i {\\sum_j {c_{ij} + b_j}}"),
    ("-\\tfrac12 \\sum_j 1 + b_j", "-{\\tfrac12 {\\sum_j {1 + b_j}}}"),
    ("\\int p\\,dx + \\int q\\,dx", "{\\int p\\,dx} + {\\int q\\,dx}"),
    ("\\mathbb{E}_p \\log x + y", "{\\mathbb{E}_p {\\log x}} + y"),
    ("\\max_y a\\log y + b\\log(1-y)", "\\max_y {a\\log y + b\\log(1-y)}"),
    ("-x^2", "-{x^2}"),
    ("a - b c", "a - {b c}"),
    ("√2 x", "{√2} x"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "bracketed"), REACHES)
def test_how_far_things_reach(text: str, bracketed: str) -> None:
    assert _shape(parse(text)) == _shape(parse(bracketed))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("|x||y|", ("juxtapose", "", ("bars", "|", "x"), ("bars", "|", "y"))),
        ("||x||", ("bars", "||", "x")),
        ("\\|x\\|", ("bars", "||", "x")),
        ("p(x|z)", ("juxtapose", "", "p", ("group", "()", "x", "z", "|"))),
        ("(a|b|)", ("group", "()", ("juxtapose", "", "a", ("bars", "|", "b")))),
        ("[1,\\infty)", ("group", "[)", "1", "infty", ",")),
        ("]0,1]", ("group", "]]", "0", "1", ",")),
        ("p(x)/q(x)",
         ("divide", "/", ("juxtapose", "", "p", ("group", "()", "x")),
          ("juxtapose", "", "q", ("group", "()", "x")))),
        ("1/2(x)", ("juxtapose", "", ("divide", "/", "1", "2"), ("group", "()", "x"))),
        ("X'", ("scripts", "'", "X", ("nothing", ""), ("nothing", ""))),
        ("w'^{(1)}", ("scripts", "'", "w", ("nothing", ""), ("group", "()", "1"))),
        ("\\log_2 x", ("function", "log", "x", "2", ("nothing", ""))),
        ("log2(x)", ("function", "log", ("group", "()", "x"), "2", ("nothing", ""))),
        ("\\sqrt[3]{x}", ("function", "sqrt", "x", "3", ("nothing", ""))),
        ("x.pow(2)", ("method", "pow", "x", "2")),
        ("0 < x \\le 1", ("relation", "less less_equal", "0", "x", "1")),
        ("pXw", "pXw"),
        ("\u03c3", "sigma"),
        ("1j", ("juxtapose", "", "1", "j")),
        ("a, b and c", ("sequence", "", "a", "b", "c", ",", "and")),
        ("i = 1, \\dots, n",
         ("relation", "equal", "i", ("sequence", "", "1", "ldots", "n", ",", ","))),
        ("x where y = 1", ("where", "", "x", ("relation", "equal", "y", "1"))),
        ("x, \\text{ if } y > 0", ("where", "", "x", ("relation", "greater", "y", "0"), "if")),
        ("x for y positive", ("where", "", "x", ("relation", "greater", "y", "0"))),
        ("x (with multiplicity 2)", ("where", "", "x", ("words", "with multiplicity 2"))),
        ("\\sigma(x) where \\sigma is the standard deviation of x",
         ("where", "", ("juxtapose", "", "sigma", ("group", "()", "x")),
          ("relation", "defined", "sigma", ("words", "the standard deviation of x")))),
        ("True", ("words", "True")),
        ("reverse KL because it seeks modes", ("words", "reverse KL because it seeks modes")),
    ],
)  # fmt: skip
def test_what_stands_in_the_tree(text: str, expected: object) -> None:
    assert _shape(parse(text)) == expected


@pytest.mark.parametrize(
    ("text", "start", "word"),
    [
        ("", 0, "nothing"),
        ("   ", 0, "nothing"),
        ("(x", 0, "never closed"),
        ("x)", 1, ")"),
        ("\\frac{1}{2", 8, "never closed"),
        ("\\left( x \\right]", 9, ")"),
        ("[1, 2}", 5, "]"),
        ("\\begin{pmatrix} 1", 0, "never closed"),
        ("x \\end{pmatrix}", 2, "closes nothing"),
        ("\\begin{tikzpicture}", 0, "known"),
        ("x + ", 4, "end"),
        ("x ==", 4, "end"),
        ("* x", 0, "*"),
        ("2 3", 2, "two numbers"),
        ("x^{}", 3, "braces"),
        ("x_1_2", 3, "second"),
        ("\\foo", 0, "known"),
        ("\\logp", 0, "known"),
        ("x^\\alhpa", 2, "known"),
        ("\\sum_{i=1}^10 x_i", 11, "braces"),
        ("e^xy", 2, "brackets"),
        ("1 +-2", 2, "two"),
        ("n!", 1, "factorial"),
        ("\\int x + y", 0, "differential"),
        ("\\log", 4, "argument"),
        ("x,, y", 2, "between"),
        ("#1", 0, "definition"),
        ("__import__('os')", 0, "_"),
        ("x but not y", 2, "words"),
        ("x unless y = 1", 2, "words"),
        ("x only for y > 0", 2, "words"),
        ("x because y > 0 only", 16, "restriction"),
        ("x, which equals y", 3, "second"),
        ("x, which holds only for large n", 9, "restriction"),
        ("x where y", 8, "condition"),
        ("x up to sign", 2, "words"),
        ("x (elementwise square root)", 3, "words"),
        ("1{,}386", 0, "two ways"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(text: str, start: int, word: str) -> None:
    with pytest.raises(ReadError) as caught:
        parse(text)
    assert word in caught.value.problem
    assert caught.value.start == start


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("\\logp", "\\log p"),
        ("\\alhpa", "\\alpha"),
        ("\\sum_{i=1}^10 x", "^{10}"),
        ("(x", ")"),
        ("e^xy", "^(xy)"),
    ],
)
def test_a_suggestion_says_what_to_write(text: str, suggestion: str) -> None:
    with pytest.raises(ReadError) as caught:
        parse(text)
    assert suggestion in caught.value.suggestion


@pytest.mark.parametrize(
    "text",
    [
        unit * count + "x" + closing * count
        for unit, closing in [
            ("(", ")"), ("[", "]"), ("\\{", "\\}"), ("\\frac{", "}{2}"), ("x_{", "}"),
            ("x^{", "}"), ("{", "}"), ("-", ""), ("\\log ", ""), ("\\sqrt", ""), ("√", ""),
            ("x^", ""), ("|", "|"), ("x/", ""), ("\\sum_i ", ""), ("\\int ", ""), ("f(", ")"),
            ("\\left|", "\\right|"), ("E_p ", ""), ("\\hat", ""), ("[x;", "]"), ("a*b.*", ""),
            ("\\begin{matrix}", "\\end{matrix}"), ("x = ", ""), ("x if x = 1 else ", ""),
            ("\\langle x,", "\\rangle"), ("x \\\\ ", ""), ("& ", ""),
        ]
        for count in (30, 200, 1_300, 10_000)
    ],
)  # fmt: skip
def test_deep_nesting_ends_in_a_tree_or_an_error(text: str) -> None:
    _check(text)


@pytest.mark.parametrize("linebreak", [r"\\", r"\\[2pt]", r"\\ [ -1.5em ]", r"\cr ", r"\newline "])
def test_rows_end_in_every_way_that_latex_has(linebreak: str) -> None:
    matrix = parse(rf"\begin{{pmatrix}} 0 & 1 {linebreak} 2 & 3 \end{{pmatrix}}")
    assert [[cell.value for cell in row.children] for row in matrix.children] == [
        ["0", "1"],
        ["2", "3"],
    ]
