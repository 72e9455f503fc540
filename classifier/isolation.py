"""Which texts are asked by themselves, because they read like an instruction rather than a product.

A request holds many products, and what one text says may sway the answers for its neighbours (prompt injection). No
filter finds every attack, but a text that goes alone can only harm itself, and a false alarm costs one call more.
Pure. So the net is wide: speech to a machine in the languages our products come in, markup, JSON, hidden characters.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST_NAME_CHARS = 160
MOST_WORDS = 18
MAX_LETTERS_IN_A_WORD = 40  # longer ones are codes of something: base64, a URL
MOST_LETTERS_APART = 5
SHORTEST_NOTATION_CHARS = 4  # shorter ones are sizes and counts too

STEMS = (
    *("ignor", "disregard", "olvid", "forget", "overrid", "anula", "instruc", "instruk", "prompt", "respon", "repond"),
    *(
        "répond",
        "answer",
        "antwort",
        "rispond",
        "contest",
        "reply",
        "output",
        "clasif",
        "classif",
        "klassif",
        "categor",
    ),
    *(
        "kategor",
        "notation",
        "notaci",
        "asigna",
        "asigne",
        "assign",
        "pretend",
        "system",
        "sistema",
        "assistant",
    ),
    *("asistente", "developer", "desarrollador", "jailbreak", "product_id", "traduc", "translat", "repit", "imprim"),
    *("reveal", "revela", "admin", "pertenec", "belong", "befehl", "neighb", "esquec", "esqueç", "authori", "autori"),
)
STEM_HEADS = frozenset(stem[:5] for stem in STEMS)
_SPEECH = (
    "previous anterior anteriores json xml schema confidence confianza not_a_product unsure token tokens apikey "
    "repeat print rule rules reglas finge sudo bot chatgpt gpt llm ai ia es son sean será serán is are be being "
    "must should please alle alles allen tous toutes tutti tutte todos todas everyone everything everywhere every "
    "these those demás"
)
_TRIGGERS = (
    "act actúa actua actúe you eres tú tienes favor product products item items answers texts ones producto "
    "productos artículo artículos articulo articulos respuesta respuestas texto textos list lista now ahora end fin "
    "modelo"
)
SPEECH, TRIGGERS = frozenset(_SPEECH.split()), frozenset(_TRIGGERS.split())
PHRASES = re.compile(
    r"""
    \b(?: (?:act|act[uú]a|actúe)\s+(?:as|como) | (?:you|eres|tú)\s+(?:are|un\w*|must|now) | tienes\s+que | por\s+favor
        | (?:all|each|other|next|following|remaining)\s+(?:the\s+)?(?:products?|items?|answers?|texts?|ones)
        | (?:cada|otr[oa]s?|siguientes?|restantes?)\s+(?:productos?|art[ií]culos?|respuestas?|textos?)
        | (?:the|la|una)\s+lista? | from\s+now | (?:a\s+partir\s+de|desde)\s+ahora | end\s+of
        | fin\s+de\s+(?:la|los|el) | modelo\s+de\s+lenguaje )\b
    """,
    re.VERBOSE,
)
SIGN = re.compile(r"[{}<>\[\]|\\`$=^~:：#*/\"-]")
MARKUP = re.compile(
    r"""
    [{}<>\[\]|\\`$=^~] | https?: | // | -- | \#\# | \*\* | "\s*[:,] | ->
    | \b(?:note|nota|importante?|aviso|warning|task|tarea)\s*[:：]
    | \w\s*[:：]\s*\S.*\w\s*[:：]  # "user: ... assistant: ..."
    """,
    re.VERBOSE,
)
WORD = re.compile(r"\w+")
LONG_WORD = re.compile(rf"\S{{{MAX_LETTERS_IN_A_WORD},}}")
PLAIN = re.compile(r"[ -~\xa1-\xac\xae-\u024f–—‘’“”…€™]*")  # Latin letters and the signs of price tags; nothing hidden
TOKEN = re.compile(r"[^\s,;()'\"]+")
HIDDEN = {"Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp"}


def goes_alone(text: str, notations: frozenset[str] = frozenset()) -> bool:
    """Tell whether a text must not share a request with other products; notations: the answers it may not name."""
    if len(text) > LONGEST_NAME_CHARS:
        return True
    if not PLAIN.fullmatch(text):
        if any(unicodedata.category(char) in HIDDEN for char in text) or _mixes_scripts(text):
            return True
        text = unicodedata.normalize("NFKC", text)
    text = text.casefold()
    words = WORD.findall(text)
    return (
        len(words) > MOST_WORDS
        or _speaks(text, words)
        or (SIGN.search(text) is not None and MARKUP.search(text) is not None)
        or (len(text) >= MAX_LETTERS_IN_A_WORD and LONG_WORD.search(text) is not None)
        or _names_one(text, notations)
    )


def _speaks(text: str, words: list[str]) -> bool:
    """Tell whether a word belongs to speech to a machine rather than to the name of a product."""
    if not SPEECH.isdisjoint(words):
        return True
    if not STEM_HEADS.isdisjoint([word[:5] for word in words]) and any(word.startswith(STEMS) for word in words):
        return True
    if not TRIGGERS.isdisjoint(words) and PHRASES.search(text):
        return True
    return (
        len(words) > MOST_LETTERS_APART and sum(len(word) == 1 for word in words) > MOST_LETTERS_APART
    )  # "i g n o r e"


def _names_one(text: str, notations: frozenset[str]) -> bool:
    """Tell whether a word is an answer's notation; round numbers without a leading 0 are sizes and prices too."""
    tokens = TOKEN.findall(text)
    if "." in text or ":" in text:
        tokens = [token.rstrip(".:") for token in tokens]
    if notations.isdisjoint(tokens):
        return False
    return any(
        len(token) >= SHORTEST_NOTATION_CHARS and token in notations and (token[0] == "0" or not token.isdecimal())
        for token in tokens
    )


def _mixes_scripts(text: str) -> bool:
    """Tell whether Latin letters stand beside look-alikes of another script (Cyrillic, Greek)."""
    scripts = {unicodedata.name(char, "").split(" ")[0] for char in text if char.isalpha()}
    return len(scripts - {"MODIFIER", "FEMININE", "MASCULINE"}) > 1
