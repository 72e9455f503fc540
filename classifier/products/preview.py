"""The first look at a file: what it is, its fields, and what the guessed mapping makes of the first rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from classifier.products.acceptance import Acceptance
from classifier.products.mapping import FieldMapping, flat, guess_mapping
from classifier.products.product import Limits, Problem, Product, shown
from classifier.products.reading import Reading

N_GUESS = 200  # rows that the mapping is guessed from
DEFAULT = Limits()


@dataclass(frozen=True, slots=True)
class Preview:
    """columns: up to three example values, safe to show, by field name (dotted where nested), in the file's order.

    items: the products and problems of the first rows. shape: the same for files with the same format and fields, so
    that a mapping can be remembered by it.
    """

    format: str
    columns: Mapping[str, tuple[str, ...]]
    mapping: FieldMapping
    items: tuple[Product | Problem, ...]
    shape: str


def preview(
    stream: BinaryIO, limits: Limits = DEFAULT, mapping: FieldMapping | None = None, n_rows: int = 20
) -> Preview:
    """Read the first rows of a seekable stream; raises UnreadableFile like `parse`, for what is seen so far."""
    reading = Reading(stream, limits)
    rows = list(islice(reading.rows(), N_GUESS))
    objects = [value for _, _, value in rows if isinstance(value, dict)]
    chosen = mapping or guess_mapping(objects)
    acceptance = Acceptance(chosen, limits)
    items = [item for place, number, value in rows[:n_rows] for item in acceptance.row(place, number, value)]
    columns: dict[str, list[str]] = {}
    for row in objects:
        for name, value in flat(row).items():
            examples = columns.setdefault(name, [])
            if len(examples) < 3 and value not in (None, "") and (text := shown(value)) not in examples:
                examples.append(text)
    shape = "|".join((reading.format, *sorted(columns)))
    return Preview(reading.format, {name: tuple(found) for name, found in columns.items()}, chosen, tuple(items), shape)
