"""The use cases of patches: an edition as a file for the taxonomy's owner, and such a file back into the taxonomy."""

from __future__ import annotations

from pathlib import PurePath

from classifier.bootstrap import Services
from classifier.editions import CannotApply, Change
from classifier.errors import ClassifierError, UnreadableFile
from classifier.repair import editing
from classifier.repair.editing import Version
from classifier.taxonomy_import.check_report import Findings

SUFFIXES = ("ttl", "jsonld")


class UnknownSuffix(ClassifierError):
    """SKOS is not written like this here."""


def suffix_of(name: str) -> str:
    """Return what a file name's ending asks for; "ttl" without one. Raises UnknownSuffix."""
    ending = PurePath(name).suffix.lower().removeprefix(".") or SUFFIXES[0]
    if ending not in SUFFIXES:
        raise UnknownSuffix(f"SKOS is written as {' or '.join(SUFFIXES)}, not as {ending!r}.")
    return ending


def patch_of(services: Services, version: Version, suffix: str = "ttl") -> str:
    """Write all that an edition adds to the imported taxonomy; suffix: "ttl" or "jsonld"."""
    from classifier.editions.skos import write_patch  # rdflib takes half a second to load

    return write_patch(services.builder.taxonomy(version.base_id), version.overlay.changes(), suffix, version.note)


def taxonomy_of(services: Services, version: Version, suffix: str = "ttl") -> str:
    """Write the whole taxonomy that an edition gives; suffix: "ttl" or "jsonld"."""
    from classifier.editions.skos import write_taxonomy

    return write_taxonomy(editing.result_of(services, version), suffix)


def changes_in(services: Services, source: bytes, taxonomy_id: str | None = None) -> tuple[str, list[Change]] | None:
    """Read a patch: the base taxonomy's id and the changes; None when the file is none.

    taxonomy_id: where it goes when the taxonomy that it was made for is not here. Raises UnreadableFile, CannotApply.
    """
    from classifier.editions import skos
    from classifier.taxonomy_import import rdf_syntax

    if b"urn:anaquel:terms:" not in source:
        return None
    text = source.decode("utf-8", "replace").lstrip("\ufeff")
    syntax = rdf_syntax.syntax_of(text)
    if syntax is None:
        return None
    graph = rdf_syntax.graph_of(text, syntax, Findings())
    if not skos.is_patch(graph):
        return None
    told = skos.base_of(graph)
    base_id = told if told and services.store.taxonomy(told) is not None else taxonomy_id
    if base_id is None:
        raise UnreadableFile("This is a patch of a taxonomy that is not here: import the taxonomy first.")
    base_id = services.store.base_of(base_id)
    return base_id, skos.read_patch(graph, services.builder.taxonomy(base_id))


def import_patch(services: Services, source: bytes, actor: str, taxonomy_id: str | None = None) -> Version | None:
    """Publish a patch's changes as a new edition, on top of the one in use; None when the file is no patch.

    Raises UnreadableFile, CannotApply, editing.CannotEdit (a draft with changes is open) and NothingToPublish (the
    edition in use has them already).
    """
    found = changes_in(services, source, taxonomy_id)
    if found is None:
        return None
    base_id, changes = found
    last, open_draft = editing.in_use(services, base_id), editing.draft(services, base_id)
    if open_draft is not None and open_draft.overlay != last.overlay:
        raise editing.CannotEdit("A draft with changes is open: publish or discard it before you import a patch.")
    begun = editing.begin(services, base_id, actor)
    try:
        drafted = editing.accept(services, begun, changes, actor)
        return editing.publish(services, drafted, "Imported from a patch.", actor)
    except (editing.NothingToPublish, CannotApply):
        newest = editing.draft(services, base_id)
        if newest is not None:
            editing.discard(services, newest, actor)
        raise
