"""Field mappings that an analyst chose, remembered for files of the same shape (format and fields)."""

from __future__ import annotations

import hashlib
from dataclasses import asdict

from classifier.products import FieldMapping, Preview
from storage import Store


def remember(store: Store, first: Preview, mapping: FieldMapping) -> None:
    """Keep a mapping for files of this shape."""
    store.set_preference(_key(first), asdict(mapping))


def recall(store: Store, first: Preview) -> FieldMapping | None:
    """Return what was chosen for the last file of this shape, None when nothing was."""
    told = store.preference(_key(first))
    return None if told is None else FieldMapping(**{**told, "text": tuple(told["text"])})


def forget(store: Store, first: Preview) -> None:
    """Let files of this shape be guessed again."""
    store.set_preference(_key(first), None)


def _key(first: Preview) -> str:
    return "mapping:" + hashlib.blake2b(first.shape.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
