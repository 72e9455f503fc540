"""Typos: the nearest known word by sound, then by one edit."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rapidfuzz.distance import OSA

from classifier.stemming import lemma_key, sound_key

SAME_SOUND = 0.95
DIMINUTIVE = 0.9
ONE_EDIT = 0.75
_DIMINUTIVE = re.compile(r"([a-z]{3,}?)c?i[ct]([oa])s?")


class Speller:
    """Mends unknown words towards a vocabulary (lemma keys with how often each is used).

    Words that sound alike in Spanish come first; then words one edit away from that sound (two for nine letters or
    more). Found through an index of deletions, so the time does not grow with the vocabulary.
    """

    def __init__(self, vocabulary: Mapping[str, int]) -> None:
        self._counts = vocabulary
        self._by_sound: dict[str, list[str]] = {}
        self._by_deletion: dict[str, list[str]] = {}
        self._memory: dict[str, tuple[str, float] | None] = {}
        for key in vocabulary:
            if len(key) >= 3 and key.isalpha():
                self._by_sound.setdefault(sound_key(key), []).append(key)
        for sound in self._by_sound:
            if len(sound) >= 5:
                for cut in _deletions(sound):
                    self._by_deletion.setdefault(cut, []).append(sound)

    def __contains__(self, key: str) -> bool:
        return key in self._counts

    def mend(self, word: str, key: str) -> tuple[str, float] | None:
        """Give the key of the known word that a word was meant to be and how sure that is (0..1), or None.

        A last s may be the plural's or the word's own (arros, arroz), so the whole word is tried by sound first.
        """
        if word not in self._memory:
            if len(self._memory) > 50_000:
                self._memory.clear()
            self._memory[word] = (word != key and self._same_sound(word)) or self._grown(word) or self._search(key)
        return self._memory[word]

    def _grown(self, word: str) -> tuple[str, float] | None:
        """Find the noun of a Spanish diminutive: "galleticas", "quesito", "limoncitos"."""
        found = _DIMINUTIVE.fullmatch(word)
        if found is None:
            return None
        stem, gender = found.groups()
        keys = (lemma_key(stem + gender), lemma_key(f"{stem}e"), lemma_key(stem))
        return next(((key, DIMINUTIVE) for key in keys if len(key) > 2 and key in self._counts), None)

    def _same_sound(self, key: str) -> tuple[str, float] | None:
        if len(key) < 4 or not key.isalpha():
            return None
        return self._nearest(key, self._by_sound.get(sound_key(key), []), limit=4, sure=SAME_SOUND)

    def _search(self, key: str) -> tuple[str, float] | None:
        if len(key) < 4 or not key.isalpha():
            return None
        sound = sound_key(key)
        if same := self._same_sound(key):
            return same
        most = 0 if len(sound) < 6 else 1 if len(sound) < 9 else 2
        if not most:
            return None
        near = {s for cut in (sound, *_deletions(sound)) for s in self._by_deletion.get(cut, ())}
        near.update(cut for cut in _deletions(sound) if cut in self._by_sound)
        close = [s for s in near if s[0] == sound[0] and OSA.distance(s, sound, score_cutoff=most) <= most]
        return self._nearest(key, [word for s in close for word in self._by_sound[s]], limit=most, sure=ONE_EDIT)

    def _nearest(self, key: str, words: list[str], limit: int, sure: float) -> tuple[str, float] | None:
        scored = [(OSA.distance(word, key), -self._counts[word], word) for word in words]
        best = min(scored, default=None)
        return (best[2], sure) if best and best[0] <= limit else None


def _deletions(text: str) -> list[str]:
    return [text[:i] + text[i + 1 :] for i in range(len(text))]
