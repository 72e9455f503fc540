"""Text of products and labels, made comparable. Pure."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_UNIT = (
    r"kgs?|kilos?|kilogramos?|mgs?|gr?s?|grms?|gramos?|mcg|lts?|l|litros?|ml|mls|cl|dl|cc|cm3|oz|onzas?|fl|lbs?|libras?|"
    r"uds?|uni|unid|unds?|unidad|unidades|units?|pzas?|pzs?|piezas?|pcs?|pieces?|ct|count|pk|packs?|rollos|hojas|capsulas|caps|comprimidos|"
    r"tabletas|tabs|sobres|lavados|dosis|raciones|porciones|servings|mm|cms?|mts?|m|m2|m3|in|pulgadas|pulg|inch|inches|ft|"
    r"w|kw|watts?|v|volts?|hp|gb|tb|mb|mah|hz|btus?|x|anos?|meses|months?|years?|grados|btu"
)
_NUMBER = r"\d+(?:[.,/]\d+)*"
_MEASURE = re.compile(rf"(?<![a-z0-9])(?:x\s?)?{_NUMBER}\s?(?:{_UNIT}|%|\"|''|°c?)?(?![a-z0-9])")
_TIMES = re.compile(rf"(?<![a-z0-9]){_NUMBER}\s?[x×*+]\s?{_NUMBER}\s?(?:{_UNIT})?(?![a-z0-9])")
_CAMEL = re.compile(r"(?<=[a-zà-ÿ])(?<!\bi)(?<!\bMc)(?=[A-ZÀ-Þ][a-zà-ÿ])")
# Names made of initials are one word: "o.b.", "h&s", "wd-40".
_INITIALS = re.compile(r"(?<![a-z0-9])(?:[a-z]\.){2,}[a-z]?(?![a-z0-9])")
_PAIR = re.compile(r"(?<![a-z0-9])([a-z])&([a-z])(?![a-z0-9])")
_NUMBERED = re.compile(r"(?<![a-z0-9])([a-wyz]{1,2})-(\d{1,3})(?![a-z0-9.,/])")
_WORD = re.compile(r"[a-z0-9]+(?:['’][a-z]+)?")
_APART = {"ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "ß": "ss", "đ": "d", "_": " ", "’": "'", "`": "'", "´": "'"}
_APART_TABLE = str.maketrans(_APART)


def text_key(text: str) -> str:
    """Give 16 hex digits that are equal for texts that differ in case, spacing or Unicode composition only.

    Accents are kept apart on purpose: "papa" and "papá" are different words and share no answer.
    """
    if text.isascii():
        plain = " ".join(text.lower().split())
    else:
        plain = " ".join(_composed(_composed(text).casefold()).split())
    return hashlib.blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _composed(text: str) -> str:
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """Lower the case, drop accents (ñ becomes n), open underscores, close runs of blanks."""
    if text.isascii():
        return " ".join(text.replace("_", " ").replace("`", "'").lower().split())
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = "".join(c for c in apart if not unicodedata.combining(c)).translate(_APART_TABLE)
    return " ".join(bare.split())


@dataclass(frozen=True, slots=True)
class Wording:
    """A product text taken apart: folded words without numbers, sizes and packs, in their order."""

    folded: str
    words: tuple[str, ...]
    has_measure: bool


@lru_cache(maxsize=4096)
def wording(text: str) -> Wording:
    """Take a product text apart; words are folded and hold at least one letter."""
    folded = fold(_CAMEL.sub(" ", text))
    if folded.replace(" ", "").isalpha():
        return Wording(folded, tuple(folded.split()), False)
    folded = _join_names(folded)
    bare = _MEASURE.sub(" ", _TIMES.sub(" ", folded)) if any(c.isdigit() for c in folded) else folded
    words = tuple(w for w in (m.replace("'s", "").replace("'", "") for m in _WORD.findall(bare)) if _is_word(w))
    return Wording(folded, words, bare != folded)


def _join_names(folded: str) -> str:
    if "." in folded:
        folded = _INITIALS.sub(_without_dots, folded)
    if "&" in folded:
        folded = _PAIR.sub(r"\1n\2", folded)
    return _NUMBERED.sub(r"\1\2", folded) if "-" in folded else folded


def _without_dots(found: re.Match[str]) -> str:
    return found.group().replace(".", "")


def _is_word(word: str) -> bool:
    return word.isalpha() or (any(c.isalpha() for c in word) and len(word) <= 6)


def is_code(text: str) -> bool:
    """Tell whether a text is a bare code: no letter at all, or one piece with four digits or more."""
    folded = fold(text)
    if not any(c.isalpha() for c in folded):
        return True
    return " " not in folded and sum(c.isdigit() for c in folded) >= 4
