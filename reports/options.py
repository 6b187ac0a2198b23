"""What the command line lets one choose; imports nothing, so that ``--help`` is quick."""

from __future__ import annotations

import enum

__all__ = ["Edition", "Engine", "Format"]


class Edition(enum.Enum):
    """Which document is made from a sheet."""

    KEY = "key"
    HANDOUT = "handout"
    RUBRIC = "rubric"


class Engine(enum.Enum):
    """Which pdfLaTeX to use."""

    BUNDLED = "bundled"
    SYSTEM = "system"
    NONE = "none"


class Format(enum.Enum):
    """What a document is for: paper, or a screen."""

    PDF = "pdf"
    HTML = "html"
