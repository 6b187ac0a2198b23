"""Programs in documents: shown as they stand, with what their execution measured or a plain no."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest

from language.claims import Status, Verdict
from numerics.measurements import Experiment, Measurement
from reports.document import Listing, MeasurementTable, Topic
from reports.text_document import write_text
from reports.words import LISTINGS, WordsError, render_words
from tests.reports.fakes import Fake

BLOCKS = ("statement", "remarks", "mistakes")
VERDICT = Verdict(Status.EVIDENCE, "by hand", "one run", "It agrees.", digits=9)
RAN = Measurement("model_3:lambda", "gradient", 1.0, 1.0, 1.0, 1.0, 10, 0, VERDICT)
OTHER = replace(RAN, name="model-3-lambda", words="by hand")


def rendered(fake: Fake, *rows: Measurement) -> tuple[object, ...]:
    blocks = "".join(f"{{% block {name} %}}{{% endblock %}}\n" for name in BLOCKS)
    solution = '{{ listing("model_3") }}\n\n{{ table("coins") }}'
    fake.write(f"{blocks}{{% block solution %}}\n{solution}\n{{% endblock %}}\n")
    experiments = MappingProxyType({"coins": Experiment("coins", rows)})
    checked = replace(fake.solution, experiments=experiments)
    return render_words(checked, fake.templates)[Topic.SOLUTION]


def test_the_code_is_that_of_the_file(fake: Fake) -> None:
    listing, _ = rendered(fake, OTHER)
    assert isinstance(listing, Listing)
    text = (LISTINGS / "model_3.py").read_text(encoding="utf-8")
    assert text.rstrip().endswith(listing.code)
    assert listing.code.startswith("def loss(")


def test_what_was_not_executed_says_so(fake: Fake) -> None:
    listing, table = rendered(fake, OTHER)
    assert isinstance(listing, Listing)
    assert listing.runs == ()
    assert isinstance(table, MeasurementTable)
    assert Listing.NOT_EXECUTED in write_text([listing])


def test_what_was_executed_shows_its_measurements_and_the_table_leaves_them_out(
    fake: Fake,
) -> None:
    listing, table = rendered(fake, RAN, OTHER)
    assert isinstance(listing, Listing)
    assert [row for row, _ in listing.runs] == [RAN]
    assert isinstance(table, MeasurementTable)
    assert [row for row, _ in table.rows] == [OTHER]
    text = write_text([listing])
    assert "gradient" in text
    assert Listing.NOT_EXECUTED not in text


def test_a_listing_that_is_not_there_gets_one_line(fake: Fake) -> None:
    blocks = "".join(f"{{% block {name} %}}{{% endblock %}}\n" for name in BLOCKS)
    fake.write(blocks + '{% block solution %}{{ listing("model_4") }}{% endblock %}')
    with pytest.raises(WordsError, match="no listing 'model_4'"):
        render_words(fake.solution, fake.templates)
