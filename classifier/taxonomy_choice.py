"""Which taxonomy version is meant by a name or an id."""

from __future__ import annotations

from classifier import taxonomies
from classifier.bootstrap import Services
from classifier.errors import ClassifierError
from classifier.repair import editing

MIN_PREFIX = 6


class NoSuchTaxonomy(ClassifierError):
    """No taxonomy version has this name or id."""


def find_taxonomy(services: Services, told: str | None) -> str:
    """Return the id of a version by id, start of its id, or name; None: the project's own.

    An id means just this version. A name, or None, means the edition in use of the newest version that is called so.
    Raises NoSuchTaxonomy with the names that there are.
    """
    if told is None:
        return version_in_use(services, taxonomies.ensure_built_in(services))
    wanted = told.strip()
    versions = services.store.taxonomies()
    for version in versions:
        if version["id"] == wanted or (len(wanted) >= MIN_PREFIX and version["id"].startswith(wanted)):
            return str(version["id"])
    for version in versions:
        if version["name"].casefold() == wanted.casefold():
            return version_in_use(services, str(version["id"]))
    names = ", ".join(sorted({str(version["name"]) for version in versions})) or "none"
    raise NoSuchTaxonomy(f"There is no taxonomy {wanted!r}. There are: {names}.")


def version_in_use(services: Services, taxonomy_id: str) -> str:
    """Return the version that the edition in use made of the same imported taxonomy; itself without editions."""
    edition = editing.in_use(services, taxonomy_id)
    return taxonomy_id if edition.id is None else str(edition.taxonomy_id)
