"""Templates: what they may say, and what is said where they are wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from numerics.verification import CheckedSolution, check_solution
from reports.document import BadgeLine, Boxed, Chosen, FactLine, Math, Paragraph, Steps, Text, Topic
from reports.words import TEMPLATES, WordsError, check_templates, render_words
from tests.reports.fakes import Fake

BLOCKS = ("statement", "solution", "remarks", "mistakes")


def template(**blocks: str) -> str:
    return "".join(
        f"{{% block {name} %}}\n{blocks.get(name, '')}\n{{% endblock %}}\n" for name in BLOCKS
    )


def test_placeholders_become_the_nodes_they_name(fake: Fake) -> None:
    words = render_words(fake.solution, fake.templates)
    solution = [type(block) for block in words[Topic.SOLUTION]]
    assert solution[:3] == [Paragraph, Steps, Boxed]
    (statement,) = words[Topic.STATEMENT]
    assert isinstance(statement, Paragraph)
    assert isinstance(statement.content[1], Math)


def test_a_block_within_a_paragraph_splits_it(fake: Fake) -> None:
    fake.write(template(remarks='Before {{ fact("log-of-a-sum") }} after.'))
    before, fact, after = render_words(fake.solution, fake.templates)[Topic.REMARKS]
    assert before == Paragraph((Text("Before "),))
    assert isinstance(fact, FactLine)
    assert after == Paragraph((Text(" after."),))


def test_a_badge_alone_gets_its_detail(fake: Fake) -> None:
    fake.write(template(remarks='{{ badge("log-of-a-sum") }}'))
    (line,) = render_words(fake.solution, fake.templates)[Topic.REMARKS]
    assert isinstance(line, BadgeLine)
    assert "x = 1/2" in line.badge.detail


def test_a_choice_has_the_badge_of_its_reasons(fake: Fake) -> None:
    fake.write(template(solution='{{ boxed("which") }}'))
    (box,) = render_words(fake.solution, fake.templates)[Topic.SOLUTION]
    assert isinstance(box, Chosen)
    (badge,) = box.badges
    assert badge.label == "statistical"
    assert "10,000" in badge.detail


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (template(solution='\n{{ d("hafl") }}'), ":6: no formula 'hafl'; did you mean half?"),
        (template(solution='{{ steps("x") }}'), "no derivation 'x'; there is double"),
        (template(solution='{{ measured("coins.tails") }}'), "no measurement in coins 'tails'"),
        (template(solution='{{ measured("dice.six") }}'), "no experiment 'dice'"),
        (template(solution='{{ figure("fake.plot", "A plot.") }}'), "no figure 'fake.plot'"),
        (template(solution="{{ unheard }}"), ":5: 'unheard' is undefined"),
        (template(solution="{{ f() }}"), "missing 1 required positional argument"),
        (template(solution="so $x$ is"), "block solution holds TeX"),
        (template(solution=r"so \(x\) is"), "block solution holds TeX"),
        (template(solution='*{{ d("half") }}*'), "Display needs a paragraph of its own"),
        (template(solution='`{{ f("half") }}`'), "code holds a placeholder"),
        (template(solution="{% if %}"), ":5: Expected an expression"),
        (template(solution="{{ f.__globals__ }}"), "unsafe"),
        ("{% block statement %}{% endblock %}", "missing or unknown: mistakes, remarks, solution"),
        (template() + "{% block hint %}{% endblock %}", "missing or unknown: hint"),
    ],
)
def test_a_wrong_template_gets_one_line(fake: Fake, text: str, said: str) -> None:
    fake.write(text)
    with pytest.raises(WordsError) as caught:
        render_words(fake.solution, fake.templates)
    message = str(caught.value)
    assert said in message
    assert message.startswith(str(fake.templates / "topics" / "fake" / "double.md.j2"))
    assert "\n" not in message


def test_a_missing_template_is_named(fake: Fake) -> None:
    (fake.templates / "topics" / "fake" / "double.md.j2").unlink()
    with pytest.raises(WordsError, match=r"fake/double\.md\.j2: no such template"):
        render_words(fake.solution, fake.templates)


# ------------------------------------------------------------------ a folder of one's own


def own(folder: Path, text: str) -> Path:
    path = folder / "topics" / "dropout" / "expected_loss.md.j2"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return folder


@pytest.fixture(scope="module")
def dropout() -> CheckedSolution:
    return check_solution("dropout.expected_loss", with_mutants=False)


def test_a_block_of_ones_own_replaces_ours_and_no_other(
    tmp_path: Path, dropout: CheckedSolution
) -> None:
    ours = render_words(dropout)
    folder = own(
        tmp_path, "{% block remarks %}Seen in {{ f('X') }}.\n\n{{ super() }}{% endblock %}"
    )
    words = render_words(dropout, folder)
    assert words[Topic.SOLUTION] == ours[Topic.SOLUTION]
    assert words[Topic.REMARKS][1:] == ours[Topic.REMARKS]
    (paragraph, *_) = words[Topic.REMARKS]
    assert isinstance(paragraph, Paragraph)
    assert paragraph.content[0] == Text("Seen in ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "\n{% block remarks %}{{ f('Y') }}{% endblock %}",
            "expected_loss.md.j2:2: no formula 'Y'",
        ),
        ("{% block remark %}{% endblock %}", "missing or unknown: remark"),
        ("{% block remarks %}$x${% endblock %}", "expected_loss.md.j2: block remarks holds TeX"),
        ("{% block remarks %}", "expected_loss.md.j2:1: Unexpected end of template"),
    ],
)
def test_a_wrong_block_of_ones_own_is_named_by_its_file(
    tmp_path: Path, dropout: CheckedSolution, text: str, said: str
) -> None:
    with pytest.raises(WordsError, match=re.escape(said)) as caught:
        render_words(dropout, own(tmp_path, text))
    assert str(caught.value).startswith(str(tmp_path))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "topics/dropuot/expected_loss.md.j2",
            "no topic is called 'dropuot'; did you mean dropout",
        ),
        ("topics/dropout/expectedloss.md.j2", "has no template 'expectedloss.md.j2'; did you mean"),
        ("topics/dropout/deep/expected_loss.md.j2", "no topic is called 'deep'"),
    ],
)
def test_a_template_that_belongs_to_nothing_is_named(tmp_path: Path, name: str, said: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.write_text("")
    with pytest.raises(WordsError, match=re.escape(said)):
        check_templates(tmp_path)


def test_templates_that_belong_to_something_pass(tmp_path: Path) -> None:
    check_templates(own(tmp_path, ""))
    check_templates(TEMPLATES)
    with pytest.raises(WordsError, match="no such folder"):
        check_templates(tmp_path / "none")
