"""Which edition is meant by a word, and editions as plain JSON: what programs and the command line see of them."""

from __future__ import annotations

from typing import Any

from classifier.bootstrap import Services
from classifier.editions import Difference, differences
from classifier.errors import ClassifierError
from classifier.repair import editing
from classifier.repair.editing import Version

DRAFT, LAST = "draft", "last"


class NoSuchEdition(ClassifierError):
    """No edition of the taxonomy is called so."""


def find_edition(services: Services, taxonomy_id: str, told: str) -> Version:
    """Return an edition of a taxonomy by number (0: as imported), `last` (the one in use) or `draft`.

    Raises NoSuchEdition.
    """
    known = editing.versions(services, taxonomy_id)
    draft = editing.draft(services, taxonomy_id)
    named = {str(version.number): version for version in known} | {LAST: known[0]}
    found = draft if told == DRAFT else named.get(told)
    if found is None:
        names = [str(version.number) for version in reversed(known)] + [DRAFT] * (draft is not None)
        raise NoSuchEdition(f"There is no edition {told!r} of this taxonomy. There are: {', '.join(names)}.")
    return found


def to_record(services: Services, version: Version) -> dict[str, Any]:
    """Give who made an edition and when, and all that it changes; number None: the draft, 0: as imported.

    is_in_use: a new job on taxonomy_id takes its prompt along.
    """
    imported = editing.imported(version.base_id)
    return {
        "number": version.number, "is_draft": version.is_draft,
        "is_in_use": version.number == editing.in_use(services, version.base_id).number,
        "base_id": version.base_id, "taxonomy_id": version.taxonomy_id, "author": version.author,
        "note": version.note, "saved_at": _iso(version.saved_at), "saved_by": version.saved_by,
        "published_at": _iso(version.published_at),
        "changes": [difference_record(found) for found in differences(imported.overlay, version.overlay)],
    }  # fmt: skip


def difference_record(found: Difference) -> dict[str, Any]:
    """Give one difference: what happened, to what kind of thing, of which category (notation; "" for all)."""
    if found.change is None:
        return {"what": "reworded", "kind": found.part, "notation": "", "text": found.after, "before": found.before}
    return {"what": "added" if found.is_added else "taken away"} | {"notation": ""} | found.change.to_record()


def _iso(moment: Any) -> str | None:
    return moment.isoformat() if moment else None
