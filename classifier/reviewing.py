"""The use case of reviewing: confirm or correct what products are, take it back, decide between two reviewers."""

from __future__ import annotations

from collections.abc import Sequence

from classifier.bootstrap import Services
from classifier.errors import ClassifierError
from classifier.examples import NOT_A_PRODUCT
from storage import Item, Job, Kind, Labelled, Told


class NothingToConfirm(ClassifierError):
    """None of the products has an answer that could be right."""


def correct(services: Services, job: Job, items: Sequence[Item], notation: str, actor: str,
            seen: int | None = None) -> Told:  # fmt: skip
    """Say that products belong in a category (a notation or "not_a_product").

    seen: `Store.last_label_event` when the reviewer's list was read. Raises ClassifierError when there is no such
    category.
    """
    taxonomy = services.builder.taxonomy(job.taxonomy_id)
    if notation != NOT_A_PRODUCT and notation not in taxonomy.concepts:
        raise ClassifierError(f"The taxonomy has no category {notation}.")
    return _keep(services, job, [(item, notation) for item in items], actor, seen)


def confirm(services: Services, job: Job, items: Sequence[Item], actor: str, seen: int | None = None) -> Told:
    """Say that the answers of products are right; those without an answer are left out. Raises NothingToConfirm."""
    told = [(item, answer) for item in items if (answer := _answer(item)) not in (None, "unsure")]
    if not told:
        raise NothingToConfirm("None of these products has an answer to confirm: choose its category.")
    return _keep(services, job, [(item, str(answer)) for item, answer in told], actor, seen)


def undo(services: Services, act: str, actor: str) -> Told:
    """Take back what was said in one go; what others have said since then stays."""
    return services.store.undo_labels(act, actor)


def decide(services: Services, taxonomy_id: str, text_key: str, text: str, notation: str, actor: str) -> Told:
    """End a disagreement of two reviewers."""
    told = [Labelled(text_key, text, notation)]
    return services.store.keep_labels(taxonomy_id, told, actor, kind=Kind.DECIDED)


def _answer(item: Item) -> str | None:
    return item.notation if item.verdict == "concept" else item.verdict


def _keep(services: Services, job: Job, told: Sequence[tuple[Item, str]], actor: str, seen: int | None) -> Told:
    words = {i.text_key: Labelled(i.text_key, i.text, notation, job.id) for i, notation in told}  # one a text
    return services.store.keep_labels(job.taxonomy_id, list(words.values()), actor, seen=seen)
