"""A report as Markdown: tables for everything, texts of products escaped so that none becomes a link or an image."""

from __future__ import annotations

import re
from collections.abc import Sequence

from classifier.products.product import UNSAFE
from classifier.report_document.blocks import Block, Content, Heading, Paragraph, Rows

MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-!|<>$~:&=^])")
AUTOLINK = re.compile(r"(?i)(https?|ftp|mailto|www)(?=[:.])|@")
JOINER = "\u2060"  # invisible, breaks what would become a link


def to_markdown(report: Content) -> str:
    """Write the report (GitHub's Markdown, for its tables)."""
    parts = [f"# {text(report.title)}", text(report.subtitle), *(_block(block) for block in report.blocks)]
    return "\n\n".join(parts) + "\n"


def text(value: str) -> str:
    """Give a text for Markdown, on one line."""
    told = " ".join(UNSAFE.sub(" ", value).split())
    return MARKUP.sub(r"\\\1", AUTOLINK.sub(lambda found: found[0] + JOINER, told))


def _block(block: Block) -> str:
    if isinstance(block, Heading):
        return f"## {text(block.text)}"
    if isinstance(block, Paragraph):
        return text(block.text)
    if isinstance(block, Rows):
        return _table(block.header, block.rows, block.numbers)
    return _table((block.title, ""), [(bar.label, bar.text) for bar in block.bars], (1,))


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int]) -> str:
    lines = [_line(header), "|" + "|".join("---:" if n in numbers else "---" for n in range(len(header))) + "|"]
    return "\n".join([*lines, *(_line(row) for row in rows)])


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(text(cell) for cell in cells) + " |"
