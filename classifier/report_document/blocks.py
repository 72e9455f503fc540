"""What a report is made of, before it is HTML or Markdown: texts are plain and escaped by the writers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Heading:
    """A section's title."""

    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Sentences."""

    text: str


@dataclass(frozen=True, slots=True)
class Rows:
    """A table of texts; columns in `numbers` (by index) stand to the right."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of length share (0..1) with the text beside it; whisker: an interval on the same scale."""

    label: str
    share: float
    text: str
    whisker: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Bars:
    """A bar chart; Markdown has it as a table."""

    title: str
    bars: Sequence[Bar]


Block = Heading | Paragraph | Rows | Bars


@dataclass(slots=True)
class Content:
    """A report: language tag, title, what stands below it, and its blocks."""

    language: str
    title: str
    subtitle: str
    blocks: list[Block] = field(default_factory=list)
