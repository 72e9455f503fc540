"""Products that were seen before: answered by what was said of them, exactly or of a spelling twin."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from classifier.analysis.twins import twin_key
from classifier.engines.local.words import PREPOSITIONS
from classifier.examples import NOT_A_PRODUCT, Example, Examples, Origin
from classifier.normalisation import text_key, wording
from classifier.outcomes import Prediction, Verdict
from classifier.stemming import lemma_key

# How sure a repeat is. People and files err too; a twin differs by a size, an accent, a plural or the order of words.
EXACT = {Origin.REVIEWED: 0.99, Origin.EXPECTED: 0.97}
NEAR = {Origin.REVIEWED: 0.96, Origin.EXPECTED: 0.93}
_SAID = {Origin.REVIEWED: "confirmed", Origin.EXPECTED: "expected by an earlier job"}

NearKey = tuple[int, str, bool]


@dataclass(frozen=True, slots=True)
class Repeat:
    """An example that answers for a text; is_near: it is a spelling twin, not the text itself."""

    example: Example
    is_near: bool

    @property
    def confidence(self) -> float:
        """How sure the answer is (0..1)."""
        return (NEAR if self.is_near else EXACT)[self.example.origin]

    def prediction(self, label: str) -> Prediction:
        """Answer with the example; label: what its concept is called."""
        verdict = Verdict.NOT_A_PRODUCT if self.example.notation == NOT_A_PRODUCT else Verdict.CONCEPT
        notation = self.example.notation if verdict is Verdict.CONCEPT else None
        return Prediction(verdict, notation, self.confidence if notation else None, self._why(label))

    def _why(self, label: str) -> str:
        on = f" on {self.example.day}" if self.example.day else ""
        said = f"{_SAID[self.example.origin]}{on} as {label!r}"
        return f"its twin {self.example.text[:80]!r} was {said}" if self.is_near else said


class Repeats:
    """Examples by their text and by what their spelling twins share."""

    def __init__(self, examples: Examples, answers: Collection[str]) -> None:
        """answers: what may be answered; examples of anything else are left out."""
        self.examples = tuple(e for e in examples if e.notation in answers or e.notation == NOT_A_PRODUCT)
        self._exact = {text_key(e.text): e for e in self.examples}
        self._near: dict[NearKey, Example | None] = {}
        for example in self.examples:
            if key := near_key(example.text):
                known = self._near.setdefault(key, example)
                if known is not None and known.notation != example.notation:
                    self._near[key] = None  # twins that were told apart answer for nobody else

    def find(self, text: str) -> Repeat | None:
        """Find what was said of a text, or of its twins if they agree."""
        if not self.examples:
            return None
        if exact := self._exact.get(text_key(text)):
            return Repeat(exact, is_near=False)
        key = near_key(text)
        near = self._near.get(key) if key else None
        return Repeat(near, is_near=True) if near else None


def near_key(text: str) -> NearKey | None:
    """Give what spelling twins share, None for a text without words.

    The order of words counts where a preposition binds them ("leche con chocolate"), and so does "sin" or "without".
    """
    key = twin_key(text)
    if key is None:
        return None
    words = wording(text).words
    bound = any(word in PREPOSITIONS for word in words)
    without = any(PREPOSITIONS.get(word) == "without" for word in words)
    return key, lemma_key(words[0]) if bound else "", without
