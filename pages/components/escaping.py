"""Data in places that understand markup: made harmless, and still readable."""

from __future__ import annotations

import re

from classifier.products.product import UNSAFE

MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>$~:&=^])")
AUTOLINK = re.compile(r"(?i)(https?|ftp|mailto|www)(?=[:.])|@")
JOINER = "\u2060"  # invisible, breaks what would become a link


def plain(text: object, length: int = 200) -> str:
    """Give data for a place that reads no markup (the options of a select box): printable, on one line, bounded."""
    told = " ".join(UNSAFE.sub(" ", str(text)).split())
    return told if len(told) <= length else told[: length - 1] + "…"


def safe(text: object, length: int = 200) -> str:
    """Give data for a label or a Markdown text: no link, image, HTML, LaTeX, directive or emphasis comes of it."""
    return MARKUP.sub(r"\\\1", AUTOLINK.sub(lambda found: found[0] + JOINER, plain(text, length)))


def chart_label(text: object, length: int = 40) -> str:
    """Give data for a chart: Plotly reads a few HTML tags, so its brackets become quotation marks of that shape."""
    return plain(text, length).replace("&", "&amp;").replace("<", "‹").replace(">", "›")
