"""The use cases of editions: draft, accept, withdraw, reword, publish, go back. An imported file is never changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from classifier.bootstrap import Services
from classifier.editions import Change, Overlay, apply_changes
from classifier.errors import ClassifierError
from classifier.prompt_parts import PromptParts
from classifier.taxonomies import version_row
from classifier.taxonomy import Taxonomy
from classifier.taxonomy_import.check_report import Findings, report_on
from storage import Edition

MAX_NOTE_CHARS = 2_000


class NothingToPublish(ClassifierError):
    """The draft says the same as the edition that is in use."""


class CannotEdit(ClassifierError):
    """The draft cannot be changed like this; the message is one sentence."""


@dataclass(frozen=True)
class Version:
    """An edition as faces show it. number 0: the taxonomy as it was imported, without an edition.

    id None: of the imported one. counter: to be handed back when a draft is saved. base_id: the imported taxonomy.
    taxonomy_id: the version that jobs use; None for a draft.
    """

    base_id: str
    overlay: Overlay
    id: int | None = None
    number: int | None = 0
    taxonomy_id: str | None = None
    author: str = ""
    note: str = ""
    counter: int = 0
    saved_at: datetime | None = None
    saved_by: str = ""
    published_at: datetime | None = None

    @property
    def is_draft(self) -> bool:
        """Tell whether it can still be changed."""
        return self.id is not None and self.published_at is None


def versions(services: Services, taxonomy_id: str) -> list[Version]:
    """Published editions of a taxonomy (told by any of its versions), the newest first; the imported one is last."""
    base_id = services.store.base_of(taxonomy_id)
    return [*map(_version, services.store.editions(base_id)), imported(base_id)]


def in_use(services: Services, taxonomy_id: str) -> Version:
    """Return the newest published edition; the imported taxonomy when there is none."""
    return versions(services, taxonomy_id)[0]


def edition_of(services: Services, taxonomy_id: str) -> int | None:
    """Return the edition in use if it made this taxonomy version, so that a new job takes its prompt along too."""
    edition = in_use(services, taxonomy_id)
    return edition.id if edition.taxonomy_id == taxonomy_id else None


def imported(base_id: str) -> Version:
    """Return the imported taxonomy as an edition without changes."""
    return Version(base_id, Overlay(), taxonomy_id=base_id)


def find_version(services: Services, edition_id: int) -> Version:
    """Return an edition, published or not. Raises EditionNotFound."""
    return _version(services.store.edition(edition_id))


def draft(services: Services, taxonomy_id: str) -> Version | None:
    """Return the draft on a taxonomy, None when nobody has begun one."""
    found = services.store.draft_edition(services.store.base_of(taxonomy_id))
    return None if found is None else _version(found)


def begin(services: Services, taxonomy_id: str, actor: str) -> Version:
    """Return the draft on a taxonomy, begun from the edition in use when there is none."""
    last = in_use(services, taxonomy_id)
    begun = services.store.begin_draft(last.base_id, last.overlay.to_record(), actor, last.id)
    return find_version(services, begun)


def accept(services: Services, seen: Version, changes: Iterable[Change], actor: str) -> Version:
    """Add changes to a draft as it was seen. Raises EditionChanged, CannotApply, CannotEdit: nothing is saved then."""

    def added(overlay: Overlay) -> Overlay:
        for change in changes:
            overlay = overlay.accept(change)
        return overlay

    return _save(services, seen, added, actor)


def withdraw(services: Services, seen: Version, change: Change, actor: str) -> Version:
    """Take a change out of a draft as it was seen. Raises EditionChanged, CannotEdit."""
    return _save(services, seen, lambda overlay: overlay.withdraw(change), actor)


def reword(services: Services, seen: Version, parts: PromptParts, actor: str) -> Version:
    """Give a draft as it was seen other prompt parts. Raises EditionChanged, CannotEdit."""
    return _save(services, seen, lambda overlay: Overlay(overlay.taxonomy_changes, parts), actor)


def discard(services: Services, seen: Version, actor: str = "analyst") -> None:
    """Throw a draft away. Raises EditionChanged when somebody changed it meanwhile."""
    if seen.id is not None:
        services.store.discard_draft(seen.id, seen.counter, actor)


def publish(services: Services, seen: Version, note: str, actor: str) -> Version:
    """Publish a draft as it was seen: jobs can use it, nobody can change it any more.

    Raises EditionChanged, CannotApply, and NothingToPublish when it says the same as the edition in use.
    """
    if seen.id is None or not seen.is_draft:
        raise CannotEdit("Only a draft can be published.")
    if seen.overlay.fingerprint == in_use(services, seen.base_id).overlay.fingerprint:
        raise NothingToPublish("The draft says the same as the edition in use: there is nothing to publish.")
    taxonomy = result_of(services, seen)
    row = version_row(taxonomy, report_on(taxonomy, "An edition", Findings()))
    services.store.publish_edition(seen.id, seen.counter, row, note.strip()[:MAX_NOTE_CHARS], actor)
    return find_version(services, seen.id)


def go_back(services: Services, target: Version, actor: str, note: str = "") -> Version:
    """Publish what an earlier edition (or the imported taxonomy) said as the newest one; history stays as it was.

    Raises CannotEdit when a draft with changes is open: it would be lost. Raises NothingToPublish.
    """
    last, open_draft = in_use(services, target.base_id), draft(services, target.base_id)
    if open_draft is not None:
        if open_draft.overlay.fingerprint != last.overlay.fingerprint:
            raise CannotEdit("A draft with changes is open: publish or discard it before you go back.")
        discard(services, open_draft, actor)
    begun = begin(services, target.base_id, actor)
    copied = _save(services, begun, lambda _: target.overlay, actor)
    try:
        return publish(services, copied, note or f"Back to edition {target.number}.", actor)
    except NothingToPublish:
        discard(services, copied, actor)
        raise


def result_of(services: Services, version: Version) -> Taxonomy:
    """Return the taxonomy that an edition gives. Raises CannotApply."""
    base = services.builder.taxonomy(version.base_id)
    return apply_changes(base, version.overlay.taxonomy_changes)


def _save(services: Services, seen: Version, change: Callable[[Overlay], Overlay], actor: str) -> Version:
    if seen.id is None or not seen.is_draft:
        raise CannotEdit("A published edition never changes: begin a draft.")
    try:
        overlay = change(seen.overlay)
    except ValueError as error:
        raise CannotEdit(str(error)) from error
    apply_changes(services.builder.taxonomy(seen.base_id), overlay.taxonomy_changes)  # raises before anything is saved
    services.store.save_draft(seen.id, seen.counter, overlay.to_record(), seen.note, actor)
    return find_version(services, seen.id)


def _version(kept: Edition) -> Version:
    told = {name: getattr(kept, name) for name in Version.__dataclass_fields__ if name != "overlay"}
    return Version(**told, overlay=Overlay.from_record(kept.content))
