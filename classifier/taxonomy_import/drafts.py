"""Concepts as a file gives them, made into a sound taxonomy: unique notations, no cycles, nothing silent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from classifier.errors import UnreadableFile
from classifier.taxonomy import Concept, Taxonomy
from classifier.taxonomy_import.check_report import Findings

MAX_CONCEPTS = 200_000
MAX_LEVELS = 200  # what real hierarchies stay far below; each path is walked many times
NOTATION_LENGTH = 200


@dataclass(slots=True)
class Draft:
    """One concept before it is checked: key identifies it in the file, parents are keys in the file's order."""

    key: str
    uri: str
    notation: str
    pref_labels: dict[str, str] = field(default_factory=dict)
    alt_labels: dict[str, list[str]] = field(default_factory=dict)
    hidden_labels: dict[str, list[str]] = field(default_factory=dict)
    definitions: dict[str, str] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)
    parents: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """A label to tell the concept by in a sentence."""
        return next(iter(self.pref_labels.values()), self.notation)


def build(name: str, uri: str, drafts: Mapping[str, Draft], findings: Findings, tops: Iterable[str] = ()) -> Taxonomy:
    """Make a taxonomy of drafts; tops are the keys that the file calls top concepts.

    Raises UnreadableFile when there are no concepts, more than MAX_CONCEPTS, or more than MAX_LEVELS levels.
    """
    if not drafts:
        raise UnreadableFile("The file holds no concepts.")
    if len(drafts) > MAX_CONCEPTS:
        raise UnreadableFile(f"The file holds {len(drafts):,} concepts, more than the limit of {MAX_CONCEPTS:,}.")
    _drop_unknown_parents(drafts, findings)
    _cut_cycles(drafts, [key for key in tops if key in drafts], findings)
    levels = _levels(drafts)
    if max(levels.values()) > MAX_LEVELS:
        raise UnreadableFile(f"The hierarchy is deeper than the limit of {MAX_LEVELS} levels.")
    _order_parents(drafts, levels, findings)
    notations = _unique_notations(drafts, findings)
    concepts = (_concept(draft, notations) for draft in drafts.values())
    return Taxonomy(name, uri, {concept.notation: concept for concept in concepts})


def _concept(draft: Draft, notations: Mapping[str, str]) -> Concept:
    def frozen(labels: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
        return {tag: tuple(dict.fromkeys(texts)) for tag, texts in labels.items() if texts}

    return Concept(
        notation=notations[draft.key],
        uri=draft.uri,
        pref_labels=draft.pref_labels,
        alt_labels=frozen(draft.alt_labels),
        hidden_labels=frozen(draft.hidden_labels),
        definitions=draft.definitions,
        examples=frozen(draft.examples),
        broader=tuple(notations[parent] for parent in draft.parents),
    )


def _drop_unknown_parents(drafts: Mapping[str, Draft], findings: Findings) -> None:
    for draft in drafts.values():
        parents = list(dict.fromkeys(draft.parents))
        known = [parent for parent in parents if parent in drafts]
        for parent in parents:
            if parent not in drafts:
                findings.add(
                    "unknown_broader",
                    "{n} links to a broader concept lead out of the file and were left out.",
                    f"{draft.name} → {parent}",
                )
        draft.parents = known


def _cut_cycles(drafts: Mapping[str, Draft], tops: list[str], findings: Findings) -> None:
    """Cut each link that closes a circle, seen from the top concepts downwards."""
    children: dict[str, list[str]] = {}
    for draft in drafts.values():
        for parent in draft.parents:
            children.setdefault(parent, []).append(draft.key)
    roots = [key for key, draft in drafts.items() if not draft.parents]
    open_keys: set[str] = set()
    done: set[str] = set()
    for root in dict.fromkeys([*tops, *roots, *drafts]):
        if root in done:
            continue
        open_keys.add(root)
        path = [(root, iter(children.get(root, ())))]
        while path:
            key, narrower = path[-1]
            child = next(narrower, None)
            if child is None:
                path.pop()
                open_keys.discard(key)
                done.add(key)
            elif child in open_keys:
                drafts[child].parents.remove(key)
                example = f"{drafts[child].name} under {drafts[key].name}"
                findings.add("cycles", "{n} broader links went round in a circle and were cut.", example)
            elif child not in done:
                open_keys.add(child)
                path.append((child, iter(children.get(child, ()))))


def _levels(drafts: Mapping[str, Draft]) -> dict[str, int]:
    """Give each key the number of concepts on the longest way down to it; the drafts must be without cycles."""
    children: dict[str, list[str]] = {}
    n_open = {key: len(draft.parents) for key, draft in drafts.items()}
    for draft in drafts.values():
        for parent in draft.parents:
            children.setdefault(parent, []).append(draft.key)
    waiting = [key for key, n in n_open.items() if not n]
    levels = dict.fromkeys(waiting, 1)
    while waiting:
        key = waiting.pop()
        for child in children.get(key, ()):
            levels[child] = max(levels.get(child, 1), levels[key] + 1)
            n_open[child] -= 1
            if not n_open[child]:
                waiting.append(child)
    return levels


def _order_parents(drafts: Mapping[str, Draft], levels: Mapping[str, int], findings: Findings) -> None:
    """Put the most specific parent first, so that the main path skips no level."""
    for draft in drafts.values():
        if len(draft.parents) > 1:
            findings.add("several_parents", "{n} concepts have more than one broader concept; the first leads.")
            lowest = max(levels[parent] for parent in draft.parents)
            if any(levels[parent] < lowest for parent in draft.parents):  # of one level, none is above another
                above = {parent: _ancestors(parent, drafts) for parent in draft.parents}
                draft.parents.sort(key=lambda parent: any(parent in above[other] for other in above if other != parent))


def _ancestors(key: str, drafts: Mapping[str, Draft]) -> set[str]:
    found: set[str] = set()
    waiting = list(drafts[key].parents)
    while waiting:
        if (parent := waiting.pop()) not in found:
            found.add(parent)
            waiting.extend(drafts[parent].parents)
    return found


def _unique_notations(drafts: Mapping[str, Draft], findings: Findings) -> dict[str, str]:
    """Give every draft a notation of its own: the first keeps it, later ones get -2, -3 ..."""
    wanted = {draft.notation[:NOTATION_LENGTH] for draft in drafts.values()}
    used: set[str] = set()
    last: dict[str, int] = {}
    given: dict[str, str] = {}
    for key, draft in drafts.items():
        notation = draft.notation[:NOTATION_LENGTH]
        if notation in used:
            number = last.get(notation, 1) + 1
            while f"{notation}-{number}" in wanted:
                number += 1
            last[notation] = number
            findings.add("duplicate_notations", "{n} notations came more than once and got a number.", notation)
            notation = f"{notation}-{number}"
        used.add(notation)
        given[key] = notation
    return given
