"""What a job may learn from: labels of earlier work on its taxonomy, frozen when it is submitted."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import orjson

from classifier.examples import N_MOST, Example, Examples, Origin, day_of, fingerprint, from_rows, settle, to_rows
from storage import Store


def examples_of(store: Store, taxonomy_id: str, *, with_expected: bool = False, n_most: int = N_MOST) -> Examples:
    """Return what people confirmed or corrected in a taxonomy version, the newest first, one a text.

    with_expected: also what the files of earlier jobs expected. Off unless the analyst asks for it: a labelled sample
    that is classified again would be answered from its own labels.
    """
    return settle(_told(store, taxonomy_id, n_most, with_expected), n_most)


def freeze(store: Store, examples: Examples) -> str | None:
    """Keep examples as they are now; returns the set's id for a job's spec, None when there are none."""
    if not examples:
        return None
    set_id = fingerprint(examples)
    store.keep_example_set(set_id, len(examples), zlib.compress(orjson.dumps(to_rows(examples))))
    return set_id


def frozen(store: Store, set_id: str) -> Examples | None:
    """Return a frozen set; None when it is not in the record any more."""
    content = store.example_set(set_id)
    return None if content is None else from_rows(orjson.loads(zlib.decompress(content)))


def _told(store: Store, taxonomy_id: str, n_most: int, with_expected: bool) -> Iterator[Example]:
    for text, notation, at in store.reviewed_texts(taxonomy_id, n_most):
        yield Example(text, notation, Origin.REVIEWED, day_of(at))
    if with_expected:
        for text, notation, at in store.expected_texts(taxonomy_id, n_most):
            yield Example(text, notation, Origin.EXPECTED, day_of(at))
