"""Words without their inflection, in Spanish and English."""

from __future__ import annotations

from functools import lru_cache

_IRREGULAR = {
    "children": "child", "men": "man", "women": "woman", "feet": "foot", "teeth": "tooth", "mice": "mouse",
    "geese": "goose",
    "knives": "knif", "loaves": "loaf", "leaves": "leaf", "shelves": "shelf", "wives": "wif", "scarves": "scarf",
    "halves": "half",
    "panes": "pan", "sales": "sal", "geles": "gel", "peces": "pez", "luces": "luz", "reses": "res", "coles": "col",
    "redes": "red",
    "soles": "sol", "flores": "flor",
}  # fmt: skip
_ENGLISH_PLURAL = ("xes", "shes", "ches", "sses")
_FEMININE = ("ada", "ida", "osa", "ica", "iva", "aria")
_FEMININE_ADJECTIVES = frozenset((
    "fresca", "blanca", "negra", "roja", "amarilla", "seca", "liquida", "intima", "morena", "humeda", "entera",
    "cruda", "cremosa",
    "pequena", "nueva", "fina", "gruesa", "larga", "corta", "rellena", "mixta", "rustica", "tierna", "solida",
))  # fmt: skip
_MASCULINE_ADJECTIVES = frozenset(f"{adjective[:-1]}o" for adjective in _FEMININE_ADJECTIVES)
_ADJECTIVE = ("ado", "ido", "oso", "ico", "ivo", "al", "ar", "ante", "iente", "able", "ible", "ario")


@lru_cache(maxsize=65536)
def lemma_key(word: str) -> str:
    """Give one key for a folded word's singular and plural, whatever the language.

    jabon/jabones, leche/leches, lapiz/lapices, berry/berries, box/boxes; adjectives also for both genders
    (congelado/congelada, blanco/blanca). Lighter than a stemmer on purpose: pasta and pastel, plato and plata, manzano
    and manzana stay apart. Snowball stems were measured beside it and found nothing more.
    """
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) <= 3:
        return word
    if word.endswith(_ENGLISH_PLURAL):
        return word[:-2]
    key = word[:-1] if word.endswith("s") and not word.endswith("ss") else word
    if key.endswith(_FEMININE) or key in _FEMININE_ADJECTIVES:
        return key[:-1] + "o"
    if key.endswith("e") and len(key) > 4:
        key = key[:-1]
    if key.endswith("c"):
        return key[:-1] + "z"
    if key.endswith("y"):
        return key[:-1] + "i"
    return key


def is_adjective(key: str) -> bool:
    """Guess from its ending whether a key is a Spanish adjective or participle (congelado, corporal, higienico)."""
    return (len(key) > 5 and key.endswith(_ADJECTIVE)) or key in _MASCULINE_ADJECTIVES


@lru_cache(maxsize=65536)
def sound_key(word: str) -> str:
    """Write a folded word as it sounds in Spanish: b/v, s/c/z, g/j, ll/y, k/c/qu, silent h fall together, not r/rr."""
    key = word
    for spelt, heard in _SOUNDS:
        key = key.replace(spelt, heard)
    key = key.replace("h", "").replace("#", "x")
    return "".join(c for i, c in enumerate(key) if i == 0 or c != key[i - 1] or c == "r")


_SOUNDS = (
    ("sh", "#"), ("ch", "#"), ("ph", "f"), ("qu", "k"), ("gue", "7e"), ("gui", "7i"), ("ge", "je"), ("gi", "ji"),
    ("7", "g"),
    ("ce", "se"), ("ci", "si"), ("sc", "s"), ("c", "k"), ("q", "k"), ("z", "s"), ("v", "b"), ("w", "gu"), ("ll", "y"),
    ("x", "s"), ("mp", "np"), ("mb", "nb"), ("y", "i"), ("tt", "t"),
)  # fmt: skip
