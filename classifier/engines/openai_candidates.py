"""Taxonomies that are too long for a request: each call lists what a retriever finds for its products."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from classifier import prompt
from classifier.engines.openai_request import CHARS_PER_TOKEN
from classifier.outcomes import Ask, Failure, FailureKind, Prediction, Verdict
from classifier.prompt_parts import DEFAULT, PromptParts
from classifier.taxonomy import Taxonomy

MAX_WHOLE = 1_000  # assignable concepts up to which every call lists the whole taxonomy, in a prefix that is cached
K_FIRST, K_SECOND = 20, 50  # candidates a product, at first and when none of them fitted
SECOND_LOOK = Failure(FailureKind.MISSING, "None of the first candidates fits: asked again with more.")

Shortlist = Callable[[Sequence[str], int], frozenset[str]]  # texts and k to the union of the k best notations of each


class Candidates:
    """Writes a prompt for each call: the candidates of its products, below the headings of their branches."""

    def __init__(self, taxonomy: Taxonomy, language: str, shortlist: Shortlist, parts: PromptParts = DEFAULT) -> None:
        self._taxonomy, self._language, self._shortlist, self._parts = taxonomy, language, shortlist, parts
        lines = len(prompt.build(taxonomy, language).system) - len(DEFAULT.head())
        self._tokens_a_line = lines / max(len(taxonomy.concepts), 1) / CHARS_PER_TOKEN

    def prompt_for(self, asks: Sequence[Ask]) -> prompt.Prompt:
        """List the candidates of these products; more of them for those that were asked before."""
        anew = [ask.text for ask in asks if not ask.n_attempts]
        again = [ask.text for ask in asks if ask.n_attempts]
        found = self._shortlist(anew, K_FIRST) | self._shortlist(again, K_SECOND)
        return prompt.build(narrowed(self._taxonomy, found), self._language, self._parts)

    def weigh(self, asks: Sequence[Ask]) -> int:
        """Estimate the tokens that the list takes in a call with these products, without making it."""
        n_listed = sum(K_SECOND if ask.n_attempts else K_FIRST for ask in asks)
        return int(2 * self._tokens_a_line * n_listed)  # as much again for the answer schema


def narrowed(taxonomy: Taxonomy, notations: frozenset[str]) -> Taxonomy:
    """Keep these concepts and what is above them; only these may be answered."""
    kept = {step for notation in notations for step in taxonomy.path(notation)}
    concepts = {
        n: replace(c, broader=tuple(b for b in c.broader if b in kept))
        for n, c in taxonomy.concepts.items()
        if n in kept
    }
    return Taxonomy(taxonomy.name, taxonomy.uri, concepts, notations or frozenset([""]))


def second_look(answers: Mapping[str, Prediction | Failure], asks: Sequence[Ask]) -> dict[str, Prediction | Failure]:
    """Take "unsure" as an answer only from a product whose list was the longer one."""
    first = {ask.key for ask in asks if not ask.n_attempts}
    return {key: SECOND_LOOK if key in first and _is_unsure(a) else a for key, a in answers.items()}


def _is_unsure(answer: Prediction | Failure) -> bool:
    return isinstance(answer, Prediction) and answer.verdict is Verdict.UNSURE
