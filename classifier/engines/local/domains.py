"""Which branches of the lexicon (food, clothing ...) each branch of a taxonomy is about, by a vote of its labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from classifier.lexicon import Lexicon

STRANGER = 0.6  # what is left of a link to a kind whose domain the concept's branch does not share
STRAY = 0.1  # a share of the branch up to which a domain is only there by another sense of a word
AT_HOME = 0.3  # a share above that at which it is at home
_OWN_VOTE = 3.0  # the labels of the branch's own node beside those of the concepts below it


class Domains:
    """Shares of the lexicon's root kinds around each concept: in its ancestors' branches, and its own if it has one."""

    def __init__(self, lexicon: Lexicon, votes: Sequence[Mapping[str, float]], above: Sequence[Sequence[int]]) -> None:
        self._roots = {kind: lexicon.roots(kind) for kind in lexicon.kinds}
        own = [self._by_root(v) for v in votes]
        branch = [Counter({r: s * _OWN_VOTE for r, s in v.items()}) for v in own]
        for concept, ancestors in enumerate(above):
            for ancestor in ancestors:
                branch[ancestor].update(own[concept])
        shares = [_shares(b) for b in branch]
        self._fits: dict[tuple[int, str], float] = {}
        parents = {ancestor for ancestors in above for ancestor in ancestors}
        self._around = [
            [shares[a] for a in ((c, *ancestors) if c in parents else ancestors) if shares[a]]
            for c, ancestors in enumerate(above)
        ]

    def _by_root(self, votes: Mapping[str, float]) -> dict[str, float]:
        best: dict[str, float] = {}
        for kind, strength in votes.items():
            for root in self._roots.get(kind, ()):
                best[root] = max(best.get(root, 0.0), strength)
        return _shares(best)

    def fit(self, concept: int, kind: str) -> float:
        """Tell how well a kind belongs where the concept stands: 1 at home or not known, down to STRANGER."""
        if (concept, kind) not in self._fits:
            self._fits[concept, kind] = self._work_out(concept, kind)
        return self._fits[concept, kind]

    def _work_out(self, concept: int, kind: str) -> float:
        around = self._around[concept]
        if not around:
            return 1.0
        roots = self._roots.get(kind, frozenset())
        share = max(sum(shares.get(r, 0.0) for r in roots) for shares in around)
        return STRANGER + (1.0 - STRANGER) * min(1.0, max(0.0, share - STRAY) / AT_HOME)


def _shares(votes: Mapping[str, float]) -> dict[str, float]:
    total = sum(votes.values())
    return {root: vote / total for root, vote in votes.items()} if total else {}
