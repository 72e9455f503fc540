"""What the engine learns from examples: `python benchmarks/learning.py [--learn N] [--bare] [--depth D] [set ...]`.

Sets of one taxonomy are pooled and split into five folds by a hash of the text. Each fold is answered by an engine that
learned from at most N texts of the other four (those with the lowest hashes); its own texts are never among them.
--bare strips the taxonomy to its prefLabels in the sets' language; --depth cuts it there (a product's right answer
becomes the concept above). Prints for each set the accuracy at the leaf without
and with examples, that of texts without a spelling twin among them, and what the engine itself expected by leaving one
out. A set without twins of its own understates what a shop's catalogue, in which names come again, would show.
"""

from __future__ import annotations

import argparse
import sys
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from accuracy import NOT_A_PRODUCT, LabelledSet, read_set  # noqa: E402

from classifier.engines.local import LocalEngine  # noqa: E402
from classifier.examples import Example  # noqa: E402
from classifier.lexicon import read_lexicon  # noqa: E402
from classifier.metrics import Share  # noqa: E402
from classifier.taxonomy import Concept, Taxonomy  # noqa: E402

N_FOLDS = 5


@dataclass
class Figures:
    """Sums over the folds of one set."""

    n: int = 0
    n_before: int = 0
    n_after: int = 0
    n_fresh: int = 0
    n_fresh_before: int = 0
    n_fresh_after: int = 0

    def add(self, before: bool, after: bool, is_fresh: bool) -> None:
        self.n += 1
        self.n_before += before
        self.n_after += after
        self.n_fresh += is_fresh
        self.n_fresh_before += before and is_fresh
        self.n_fresh_after += after and is_fresh


@dataclass
class Pool:
    """Sets of one taxonomy."""

    taxonomy: Taxonomy
    language: str
    sets: list[LabelledSet] = field(default_factory=list)


def bare(taxonomy: Taxonomy, language: str) -> Taxonomy:
    concepts = {
        c.notation: Concept(c.notation, c.uri, {language: c.label(language)}, broader=c.broader)
        for c in taxonomy.concepts.values()
    }
    return Taxonomy(taxonomy.name, taxonomy.uri, concepts, taxonomy.only)


def cut(labelled: LabelledSet, depth: int) -> LabelledSet:
    """Leave out what is deeper; expected concepts move up to the last level that is left."""
    whole = labelled.taxonomy
    kept = {n: c for n, c in whole.concepts.items() if whole.level(n) <= depth}
    products = tuple((text, whole.path(e)[:depth][-1] if e in whole.concepts else e) for text, e in labelled.products)
    taxonomy = Taxonomy(whole.name, whole.uri, kept, whole.only & frozenset(kept))
    return LabelledSet(labelled.name, taxonomy, products, labelled.language)


def fold_of(text: str) -> int:
    return zlib.crc32(text.casefold().encode()) % N_FOLDS


def measure(pool: Pool, engine: LocalEngine, n_examples: int) -> None:
    figures = {labelled.name: Figures() for labelled in pool.sets}
    known = {text: expected for labelled in pool.sets for text, expected in labelled.products}
    known = {t: known[t] for t in sorted(known, key=lambda t: zlib.crc32(t.encode())) if known[t] != NOT_A_PRODUCT}
    expected_share: list[float] = []
    training_s = 0.0
    for fold in range(N_FOLDS):
        examples = tuple(Example(t, e) for t, e in known.items() if fold_of(t) != fold)[:n_examples]
        started = time.process_time()
        learned = engine.tuned(0.0, examples)
        training_s += time.process_time() - started
        if learned.learned and learned.learned.accuracy:
            expected_share.append(learned.learned.accuracy.value or 0.0)
        for labelled in pool.sets:
            held = [(t, e) for t, e in labelled.products if fold_of(t) == fold and e != NOT_A_PRODUCT]
            judge(held, engine, learned, figures[labelled.name])
    report = learned.learned
    print(f"{len(examples)} examples, {len(pool.taxonomy.concepts)} concepts, last report: {report}")
    print(f"training {training_s / N_FOLDS:.2f} cpu s a fold, own estimate {sum(expected_share) / N_FOLDS:.3f}")
    for name, found in figures.items():
        print(line(name, found))


def judge(held: Sequence[tuple[str, str]], plain: LocalEngine, learned: LocalEngine, figures: Figures) -> None:
    texts = [text for text, _ in held]
    for (_, expected), before, after in zip(held, plain.predict(texts), learned.predict(texts), strict=True):
        figures.add(before.notation == expected, after.notation == expected, "confirmed" not in after.why)


def line(name: str, found: Figures) -> str:
    low, high = Share(found.n_after, found.n).interval or (0.0, 1.0)
    fresh = max(found.n_fresh, 1)
    return (
        f"{name:24} {found.n:5}  before {found.n_before / found.n:.3f}  after {found.n_after / found.n:.3f} "
        f"[{low:.3f}-{high:.3f}]  without a twin: {found.n_fresh:5} before {found.n_fresh_before / fresh:.3f} "
        f"after {found.n_fresh_after / fresh:.3f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sets", nargs="*", type=Path)
    parser.add_argument("--learn", type=int, default=2_000, metavar="N", help="examples at most")
    parser.add_argument("--bare", action="store_true", help="keep only the taxonomy's prefLabels")
    parser.add_argument("--depth", type=int, default=99, metavar="D", help="levels of the taxonomy to keep")
    options = parser.parse_args()
    pools: dict[tuple[str, str], Pool] = {}
    for path in options.sets or sorted((ROOT / "benchmarks" / "sets").glob("*.json")):
        labelled = cut(read_set(path), options.depth)
        taxonomy = bare(labelled.taxonomy, labelled.language) if options.bare else labelled.taxonomy
        key = (taxonomy.fingerprint, path.stem.split("_")[0])
        pools.setdefault(key, Pool(taxonomy, labelled.language)).sets.append(labelled)
    lexicon = read_lexicon()
    for pool in pools.values():
        measure(pool, LocalEngine(pool.taxonomy, lexicon, pool.language, threshold=0.0), options.learn)


if __name__ == "__main__":
    main()
