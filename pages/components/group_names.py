"""What groups of products are called in a sentence, and the sentence that says how much more often they fail."""

from __future__ import annotations

from collections.abc import Mapping

from classifier.analysis.survey import NO_BRANCH
from classifier.taxonomy import Taxonomy
from pages.components.escaping import plain
from pages.components.formats import number
from pages.components.labels import category_label
from pages.components.texts import mark, t

FORMS: Mapping[str, str] = {  # values that classifier.analysis.facets makes
    "has an accent": mark("with an accent"), "no accent": mark("without an accent"),
    "one word": mark("of one word"), "two words": mark("of two words"), "3 or 4 words": mark("of 3 or 4 words"),
    "5 words or more": mark("of 5 words or more"), "all capitals": mark("in capitals only"),
    "not all capitals": mark("not in capitals only"), "has a number": mark("with a number"),
    "no number": mark("without a number"),
}  # fmt: skip
NO_CATEGORY: Mapping[str, str] = {"not_a_product": mark("that are not on any shelf"),
                                  "unsure": mark("with an unsure answer")}  # fmt: skip
FACETS: Mapping[str, str] = {
    "branch": mark("Branch"), "category": mark("Category"), "word": mark("Word"), "brand": mark("Brand"),
    "accent": mark("Accents"), "length": mark("Length"), "capitals": mark("Capitals"), "number": mark("Numbers"),
}  # fmt: skip


def is_facet(name: str) -> bool:
    """Tell whether groups can be made by this: one of ours, or a field of the analyst's own."""
    return name in FACETS or name.startswith("field:")


def facet_label(facet: str) -> str:
    """Name what a group's products share; a field of the analyst's own as it is. Not escaped."""
    return t(FACETS[facet]) if facet in FACETS else t("Field {name}", name=plain(facet.removeprefix("field:"), 40))


def group_phrase(taxonomy: Taxonomy, facet: str, value: str) -> str:
    """Give a group as it follows "products": "in Hygiene", "with an accent". Not escaped."""
    if value == NO_BRANCH and facet == "branch":
        return t("that could not be attributed to a branch")
    if facet in {"branch", "category"} and value in NO_CATEGORY:
        return t(NO_CATEGORY[value])
    if facet in {"branch", "category"}:
        return t("in {category}", category=category_label(taxonomy, value))
    if facet == "word":
        return t("with the word “{word}”", word=value)
    if facet == "brand":
        return t("of the brand “{brand}”", brand=value)
    if facet in FACETS and value in FORMS:
        return t(FORMS[value])
    return t("with {name} = “{value}”", name=facet.removeprefix("field:"), value=value)


def group_sentence(group: str, of: str, counts: tuple[int, int, int, int], lift: float | None) -> str:
    """Say how often a group fails or is wrong, against the rest; counts: k, n, k_rest, n_rest."""
    sentences = {
        ("failed", True): t("{k} of {n} products {group} failed, against {k_rest} of {n_rest} others: {lift} times as "
                            "often."),
        ("failed", False): t("{k} of {n} products {group} failed, and none of the {n_rest} others."),
        ("wrong", True): t("{k} of {n} labelled products {group} were answered wrongly, against {k_rest} of {n_rest} "
                           "others: {lift} times as often."),
        ("wrong", False): t("{k} of {n} labelled products {group} were answered wrongly, and none of the {n_rest} "
                            "others."),
    }  # fmt: skip
    names = dict(zip(("k", "n", "k_rest", "n_rest"), map(number, counts), strict=True))
    return sentences[of, lift is not None].format(group=group, lift=number(lift, 1), **names)
