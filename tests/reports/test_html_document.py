"""Pages for the screen: they stand by themselves, run nothing, and can be listened to."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from reports.assemble import assemble
from reports.html_document import write_html
from reports.options import Edition
from tests.reports.fakes import Fake

VOID = frozenset(("meta", "img", "br", "link"))


class Outline(HTMLParser):
    """What a reader of the page meets: its elements in order, each closed where it should be."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag in tags]


def _page(fake: Fake, edition: Edition = Edition.KEY) -> Outline:
    document = assemble(fake.sheet, fake.checked, edition, 0, fake.templates)
    return Outline(write_html(document, {"fake.figure": "data:image/svg+xml;base64,"}))


@pytest.mark.parametrize("edition", list(Edition))
def test_a_page_stands_by_itself(fake: Fake, edition: Edition) -> None:
    page = _page(fake, edition)
    assert not page.all("script", "link", "iframe", "object")
    for _, attributes in page.elements:
        for name, value in attributes.items():
            assert not name.startswith("on")
            if name in ("src", "href"):
                assert value is not None and value.startswith(("#", "data:"))


@pytest.mark.parametrize("edition", list(Edition))
def test_a_page_can_be_listened_to(fake: Fake, edition: Edition) -> None:
    page = _page(fake, edition)
    levels = [int(tag[1]) for tag, _ in page.elements if tag in ("h1", "h2", "h3", "h4")]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(attributes.get("alttext") for attributes in page.all("math"))
    assert all(attributes.get("alt") for attributes in page.all("img"))
    assert all(attributes.get("scope") for attributes in page.all("th"))
    identifiers = [a["id"] for _, a in page.elements if "id" in a]
    assert len(identifiers) == len(set(identifiers))
    for attributes in page.all("a"):
        assert attributes["href"].removeprefix("#") in identifiers
    assert page.all("html")[0]["lang"] == "en"


def test_a_page_says_what_the_pdf_says(fake: Fake) -> None:
    text = " ".join(_page(fake).text.split())
    for words in ("What is 50% of", "Like terms are collected.", "proved", "refuted", "Seed 0"):
        assert words in text


def test_words_are_escaped(fake: Fake) -> None:
    fake.write(
        "{% block statement %}a `<script>alert(1)</script>` & <b>b</b>{% endblock %}"
        "{% block solution %}x{% endblock %}{% block remarks %}{% endblock %}"
        "{% block mistakes %}{% endblock %}"
    )
    page = _page(fake)
    assert not page.all("script", "b")
    assert "<script>alert(1)</script>" in page.text
