"""How a text is read: its content words, their language, and which mention is the head of the phrase."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate

from classifier.engines.local.knowledge import Knowledge
from classifier.engines.local.phrases import Mention, Source
from classifier.engines.local.spelling import ONE_EDIT
from classifier.engines.local.words import (
    ARTICLES,
    CONTAINERS,
    ENGLISH_HINTS,
    IMPLIED,
    JOINERS,
    OF_USE,
    PREPOSITIONS,
    SPANISH_HINTS,
)
from classifier.normalisation import wording
from classifier.stemming import lemma_key


class Role(StrEnum):
    """What a mention does in the phrase."""

    HEAD = "head"
    BESIDE = "beside"  # in the head's own segment: "galletas chocolate"
    OF = "of"
    FOR = "for"
    WITH = "with"
    CONTAINER = "container"
    HYPERNYM = "hypernym"  # the head of a longer phrase, and of its kind: "lechuga" of "lechuga iceberg"
    NAMESAKE = "namesake"  # the head of a longer phrase that is something else: "pasta" of "pasta de dientes"
    INSIDE = "inside"  # another word of a longer phrase


_BREAKS = re.compile(r"\s[-–—|]\s|,\s")
_VOLUME = re.compile(r"\d\s?(?:ml|cl|cc|lts?|litros?|lit(?:re|er)s?|fl\.?\s?oz|l)\b", re.IGNORECASE)
GROWN = frozenset(("fruit", "vegetable", "flower"))  # kinds that are sold by weight or piece
INSIDE_A_PHRASE = 0.4
LEADS_A_PHRASE = 0.6
FLAVOURS = frozenset(("produce", "flower", "nuts", "spice", "sugar", "honey"))  # kinds that brands of others taste of
USE_IN_A_PHRASE = 0.8  # of an adjective of use in a known phrase: "dental" of "crema dental" is no dental floss
IMPLIED_SHARE = 0.4  # of a word that another one implies: a skirt is sold to women
ROLE_WEIGHTS = {
    Role.HEAD: 1.0, Role.BESIDE: 0.3, Role.OF: 0.18, Role.FOR: 0.42, Role.WITH: 0.13,
    Role.CONTAINER: 0.1, Role.HYPERNYM: 0.55, Role.NAMESAKE: 0.15,
    Role.INSIDE: 0.08,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Words:
    """Content words of a text: keys, the words as written, the preposition class before each ("" for none).

    mended: how sure a key is (0..1) at the positions where a typo was mended.
    """

    keys: tuple[str, ...]
    written: tuple[str, ...]
    before: tuple[str, ...]
    mended: Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Reading:
    """A text read: its words, its mentions with their roles (head first), the language and how many words are known.

    is_phrase: the head is a phrase of several words that the lexicon knows as one thing. is_poured: it is sold by
    volume and only named after what it tastes of, so no mention is its head.
    """

    words: Words
    mentions: tuple[tuple[Mention, Role], ...]
    language: str
    n_known: int
    is_phrase: bool = False
    is_poured: bool = False

    def shares(self) -> dict[str, float]:
        """Give each key with its say as a word of its own: less inside a phrase that is something else."""
        shares = dict.fromkeys(self.words.keys, 1.0)
        if self.head and self.is_phrase:
            keys = (self.words.keys[p] for p in self.head.positions)
            shares.update((key, USE_IN_A_PHRASE) for key in keys if key in OF_USE)
        for mention, role in self.mentions:
            if role in (Role.NAMESAKE, Role.INSIDE):
                shares.update((self.words.keys[p], INSIDE_A_PHRASE) for p in mention.positions)
            elif role is Role.HYPERNYM:
                shares.update((self.words.keys[p], LEADS_A_PHRASE) for p in mention.positions)
        for key in self.words.keys:
            for implied in IMPLIED.get(key, ()):
                shares.setdefault(implied, IMPLIED_SHARE)
        return shares

    @property
    def head(self) -> Mention | None:
        """The mention that heads the phrase, None when nothing is known."""
        return next((m for m, role in self.mentions if role is Role.HEAD), None)


def _chunks(text: str) -> list[tuple[str, ...]]:
    """Take a text apart at its commas and dashes, unless they list things: "beets, dulse and kale pickles"."""
    chunks = [] if "(" in text or not _BREAKS.search(text) else _BREAKS.split(text)
    if chunks and not JOINERS.isdisjoint(chunks[-1].replace("&", " and ").casefold().split()):
        return []
    return [wording(chunk).words for chunk in chunks]


def _starts(chunks: list[tuple[str, ...]], raw: tuple[str, ...]) -> frozenset[int]:
    """Give the places in a text's words at which its chunks begin; none where taking it apart changes the words."""
    if tuple(word for chunk in chunks for word in chunk) != raw:
        return frozenset()
    return frozenset(accumulate(len(chunk) for chunk in chunks[:-1]))


