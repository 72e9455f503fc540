"""Field mappings that an analyst chose: by name, or remembered for files of the same shape (format and fields)."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from itertools import islice

from classifier.errors import ClassifierError
from classifier.products import FieldMapping, Preview
from classifier.products.field_names import plain
from classifier.products.product import shown
from storage import Store

N_NAMED = 30


class UnknownField(ClassifierError):
    """A file has no field of that name."""


@dataclass(frozen=True, slots=True)
class ToldFields:
    """Names of fields as a person gives them: None is guessed, "" is none; text may be several with commas between."""

    text: str | None = None
    product_id: str | None = None
    expected: str | None = None
    language: str | None = None

    def __bool__(self) -> bool:
        return any(told is not None for told in (self.text, self.product_id, self.expected, self.language))


def as_told(first: Preview, told: ToldFields) -> FieldMapping:
    """Put what was told over the mapping guessed for a file; raises UnknownField, which names the fields there are."""
    guess = first.mapping
    text = guess.text if told.text is None else _texts(first, told.text)
    chosen = (_one(first, told.product_id), _one(first, told.expected), _one(first, told.language))
    taken = {*text, *chosen}
    rest = (None if name in taken else name for name in (guess.product_id, guess.expected, guess.language))
    asked = (told.product_id, told.expected, told.language)
    product_id, expected, language = (
        guessed if name is None else found for name, found, guessed in zip(asked, chosen, rest, strict=True)
    )
    return FieldMapping(text, product_id, expected, language, guessed=told.text is None and guess.guessed)


def _texts(first: Preview, told: str) -> tuple[str, ...]:
    names = [told] if told in first.columns else [name for part in told.split(",") if (name := part.strip())]
    found = tuple(name for name in (_one(first, name) for name in names) if name)
    if not found:
        raise UnknownField("Name at least one field that holds the text.")
    return found


def _one(first: Preview, told: str | None) -> str | None:
    """Find a field by its name, or by one that differs in case, accents and signs only."""
    if not told or told in first.columns:
        return told or None
    alike = [name for name in first.columns if plain(name) == plain(told)]
    if len(alike) == 1:
        return alike[0]
    if not first.columns:
        raise UnknownField("The file has no fields to choose: every row is a text.")
    names = ", ".join(shown(name)[:60] for name in islice(first.columns, N_NAMED))
    more = " ..." if len(first.columns) > N_NAMED else ""
    raise UnknownField(f"The file has no field {shown(told)[:60]!r}. Its fields are: {names}{more}.")


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
