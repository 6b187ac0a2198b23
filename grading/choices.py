"""Answers that are one of several options, in the words in which students choose."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

__all__ = ["chosen", "ways"]

_YES = (
    "yes y true t right correct holds valid oui vrai 1 ✓ ✔|it holds|does hold|it does|"
    "yes it is|yes it does|not false|not wrong|not incorrect|it is not false"
)
_NO = (
    "no n false f wrong incorrect fails invalid untrue non faux 0 ✗ ✘|does not hold|doesn't hold|"
    "it does not|no it is not|no it does not|not true|not right|not correct|it is not true"
)


def _listed(words: str) -> tuple[str, ...]:
    single, *several = words.split("|")
    return (*single.split(), *several)


#: In what words the usual options are chosen.
_USUAL: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "true": _listed(_YES),
        "yes": _listed(_YES),
        "false": _listed(_NO),
        "no": _listed(_NO),
    }
)

_STYLES = re.compile(r"\\(?:text|textbf|mathrm|mathbf|emph|boxed)(?=\s*\{)|[${}\"\u2018-\u201d`*]")
_SPACE = re.compile(r"[\s_~\-\u2010-\u2015]+")
#: What may stand in front of an option without changing what is chosen: a number, a phrase.
_NUMBER = re.compile(r"\(?(?:[1-9]\d?|[ivx]{1,4}|[a-d])[).:]\s+")
#: The number of the statement, which some write behind: "Y 8."
_BEHIND = re.compile(r"(?<=[a-z])\s+\(?[1-9]\d?[.)]\s*\Z")
_FRONT = re.compile(
    r"(?:(?:the )?(?:answer|statement|claim|option|solution)(?: is|:| :)?|it is|it's|this is) "
)
#: Where a remark begins: "0.5" and "f(x)" have none.
_REMARK = re.compile(
    r"[,;.:](?=\s|$)|(?<=\w{3})!(?=\s|$)|\s\(|\n|\s?[\u2013\u2014]\s?|\s-+\s"
    r"|\s(?=(?:because|since|as|due to|when)\s)"
)
#: A remark has a word in it, at least.
_WORD = re.compile(r"[^\W\d_]{3,}")
#: Words that take back what stands in front of them.
_HEDGE = frozenset(
    "but except guess idea if kidding know maybe or perhaps probably sure think unless unsure wait"
    " sometimes".split()
)
#: Words that choose where they stand alone, and say nothing within a sentence.
_COMMON = frozenset("right holds valid fails".split())


def ways(options: Mapping[str, Iterable[str]]) -> Mapping[str, str]:
    """What may be written for each of the options, the usual words and further ones.

    >>> ways({"forward": ["forward kl"], "reverse": []})["forward kl"]
    'forward'
    """
    return MappingProxyType(
        {
            _plain(spelling): option
            for option, further in options.items()
            for spelling in (option, *_USUAL.get(option, ()), *further)
        }
    )


def chosen(text: str, spellings: Mapping[str, str]) -> str | None:
    """The option that ``text`` names, a remark behind it left aside; None where it is not clear.

    A whole phrase is looked up, never a word of it, and a remark that names an option itself makes
    the answer unclear.

    >>> chosen("Not true.", ways({"true": [], "false": []}))
    'false'
    >>> chosen("False, because D is a network", ways({"true": [], "false": []}))
    'false'
    >>> chosen("not quite true", ways({"true": [], "false": []}))
    """
    phrase = _plain(text)
    if phrase in spellings:
        return spellings[phrase]
    head, *remarks = _REMARK.split(_bare(text))
    words = [word for remark in remarks for word in _plain(remark).split()]
    if words and (head.strip().isdigit() or not _WORD.search(" ".join(words))):
        return None
    if _HEDGE.intersection(words) or any(_plain(remark) in spellings for remark in remarks):
        return None
    if any(len(word) > 2 and word in spellings for word in words if word not in _COMMON):
        return None
    return spellings.get(_plain(head))


def _bare(text: str) -> str:
    """In lower case, without LaTeX's styles and quotes and the statement's number."""
    bare = _STYLES.sub("", text).casefold().strip()
    numbered = _NUMBER.match(bare)
    return _BEHIND.sub("", bare[numbered.end() :] if numbered else bare)


def _plain(text: str) -> str:
    """One phrase: no punctuation at its end, nothing in front, one space between words."""
    phrase = _SPACE.sub(" ", _bare(text)).strip(" .,;:()\\")
    if len(phrase) > 2:
        phrase = phrase.rstrip(" !.")
    front = _FRONT.match(phrase)
    return phrase[front.end() :].strip() if front else phrase
