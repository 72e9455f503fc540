"""What is different between two overlays, change by change; the words are each face's own. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from classifier.editions.change import Change
from classifier.editions.overlay import Overlay


@dataclass(frozen=True, slots=True)
class Difference:
    """A change that only the newer (is_added) or only the older overlay has, or a part of the prompt reworded.

    part: "role" or "answer_rules", with what it said before and says after; "" for a change.
    """

    is_added: bool = True
    change: Change | None = None
    part: str = ""
    before: str = ""
    after: str = ""


def differences(older: Overlay, newer: Overlay) -> list[Difference]:
    """Give all differences: what was added, what was taken away, what was rewritten."""
    old, new = list(older.changes()), list(newer.changes())
    found = [Difference(True, change) for change in new if change not in old]
    found += [Difference(False, change) for change in old if change not in new]
    for part in ("role", "answer_rules"):
        before, after = getattr(older.parts, part), getattr(newer.parts, part)
        if before != after:
            found.append(Difference(True, None, part, before, after))
    return found
