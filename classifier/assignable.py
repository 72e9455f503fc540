"""Which concepts of a taxonomy a product may be put on: all, leaves only, without placeholders. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from classifier.errors import ClassifierError
from classifier.normalisation import fold
from classifier.taxonomy import Concept, Taxonomy

# A label that holds a shelf open without saying what belongs there: "Otros", "Sin clasificar", "N/A", "---", "Test".
_PLACEHOLDER = re.compile(
    r"(?:(?:otr[oa]s?|vari[oa]s|diversos?|general(?:es)?|miscelane[oa]s?|resto|demas|others?|misc(?:ellaneous)?|various)"
    r"(?: (?:productos|articulos|products|items|categorias|categories|varios))?"
    r"|(?:sin|por|no|pendiente de) (?:clasificar|definir|asignar|categoria|nombre)|sin categoria|no clasificad[oa]s?"
    r"|(?:un(?:classified|categori[sz]ed|assigned|known)|uncategori[sz]ed|not classified|no category|to be defined)"
    r"|n ?a|tbd|pendientes?|test|prueba|dummy|placeholder|ninguno|none|null|missing|default|temporal|x+)?"
)


class NothingAssignable(ClassifierError):
    """No concept would be left that a product may be put on."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """The rule by which concepts are assignable."""

    leaves_only: bool = False
    hides_placeholders: bool = False


def assign(taxonomy: Taxonomy, rule: Assignment) -> Taxonomy:
    """Return the taxonomy with the concepts of the rule assignable; raises NothingAssignable."""
    kept = frozenset(_kept(taxonomy, rule))
    if not kept:
        raise NothingAssignable("No category would be left that a product may be put on.")
    return replace(taxonomy, only=frozenset() if len(kept) == len(taxonomy.concepts) else kept)


def is_placeholder(concept: Concept) -> bool:
    """Tell whether each prefLabel holds a shelf open without saying what belongs there."""
    labels = concept.pref_labels.values() or (concept.notation,)
    return all(_PLACEHOLDER.fullmatch(" ".join(re.findall(r"[a-z0-9]+", fold(label)))) for label in labels)


def rule_of(taxonomy: Taxonomy) -> Assignment | None:
    """Tell by which rule the assignable concepts were chosen; None when by none of ours."""
    chosen = frozenset(taxonomy.assignable)
    rules = (Assignment(leaves, placeholders) for leaves in (False, True) for placeholders in (False, True))
    return next((rule for rule in rules if chosen == frozenset(_kept(taxonomy, rule))), None)


def _kept(taxonomy: Taxonomy, rule: Assignment) -> Iterator[str]:
    for notation, concept in taxonomy.concepts.items():
        if rule.leaves_only and not taxonomy.is_leaf(notation):
            continue
        if not (rule.hides_placeholders and is_placeholder(concept)):
            yield notation
