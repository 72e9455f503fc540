"""The use case of causes: what an error cluster has in common, and the remedies for it, with their evidence."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache

from classifier.bootstrap import Services
from classifier.build import lexicon
from classifier.intake import UNKNOWN_EXPECTED
from classifier.normalisation import fold
from classifier.remedies import Corpus, Question, Remedy, Seen, propose
from classifier.repair.clusters import Cluster, all_rows, rows_of, seen
from classifier.spec import Spec
from storage import Job

MAX_CLUSTER = 2_000  # products of a cluster that are looked at
MAX_LOOKED = 50_000  # other products of the job that are looked at
PLACE = re.compile(r"product (\d+)")


@dataclass(frozen=True)
class Confusion:
    """n products of the cluster that belong to one category (None: nobody said) and were answered as another."""

    truth: str | None
    answer: str
    n: int


@dataclass(frozen=True)
class Causes:
    """What was found. n_looked: products of the job that were looked at; smaller than n_ended: "of the first ..."."""

    cluster: tuple[Seen, ...]
    confusions: tuple[Confusion, ...]
    remedies: tuple[Remedy, ...]
    n_looked: int
    n_ended: int

    @property
    def n_labelled(self) -> int:
        """Products of the cluster of which a person or a file says where they belong."""
        return sum(product.truth is not None for product in self.cluster)


def causes(services: Services, job: Job, cluster: Cluster) -> Causes:
    """Look for causes and remedies in a job's own products; nothing is sent anywhere."""
    asked = question_of(services, job, cluster)
    pairs = Counter((product.truth, product.answer) for product in asked.cluster)
    confusions = tuple(Confusion(truth, answer, n) for (truth, answer), n in pairs.most_common())
    n_ended = job.n_classified + job.n_not_a_product + job.n_unsure + job.n_failed
    n_looked = min(n_ended, MAX_LOOKED)
    return Causes(tuple(asked.cluster), confusions, tuple(propose(asked)), n_looked, n_ended)


def question_of(services: Services, job: Job, cluster: Cluster) -> Question:
    """Gather what remedies are proposed from: the cluster, the job's other products, the words that are known."""
    taxonomy, spec = services.builder.taxonomy(job.taxonomy_id), Spec.from_record(job.spec or {})
    misplaced = [seen(row) for row in rows_of(services, job, cluster, MAX_CLUSTER)]
    looked = (seen(row) for row in all_rows(services, job, MAX_LOOKED))
    words, brands = known_words()
    return Question(taxonomy, misplaced, Corpus([*looked, *misplaced]), spec.language, spec.engine, words, brands,
                    _unknown(services, job))  # fmt: skip


@cache
def known_words() -> tuple[frozenset[str], frozenset[str]]:
    """Return the folded words of the lexicon's nouns, which are spelt rightly, and its folded brands."""
    told = lexicon()
    return (frozenset(word for noun in told.nouns for word in fold(noun.text).split()),
            frozenset(map(fold, told.brands)))  # fmt: skip


def unknown_labels(job: Job) -> dict[int, str]:
    """Return what the file expected where the taxonomy has no such category, by position (of the problems kept)."""
    told: dict[int, str] = {}
    for problem in (job.import_report or {}).get("problems", ()):
        if problem["reason"] == UNKNOWN_EXPECTED and (place := PLACE.fullmatch(problem["place"])):
            told[int(place[1]) - 1] = str(problem["raw"])
    return told


def _unknown(services: Services, job: Job) -> dict[str, list[Seen]]:
    told = unknown_labels(job)
    found: dict[str, list[Seen]] = {}
    for item in services.store.items_at(job.id, sorted(told)) if told else ():
        if item.expected is None:
            found.setdefault(told[item.position], []).append(seen(item))
    return found