class Reader:
    """Reads texts against a phrase book."""

    def __init__(self, known: Knowledge, language: str) -> None:
        self._book = known.book
        self._speller = known.speller
        self._leanings = known.leanings
        self._lexicon = known.lexicon
        self._language = language
        self._grown, self._flavours = known.lexicon.under(GROWN), known.lexicon.under(FLAVOURS)

    def read(self, text: str) -> Reading:
        """Read one text."""
        chunks = _chunks(text)
        raw = wording(text).words
        language = self._guess_language(raw)
        words = self.words_of(raw, _starts(chunks, raw))
        mentions = self._mentions(words, language)
        is_poured = self._is_poured(text, mentions)
        if is_poured:
            mentions = tuple((m, Role.BESIDE if role is Role.HEAD else role) for m, role in mentions)
        n_known = sum(1 for k in words.keys if k in self._speller)
        head = next((m for m, role in mentions if role is Role.HEAD), None)
        is_phrase = head is not None and len(head.keys) > 1 and bool(self._kinds(head))
        return Reading(words, mentions, language, n_known, is_phrase, is_poured)

    def _is_poured(self, text: str, mentions: tuple[tuple[Mention, Role], ...]) -> bool:
        """Tell a liquid that is named after a fruit: nobody buys "strawberry, 500 ml" as fruit."""
        if not _VOLUME.search(text) or not mentions or mentions[0][1] is not Role.HEAD:
            return False
        kinds = self._kinds(mentions[0][0])
        return bool(kinds) and kinds <= self._grown

    def words_of(self, raw: tuple[str, ...], starts: frozenset[int] = frozenset()) -> Words:
        """Keep the content words and the preposition before each, with unknown words mended.

        starts: places of words that stand first after a comma or a dash; they only tell more of what was named.
        """
        keys: list[str] = []
        written: list[str] = []
        before: list[str] = []
        mended: dict[int, float] = {}
        preposition = ""
        for place, word in enumerate(raw):
            if place in starts and keys:
                preposition = "aside"
            if word in PREPOSITIONS:
                preposition = PREPOSITIONS[word] if keys else ""
                continue
            if word in ARTICLES:
                continue
            key = lemma_key(word)
            if key not in self._speller and (better := self._speller.mend(word, key)):
                key, mended[len(keys)] = better
            keys.append(key)
            written.append(word)
            before.append(preposition)
            preposition = ""
        return Words(tuple(keys), tuple(written), tuple(before), mended)

    def _guess_language(self, raw: tuple[str, ...]) -> str:
        spanish = 0.6 if self._language == "es" else -0.6
        for word in raw:
            if word in SPANISH_HINTS:
                spanish += 1.5
            elif word in ENGLISH_HINTS:
                spanish -= 1.5
            else:
                spanish += self._leanings.get(lemma_key(word), 0.0)
        return "es" if spanish >= 0 else "en"

    def _mentions(self, words: Words, language: str) -> tuple[tuple[Mention, Role], ...]:
        found = sorted(self._book.find(words.keys), key=lambda m: (-len(m.positions) * m.quality, m.positions))
        outer: list[Mention] = []
        inner: list[tuple[Mention, Role]] = []
        taken: set[int] = set()
        for mention in found:
            if taken.isdisjoint(mention.positions):
                outer.append(mention)
                taken.update(mention.positions)
            else:
                inner.append((mention, self._inner_role(mention, outer, language)))
        outer.sort(key=lambda m: m.positions)
        head = self._head(outer, words, language)
        roles = [(m, Role.HEAD if m is head else self._role(m, head, words)) for m in outer]
        roles.sort(key=lambda pair: pair[1] is not Role.HEAD)
        aside = (Role.HYPERNYM, Role.NAMESAKE)
        inner = [(m, r) for m, r in inner if r not in aside or (head and m.positions[0] in head.positions)]
        return (*roles, *inner)

    def _inner_role(self, mention: Mention, outer: list[Mention], language: str) -> Role:
        around = next(m for m in outer if not set(m.positions).isdisjoint(mention.positions))
        leads = (
            mention.positions[0] == around.positions[0]
            if language == "es"
            else mention.positions[-1] == around.positions[-1]
        )
        if not leads:
            return Role.INSIDE
        if not self._kinds(around):
            return Role.HYPERNYM
        wider = {k for kind in self._kinds(around) for k, _ in self._lexicon.lineage(kind)}
        return Role.HYPERNYM if wider & self._kinds(mention) else Role.NAMESAKE

    def _kinds(self, mention: Mention) -> set[str]:
        return {str(e.target) for e in self._book.entries[mention.keys] if e.source is Source.NOUN}

    def _head(self, outer: list[Mention], words: Words, language: str) -> Mention | None:
        head = self._head_noun(outer, words, language)
        if head is not None and self._is_flavour(head):
            return next((m for m in outer if self._makes_another_thing(m)), head)
        return head

    def _is_flavour(self, mention: Mention) -> bool:
        """Tell whether a thing may also be what another one tastes or smells of: "orange" of a soft drink's name."""
        return not self._flavours.isdisjoint(self._kinds(mention))

    def _makes_another_thing(self, mention: Mention) -> bool:
        """Tell a brand that is known for one kind of thing which tastes of others."""
        entries = self._book.entries[mention.keys]
        sources = {e.source for e in entries}
        if Source.BRAND not in sources or sources - {Source.BRAND, Source.NOUN}:
            return False
        kinds = {str(e.target) for e in entries if e.target}
        return bool(kinds) and kinds.isdisjoint(self._flavours)

    def _head_noun(self, outer: list[Mention], words: Words, language: str) -> Mention | None:
        nouns = [m for m in outer if self._names_a_thing(m)]
        if not nouns:
            return outer[0] if outer else None
        nouns = [m for m in nouns if all(words.mended.get(p, 1.0) > ONE_EDIT for p in m.positions)] or nouns
        segments: list[list[Mention]] = [[]]
        for mention in nouns:
            if words.before[mention.positions[0]] and segments[-1]:
                segments.append([])
            segments[-1].append(mention)
        for segment in segments:
            contents = [m for m in segment if not self._contains(m, words)]
            if contents:
                return contents[0] if language == "es" else contents[-1]
        return nouns[0]

    def _contains(self, mention: Mention, words: Words) -> bool:
        return len(mention.positions) == 1 and words.written[mention.positions[0]] in CONTAINERS

    def _names_a_thing(self, mention: Mention) -> bool:
        entries = self._book.entries[mention.keys]
        sources = {e.source for e in entries}
        if Source.NOUN in sources:
            return True
        return Source.LABEL in sources and Source.BRAND not in sources and Source.MODIFIER not in sources

    def _role(self, mention: Mention, head: Mention | None, words: Words) -> Role:
        start = mention.positions[0]
        if self._contains(mention, words):
            return Role.CONTAINER
        sources = {entry.source for entry in self._book.entries[mention.keys]}
        if Source.MODIFIER in sources and head and start > head.positions[0] and not words.before[start]:
            return Role.WITH
        before = next((words.before[p] for p in range(start, -1, -1) if words.before[p]), "")
        if head and start < head.positions[0]:
            before = ""
        return {"": Role.BESIDE, "of": Role.OF, "for": Role.FOR}.get(before, Role.WITH)
