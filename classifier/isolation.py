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
SHORTEST_NOTATION_CHARS = 4  # shorter ones are sizes and counts too
MAX_LETTERS_IN_A_WORD = 40  # longer ones are codes of something: base64, a URL

SPEECH = re.compile(
    r"""
    \b(?: ignor\w* | disregard\w* | olvid[aeáé]\w* | forget\w* | overrid\w* | anul[aeá]\w* | instru[ck]\w* | prompt\w*
        | previous | anterior(?:es|mente)? | respon[dt]\w* | r[ée]pond\w* | answer\w* | contest[aeá]\w* | reply\w*
        | output\w* | clas+if\w* | categor\w* | notation\w* | notaci[oó]n\w* | asign[aeá]\w* | assign\w*
        | etiquet[aeá]\w* | label\s+\w+ | pretend\w* | finge\w* | act[uú]a\s+como | act\s+as | you\s+are | eres\s+un\w*
        | you\s+must | debes | tienes\s+que | system\w* | sistema | assistant | asistente | developer | desarrollador\w*
        | jailbreak\w* | modelo\s+de\s+lenguaje
        | (?:all|every|each|other|next|following|remaining)\s+(?:the\s+)?(?:products?|items?|answers?|texts?|ones)
        | (?:tod[oa]s?|cada|dem[aá]s|otr[oa]s|siguientes?|restantes?)\s+(?:(?:l[oa]s|el|la)\s+)?
          (?:product\w*|art[ií]culo\w*|respuesta\w*|texto\w*|dem[aá]s)
        | json | xml | schema | product_?id | confidence | confianza | not_a_product | unsure | tokens? | api.?key
        | traduc[ei]\w* | translate\w* | repeat | repit[ea] | print | imprim[ea] | reveal\w* | revel[ae]
        | regla\w* | rules? | lista\s+de | the\s+list | la\s+lista | ignorier\w* | ignorez | ignorar | esque[cç]\w*
        | always | siempre\s+\w+ | from\s+now | a\s+partir\s+de\s+ahora | end\s+of | fin\s+de\s+(?:la|los|las|el)
        | attention | importante? | note | nota | aviso | warning | admin\w* | sudo | root | bot | chatgpt | gpt | llm
        | ia | ai | es | son | sea[ns]? | será[ns]? | is | are | be | being | belongs? | pertenece\w* | must | should
        | please | por\s+favor | alle[ns]? | tous | toutes | tutt[ie] | todos | todas | everyone | everything
        | everywhere | every | these | those | neighbou?rs? | vecin[oa]s? | arriba | abajo | above | below
        | antwort\w* | rispond\w* | befehl\w*
    )\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
MARKUP = re.compile(r"""[{}<>\[\]|\\`$=^~]|https?:|www\.|//|--|\#\#|\*\*|;\s*\w+\s*;|"\s*[:,]|->|=>|→""")
ADDRESSED = re.compile(r"\b\w+\s*[:：]\s*\S+.*\b\w+\s*[:：]")  # "user: ... assistant: ..."
SPELT = re.compile(r"(?:\b\w\s+){4,}\w\b")  # "i g n o r e"
LONG_WORD = re.compile(rf"\S{{{MAX_LETTERS_IN_A_WORD},}}")
HIDDEN = {"Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp"}


def goes_alone(text: str, notations: frozenset[str] = frozenset()) -> bool:
    """Tell whether a text must not share a request with other products; notations: the answers it may not name."""
    words = text.split()
    if len(text) > LONGEST_NAME_CHARS or len(words) > MOST_WORDS or _names_one(words, notations):
        return True
    if not text.isascii():
        if any(unicodedata.category(char) in HIDDEN for char in text) or _mixes_scripts(text):
            return True
        text = unicodedata.normalize("NFKC", text)
    return bool(
        SPEECH.search(text)
        or MARKUP.search(text)
        or ADDRESSED.search(text)
        or LONG_WORD.search(text)
        or SPELT.search(text)
        or not text.isprintable()
    )


def _names_one(words: list[str], notations: frozenset[str]) -> bool:
    """Tell whether a word is an answer's notation; round numbers without a leading 0 are sizes and prices too."""
    return any(
        len(word) >= SHORTEST_NOTATION_CHARS and word in notations and (word[0] == "0" or not word.isdecimal())
        for word in (word.strip(".,:;()'\"") for word in words)
    )


def _mixes_scripts(text: str) -> bool:
    """Tell whether Latin letters stand beside look-alikes of another script (Cyrillic, Greek)."""
    scripts = {unicodedata.name(char, "").split(" ")[0] for char in text if char.isalpha()}
    return len(scripts - {"MODIFIER", "FEMININE", "MASCULINE"}) > 1
