"""The interface's texts: English in the source, Spanish in locales/es.po, chosen for each session."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from babel.messages.pofile import read_po

LOCALES = Path(__file__).parents[1] / "locales"
LANGUAGES: Mapping[str, str] = {"es": "Español", "en": "English"}
PLACEHOLDER = re.compile(r"\{(\w+)\}")
NESTED = {"kind", "reason", "said", "what", "why"}  # parts of a sentence that are sentences of ours


@cache
def catalogue(language: str) -> Mapping[str, Any]:
    """Return translations by English text; a plural's are a tuple (one, many)."""
    path = LOCALES / f"{language}.po"
    if not path.exists():
        return {}
    with path.open("rb") as source:
        entries = read_po(source, language)
    return {m.id if isinstance(m.id, str) else m.id[0]: m.string for m in entries if m.id and m.string}


def language() -> str:
    """Return the language of this session: chosen, in the address, or the browser's; English for all others."""
    told = st.session_state.get("language") or st.query_params.get("lang") or st.context.locale or "en"
    tag = str(told).replace("_", "-").split("-")[0].lower()
    return tag if tag in LANGUAGES else "en"


def mark(message: str) -> str:
    """Mark a text for the catalogue where it is written; it is translated where it is shown, by `t`."""
    return message


def t(message: str, /, **values: object) -> str:
    """Translate a text and fill its placeholders."""
    text = str(catalogue(language()).get(message, message))
    return text.format(**values) if values else text


def tn(one: str, many: str, n: int, /, **values: object) -> str:
    """Translate a text that counts; {n} is the number as it is written in this language."""
    from pages.components.formats import number

    forms = catalogue(language()).get(one, (one, many))
    return str(forms[0 if n == 1 else 1]).format(n=number(n), **values)


def told(sentence: str | None) -> str:
    """Translate a sentence that the engine or the record made, if the catalogue knows its pattern; else as it is."""
    if not sentence or language() == "en":
        return sentence or ""
    known = catalogue(language())
    if sentence in known:
        return str(known[sentence])
    for pattern, translated in _patterns(language()):
        if found := pattern.fullmatch(sentence):
            parts = {name: told(part) if name in NESTED else part for name, part in found.groupdict().items()}
            return PLACEHOLDER.sub(lambda place, parts=parts: parts[place[1]], translated)  # type: ignore[misc]
    return sentence


@cache
def _patterns(language_tag: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    from pages.components.sentences import SENTENCES

    known = catalogue(language_tag)
    return tuple((_pattern(source), str(known[source])) for source in SENTENCES if source in known)


def _pattern(source: str) -> re.Pattern[str]:
    parts = PLACEHOLDER.split(source)
    literal = [re.escape(part) if i % 2 == 0 else f"(?P<{part}>.*?)" for i, part in enumerate(parts)]
    return re.compile("".join(literal), re.DOTALL)
