"""What was found in a taxonomy file and what had to be mended, for people and for machines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from classifier.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Figures of a read taxonomy and sentences about all that is not as it should be.

    languages: concepts that have a prefLabel, by language tag ("" for none). mended: counts by a stable code
    ("cycles", "duplicate_notations" ...), only those above 0. sentences: one for the whole, then one for each code.
    """

    format: str
    n_concepts: int
    n_top: int
    depth: int
    languages: Mapping[str, int]
    mended: Mapping[str, int] = field(default_factory=dict)
    sentences: tuple[str, ...] = ()


@dataclass(slots=True)
class Findings:
    """Collects what is found on the way: a code, how often, and the first few places."""

    counts: dict[str, int] = field(default_factory=dict)
    sentences: dict[str, str] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def add(self, code: str, sentence: str, example: str = "", n: int = 1) -> None:
        """Count a finding; sentence may hold {n}, which becomes the final count."""
        if n <= 0:
            return
        self.counts[code] = self.counts.get(code, 0) + n
        self.sentences[code] = sentence
        if example and len(shown := self.examples.setdefault(code, [])) < 3 and example not in shown:
            shown.append(example[:80])

    def told(self) -> tuple[str, ...]:
        """Give one sentence for each code, with its count and examples."""
        return tuple(self._sentence(code) for code in self.counts)

    def _sentence(self, code: str) -> str:
        sentence = self.sentences[code].replace("{n}", f"{self.counts[code]:,}")
        examples = self.examples.get(code)
        return f"{sentence} For example: {'; '.join(examples)}." if examples else sentence


def report_on(taxonomy: Taxonomy, format_name: str, findings: Findings) -> CheckReport:
    """Sum up a taxonomy and its findings."""
    languages: dict[str, int] = {}
    for concept in taxonomy.concepts.values():
        for tag in concept.pref_labels:
            languages[tag] = languages.get(tag, 0) + 1
    n_nameless = findings.counts.get("no_label", 0)  # their notation is no label in any language
    languages[""] = languages.get("", 0) - n_nameless
    languages = dict(sorted(((tag, n) for tag, n in languages.items() if n > 0), key=lambda pair: -pair[1]))
    n_top = len(taxonomy.children.get("", ()))
    depth = max(map(taxonomy.level, taxonomy.concepts), default=0)
    named = ", ".join(f"{tag or 'no language'} ({n:,})" for tag, n in list(languages.items())[:8]) or "none"
    whole = (
        f"{format_name}: {len(taxonomy.concepts):,} concepts, {n_top:,} at the top, {depth} levels; labels in {named}."
    )
    sentences = (whole, *findings.told())
    return CheckReport(format_name, len(taxonomy.concepts), n_top, depth, languages, dict(findings.counts), sentences)
