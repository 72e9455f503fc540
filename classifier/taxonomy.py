"""A concept scheme: what a product can be. Pure: built from concepts, never from a file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property

LANGUAGES = ("es", "en")  # fallback order for labels


@dataclass(frozen=True, slots=True)
class Concept:
    """A skos:Concept. Labels by language tag (lower case, "" for none); broader: notations, main parent first."""

    notation: str
    uri: str
    pref_labels: Mapping[str, str]
    alt_labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    hidden_labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    definitions: Mapping[str, str] = field(default_factory=dict)
    examples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    broader: tuple[str, ...] = ()

    def label(self, language: str = "es") -> str:
        """Return the prefLabel in this language or a region of it, else in es, en, none, any; else the notation."""
        for tag in (language, *LANGUAGES, ""):
            if tag in self.pref_labels:
                return self.pref_labels[tag]
            regional = next((t for t in self.pref_labels if tag and t.startswith(f"{tag}-")), None)
            if regional is not None:
                return self.pref_labels[regional]
        return next(iter(self.pref_labels.values()), self.notation)


@dataclass(frozen=True)
class Taxonomy:
    """Concepts by notation, without cycles; order of `concepts` is the file's.

    assignable: the notations that a product may be put on (empty means all). Raises nothing after construction.
    """

    name: str
    uri: str
    concepts: Mapping[str, Concept]
    only: frozenset[str] = frozenset()

    @cached_property
    def fingerprint(self) -> str:
        """Content hash (24 hex digits) over concepts and the assignable set."""
        content = {"concepts": [asdict(c) for c in self.concepts.values()], "only": sorted(self.only)}
        canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.blake2b(canonical.encode(), digest_size=12).hexdigest()

    @cached_property
    def children(self) -> Mapping[str, tuple[str, ...]]:
        """Notations of the narrower concepts by notation; "" holds the top concepts."""
        found: dict[str, list[str]] = {}
        for concept in self.concepts.values():
            for parent in concept.broader or ("",):
                found.setdefault(parent, []).append(concept.notation)
        return {parent: tuple(kids) for parent, kids in found.items()}

    @cached_property
    def assignable(self) -> tuple[str, ...]:
        """Notations that an answer may name, in the taxonomy's order."""
        return tuple(n for n in self.concepts if not self.only or n in self.only)

    def path(self, notation: str) -> tuple[str, ...]:
        """Notations from the top concept down to this one, by the main parents."""
        steps = [notation]
        while (broader := self.concepts[steps[-1]].broader) and broader[0] not in steps:
            steps.append(broader[0])
        return tuple(reversed(steps))

    def level(self, notation: str) -> int:
        """1 for a top concept, 2 for its narrower concepts, and so on."""
        return len(self.path(notation))

    def top(self, notation: str) -> str:
        """Return the top concept's notation of this concept's branch."""
        return self.path(notation)[0]

    def is_leaf(self, notation: str) -> bool:
        """Tell whether nothing is narrower."""
        return notation not in self.children

    def label(self, notation: str | None, language: str = "es") -> str:
        """Return the prefLabel of a notation, the notation itself when it is unknown, "" for None."""
        if notation is None:
            return ""
        return self.concepts[notation].label(language) if notation in self.concepts else notation

    def path_label(self, notation: str, language: str = "es", separator: str = " › ") -> str:
        """Return the labels from the top concept down, joined."""
        return separator.join(self.label(step, language) for step in self.path(notation))


def to_record(taxonomy: Taxonomy) -> dict[str, object]:
    """Give the taxonomy as plain JSON values, for the record; `from_record` turns it back."""
    return {
        "name": taxonomy.name,
        "uri": taxonomy.uri,
        "only": sorted(taxonomy.only),
        "concepts": [asdict(c) for c in taxonomy.concepts.values()],
    }


def from_record(record: Mapping[str, object]) -> Taxonomy:
    """Rebuild a taxonomy from `to_record`; raises KeyError or TypeError when the record is not one."""
    concepts: Iterable[dict[str, object]] = record["concepts"]  # type: ignore[assignment]
    built = (_concept(c) for c in concepts)
    only: Iterable[str] = record["only"]  # type: ignore[assignment]
    return Taxonomy(str(record["name"]), str(record["uri"]), {c.notation: c for c in built}, frozenset(only))


def _concept(record: Mapping[str, object]) -> Concept:
    def by_language(name: str) -> dict[str, tuple[str, ...]]:
        values: Mapping[str, Iterable[str]] = record[name]  # type: ignore[assignment]
        return {language: tuple(texts) for language, texts in values.items()}

    return Concept(
        notation=str(record["notation"]),
        uri=str(record["uri"]),
        pref_labels=dict(record["pref_labels"]),  # type: ignore[call-overload]
        alt_labels=by_language("alt_labels"),
        hidden_labels=by_language("hidden_labels"),
        definitions=dict(record["definitions"]),  # type: ignore[call-overload]
        examples=by_language("examples"),
        broader=tuple(record["broader"]),  # type: ignore[arg-type]
    )
