"""Lexical retrieval over all texts of the concepts: words (BM25) and runs of letters (TF-IDF cosine)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from classifier.engines.local.labels import label_parts
from classifier.engines.local.letters import Letters
from classifier.engines.local.words import ARTICLES, GENERIC, PREPOSITIONS
from classifier.normalisation import fold, wording
from classifier.stemming import lemma_key
from classifier.taxonomy import Concept, Taxonomy

_K1, _B = 1.2, 0.5  # BM25's usual saturation; lengths are normalised less because long entries are well described ones
_FIELDS = {"pref": 3.0, "alt": 2.0, "example": 1.2, "definition": 0.5, "above": 0.7}
LATER_WORD = 0.7  # the say of the words after the first
UNKNOWN_IDF = 5.0  # of a word that no concept holds
Scores = NDArray[np.float32]


class Retriever:
    """Scores every concept for texts by shared words and shared letters; one row for each text, 0..1."""

    def __init__(self, taxonomy: Taxonomy, notations: Sequence[str]) -> None:
        concepts = [taxonomy.concepts[n] for n in notations]
        documents = [_weigh_words(c, [taxonomy.concepts[n] for n in taxonomy.path(c.notation)[:-1]]) for c in concepts]
        self._terms = {term: i for i, term in enumerate(sorted({t for d in documents for t in d}))}
        self._idf, self._weights = self._bm25(documents)
        rows = [(i, text, weight) for i, c in enumerate(concepts) for text, weight in _names(c).items()]
        rows = rows or [(0, "", 1.0)]
        owners, names, weights = zip(*rows, strict=True)
        self._letters = Letters(names, weights, owners, max(len(concepts), 1))

    def _bm25(self, documents: Sequence[Mapping[str, float]]) -> tuple[Scores, sparse.csr_matrix]:
        n_documents = len(documents)
        seen = Counter(term for d in documents for term in d)
        idf = np.array(
            [np.log(1 + (n_documents - seen[t] + 0.5) / (seen[t] + 0.5)) for t in self._terms], dtype=np.float32
        )
        mean = sum(sum(d.values()) for d in documents) / max(n_documents, 1) or 1.0
        cells = [
            (self._terms[t], i, tf * (_K1 + 1) / (tf + _K1 * (1 - _B + _B * sum(d.values()) / mean)))
            for i, d in enumerate(documents)
            for t, tf in d.items()
        ]
        terms, columns, values = zip(*cells, strict=True) if cells else ((), (), ())
        shape = (len(self._terms), n_documents)
        return idf, sparse.csr_matrix((np.array(values, dtype=np.float32), (terms, columns)), shape=shape)

    def score(self, texts: Sequence[str], keys: Sequence[Sequence[str]]) -> Scores:
        """Score texts against all concepts: what words and letters say, shape (texts, concepts).

        keys: of each text's content words, with typing errors mended.
        """
        return 0.55 * self._by_words(keys) + 0.45 * self._letters.score([" ".join(wording(t).words) for t in texts])

    def _by_words(self, texts: Sequence[Sequence[str]]) -> Scores:
        rows, columns, values = [], [], []
        ceilings = np.ones(len(texts), dtype=np.float32)
        for row, keys in enumerate(texts):
            total = 0.0
            for rank, key in enumerate(keys):
                term = self._terms.get(key)
                say = 1.0 if rank == 0 else LATER_WORD
                total += say * (UNKNOWN_IDF if term is None else float(self._idf[term]))
                if term is not None:
                    rows.append(row)
                    columns.append(term)
                    values.append(say * float(self._idf[term]))
            ceilings[row] = (_K1 + 1) * max(total, 1.0)
        asked = sparse.csr_matrix(
            (np.array(values, dtype=np.float32), (rows, columns)), shape=(len(texts), len(self._terms))
        )
        return np.asarray((asked @ self._weights).todense() / ceilings[:, None], dtype=np.float32)


def _names(concept: Concept) -> dict[str, float]:
    names: dict[str, float] = {}
    for part in label_parts(concept):
        if part.field != "example":
            text = fold(part.text)
            names[text] = max(names.get(text, 0.0), part.weight)
    return names or {fold(concept.label()): 1.0}


def _weigh_words(concept: Concept, above: Iterable[Concept]) -> dict[str, float]:
    weights: dict[str, float] = {}

    def add(texts: Iterable[str], field: str) -> None:
        for text in texts:
            for word in wording(text).words:
                if word not in PREPOSITIONS and word not in ARTICLES and word not in GENERIC:
                    term = lemma_key(word)
                    weights[term] = weights.get(term, 0.0) + _FIELDS[field]

    add(concept.pref_labels.values(), "pref")
    for labels in (concept.alt_labels, concept.hidden_labels):
        add((v for values in labels.values() for v in values), "alt")
    add((v for values in concept.examples.values() for v in values), "example")
    add(concept.definitions.values(), "definition")
    add((v for c in above for v in c.pref_labels.values()), "above")
    return weights
