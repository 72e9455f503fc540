"""The use cases of taxonomies: import one, have the project's own at hand."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from classifier.assignable import Assignment, assign
from classifier.bootstrap import Services
from classifier.settings import ROOT
from classifier.taxonomy import Taxonomy, to_record
from classifier.taxonomy_import import CheckReport, read_taxonomy
from storage.activity import PROGRAM

BUILT_IN = ROOT / "data" / "taxonomies" / "retail.jsonld"


def add(services: Services, source: bytes, name: str, actor: str = PROGRAM) -> tuple[str, CheckReport]:
    """Import a taxonomy and keep this version of it; returns its id. Raises UnreadableFile."""
    taxonomy, report = read_taxonomy(source, name)
    services.store.add_taxonomy(version_row(taxonomy, report))
    if actor != PROGRAM:
        services.store.note_activity(actor, "taxonomy imported", taxonomy.name)
    return taxonomy.fingerprint, report


def choose_assignable(services: Services, taxonomy_id: str, rule: Assignment, actor: str = PROGRAM) -> str:
    """Keep a version of a taxonomy in which the concepts of a rule are assignable; returns its id.

    The id is the content's fingerprint: the same choice twice is one version. Raises NothingAssignable.
    """
    version = services.store.taxonomy(taxonomy_id)
    chosen = assign(services.builder.taxonomy(taxonomy_id), rule)
    kept = {"report": version.report} if version is not None else {}
    services.store.add_taxonomy(version_row(chosen) | kept)
    if actor != PROGRAM:
        services.store.note_activity(actor, "categories chosen", chosen.name)
    return chosen.fingerprint


def version_row(taxonomy: Taxonomy, report: CheckReport | None = None) -> dict[str, Any]:
    """Give a taxonomy version for the record (columns of TaxonomyVersion)."""
    return {
        "id": taxonomy.fingerprint, "name": taxonomy.name, "uri": taxonomy.uri, "n_concepts": len(taxonomy.concepts),
        "n_assignable": len(taxonomy.assignable), "languages": languages_of(taxonomy), "record": to_record(taxonomy),
        "report": None if report is None else asdict(report),
    }  # fmt: skip


def languages_of(taxonomy: Taxonomy) -> list[str]:
    """Language tags of the prefLabels, the most used first."""
    n: dict[str, int] = {}
    for concept in taxonomy.concepts.values():
        for tag in concept.pref_labels:
            n[tag] = n.get(tag, 0) + 1
    return sorted((tag for tag in n if tag), key=lambda tag: -n[tag])


def ensure_built_in(services: Services) -> str:
    """Return the id of the project's own taxonomy, imported when it is not there yet."""
    stamp = BUILT_IN.stat()
    key, mark = "built_in_taxonomy", [stamp.st_mtime_ns, stamp.st_size]
    kept = services.store.preference(key)
    if kept and kept[0] == mark and services.store.taxonomy(kept[1]) is not None:
        return str(kept[1])
    taxonomy_id, _ = add(services, BUILT_IN.read_bytes(), BUILT_IN.name)
    services.store.set_preference(key, [mark, taxonomy_id])
    return taxonomy_id
