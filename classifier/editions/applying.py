"""Changes applied to a taxonomy: a new one comes of it, the old one stays as it is. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from classifier.editions.change import Change, ChangeKind
from classifier.errors import ClassifierError
from classifier.normalisation import fold
from classifier.taxonomy import Concept, Taxonomy

URN = "urn:anaquel:concept:"


class CannotApply(ClassifierError):
    """A change does not fit the taxonomy; the message is one sentence."""


def apply_changes(base: Taxonomy, changes: Iterable[Change]) -> Taxonomy:
    """Give the taxonomy that results; the base itself when nothing changes. Raises CannotApply.

    A label that the concept has already (case and accents aside for the same field) is left out, not doubled.
    """
    concepts, only = dict(base.concepts), base.only
    for change in changes:
        if change.kind is ChangeKind.CONCEPT:
            _add_concept(concepts, change)
            only = only | {change.notation} if only else only
        elif change.kind in (ChangeKind.ALT_LABEL, ChangeKind.HIDDEN_LABEL):
            concepts[change.notation] = _with_label(concepts, change)
    changed = Taxonomy(base.name, base.uri, concepts, only)
    return base if changed == base else changed


def next_notation(taxonomy: Taxonomy, broader: str) -> str:
    """Propose a notation for a new concept below another ("" for the top), in the manner of its neighbours."""
    kids = taxonomy.children.get(broader, ())
    lengths = {len(kid) for kid in kids}
    if kids and len(lengths) == 1 and all(kid.isascii() and kid.isdigit() for kid in kids):
        length = lengths.pop()
        for number in range(max(map(int, kids)) + 1, 10**length):
            if (notation := str(number).zfill(length)).startswith(broader) and notation not in taxonomy.concepts:
                return notation
    plain = broader.isascii() and broader.isdigit() and not kids
    stems = (f"{broader}{n:02d}" if plain else f"{broader}.{n}".lstrip(".") for n in range(len(kids) + 1, 100_000))
    return next(notation for notation in stems if notation not in taxonomy.concepts)


def uri_for(taxonomy: Taxonomy, notation: str) -> str:
    """Propose an IRI for a new notation: like its neighbours' where theirs end with their notation."""
    for known, concept in reversed(list(taxonomy.concepts.items())):
        if concept.uri.endswith(known) and not concept.uri.startswith("_:"):
            return concept.uri[: len(concept.uri) - len(known)] + notation
    return URN + notation


def _add_concept(concepts: dict[str, Concept], change: Change) -> None:
    if change.notation in concepts:
        raise CannotApply(f"The taxonomy has a category {change.notation} already: the new one needs another notation.")
    if change.broader and change.broader not in concepts:
        raise CannotApply(f"The category {change.broader}, which the new one is to stand under, is not there.")
    broader = (change.broader,) if change.broader else ()
    uri = change.uri or URN + change.notation
    concepts[change.notation] = Concept(change.notation, uri, {change.language: change.text}, broader=broader)


def _with_label(concepts: Mapping[str, Concept], change: Change) -> Concept:
    concept = concepts.get(change.notation)
    if concept is None:
        raise CannotApply(f"The category {change.notation}, which is to get a label, is not in the taxonomy.")
    if change.kind is ChangeKind.ALT_LABEL:
        return replace(concept, alt_labels=_added(concept.alt_labels, change))
    return replace(concept, hidden_labels=_added(concept.hidden_labels, change))


def _added(labels: Mapping[str, tuple[str, ...]], change: Change) -> Mapping[str, tuple[str, ...]]:
    known = labels.get(change.language, ())
    if fold(change.text) in map(fold, known):
        return labels
    return {**labels, change.language: (*known, change.text)}
