"""What an edition lays over an imported taxonomy: changes of it, in their order, and the prompt's parts. Pure.

A guidance note, an example or a rule stands in the prompt's parts and nowhere else, whether it was a remedy or written
by hand: `changes` gives both kinds as one list.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from classifier.editions.change import OF_TAXONOMY, Change, ChangeKind
from classifier.normalisation import text_key
from classifier.prompt_parts import DEFAULT, FewShot, Note, PromptParts


@dataclass(frozen=True)
class Overlay:
    """Nothing by default: the taxonomy as it was imported and the prompt as it comes."""

    taxonomy_changes: tuple[Change, ...] = ()
    parts: PromptParts = DEFAULT

    @property
    def is_empty(self) -> bool:
        """Tell whether it changes nothing."""
        return not self.taxonomy_changes and self.parts.is_default

    @cached_property
    def fingerprint(self) -> str:
        """Content hash (24 hex digits): two overlays with one fingerprint are the same edition."""
        canonical = json.dumps(self.to_record(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.blake2b(canonical.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()

    def changes(self) -> Iterator[Change]:
        """Yield everything that was accepted, the taxonomy's changes first."""
        yield from self.taxonomy_changes
        for note in self.parts.guidance:
            yield Change(ChangeKind.GUIDANCE, note.notation, note.text)
        for shot in self.parts.examples:
            yield Change(ChangeKind.FEW_SHOT, shot.notation, shot.text)
        for word in self.parts.not_products:
            yield Change(ChangeKind.NOT_A_PRODUCT, "", word)

    def accept(self, change: Change) -> Overlay:
        """Give an overlay with the change; the same overlay when it is there already.

        A text has one answer: an example takes the place of an earlier one for the same text. Raises ValueError when
        the prompt has no room for it.
        """
        if change in self.changes():
            return self
        if change.kind in OF_TAXONOMY:
            return replace(self, taxonomy_changes=(*self.taxonomy_changes, change))
        parts = self.parts
        if change.kind is ChangeKind.GUIDANCE:
            added = replace(parts, guidance=(*parts.guidance, Note(change.notation, change.text)))
        elif change.kind is ChangeKind.FEW_SHOT:
            others = tuple(shot for shot in parts.examples if text_key(shot.text) != text_key(change.text))
            added = replace(parts, examples=(*others, FewShot(change.text, change.notation)))
        else:
            added = replace(parts, not_products=(*parts.not_products, change.text))
        return replace(self, parts=added)

    def withdraw(self, change: Change) -> Overlay:
        """Give an overlay without the change, and without what stands on a concept that it had added."""
        if change.kind in OF_TAXONOMY:
            kept = tuple(c for c in self.taxonomy_changes if c != change)
            gone = replace(self, taxonomy_changes=kept)
            if change.kind is ChangeKind.CONCEPT and len(kept) < len(self.taxonomy_changes):
                return gone._without_concept(change.notation)
            return gone
        parts = self.parts
        return replace(self, parts=replace(
            parts,
            guidance=tuple(n for n in parts.guidance if Change(ChangeKind.GUIDANCE, n.notation, n.text) != change),
            examples=tuple(e for e in parts.examples if Change(ChangeKind.FEW_SHOT, e.notation, e.text) != change),
            not_products=tuple(w for w in parts.not_products if Change(ChangeKind.NOT_A_PRODUCT, "", w) != change),
        ))  # fmt: skip

    def _without_concept(self, notation: str) -> Overlay:
        found = self
        for change in tuple(found.changes()):
            if notation in (change.notation, change.broader):
                found = found.withdraw(change)
        return found

    def to_record(self) -> dict[str, Any]:
        """Give plain JSON values; `from_record` turns them back."""
        return {"taxonomy": [change.to_record() for change in self.taxonomy_changes],
                "prompt": self.parts.to_record()}  # fmt: skip

    @classmethod
    def from_record(cls, record: Mapping[str, Any] | None) -> Overlay:
        """Rebuild from `to_record`; None gives an empty one. Raises ValueError, KeyError or TypeError if it is none."""
        record = record or {}
        changes = tuple(Change.from_record(one) for one in record.get("taxonomy", ()))
        return cls(changes, PromptParts.from_record(record.get("prompt")))
