"""Which taxonomy version is meant by a name or an id."""

from __future__ import annotations

from classifier import taxonomies
from classifier.bootstrap import Services
from classifier.errors import ClassifierError

MIN_PREFIX = 6


class NoSuchTaxonomy(ClassifierError):
    """No taxonomy version has this name or id."""


def find_taxonomy(services: Services, told: str | None) -> str:
    """Return the id of a version by id, start of its id, or name (its newest version); None: the project's own.

    Raises NoSuchTaxonomy with the names that there are.
    """
    if told is None:
        return taxonomies.ensure_built_in(services)
    wanted = told.strip()
    versions = services.store.taxonomies()
    for version in versions:
        if version["id"] == wanted or (len(wanted) >= MIN_PREFIX and version["id"].startswith(wanted)):
            return str(version["id"])
    for version in versions:
        if version["name"].casefold() == wanted.casefold():
            return str(version["id"])
    names = ", ".join(sorted({str(version["name"]) for version in versions})) or "none"
    raise NoSuchTaxonomy(f"There is no taxonomy {wanted!r}. There are: {names}.")
