"""Accuracy of the embedded engine over labelled sets: `python benchmarks/accuracy.py [--misses] [--fit] [set ...]`.
`benchmarks/learning.py` measures it with examples.

A set is a JSON file: a list of products {text, expected} for the project's own taxonomy, or an object with "products"
and either "taxonomy" (a path from the repository's root) or "concepts" (rows of notation, parent, es, en, alt).
expected is a notation or "not_a_product". Sets named dev_* were looked at while the engine was built; the sample and
test_* sets were only measured. Prints one line a set with Wilson 95 % intervals, then what each threshold gives.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import sys
import time
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from classifier.engines.local import LocalEngine  # noqa: E402
from classifier.engines.local.calibration import Calibration, Signs  # noqa: E402
from classifier.engines.local.calibration import thresholds as thresholds_of  # noqa: E402
from classifier.examples import Example  # noqa: E402
from classifier.lexicon import Lexicon, read_lexicon  # noqa: E402
from classifier.outcomes import Prediction, Verdict  # noqa: E402
from classifier.taxonomy import Concept, Taxonomy  # noqa: E402
from classifier.taxonomy_import import read_taxonomy  # noqa: E402

N_CANDIDATES = 50
N_EXAMPLES = 2_000
NOT_A_PRODUCT = "not_a_product"
OWN = "data/taxonomies/retail.jsonld"
SAMPLE = ROOT / "data" / "samples" / "supermarket_200.json"


@dataclass(frozen=True)
class LabelledSet:
    name: str
    taxonomy: Taxonomy
    products: tuple[tuple[str, str], ...]
    language: str


@dataclass(frozen=True)
class Judged:
    """One product judged: where the right concept ranks (1 for first, None when not among N_CANDIDATES)."""

    text: str
    expected: str
    prediction: Prediction
    rank: int | None
    right_top: bool

    @property
    def right(self) -> bool:
        if self.expected == NOT_A_PRODUCT:
            return self.prediction.verdict is Verdict.NOT_A_PRODUCT
        return self.rank == 1 and self.prediction.verdict is not Verdict.NOT_A_PRODUCT


def read_set(path: Path) -> LabelledSet:
    content = json.loads(path.read_text("utf-8"))
    if isinstance(content, list):
        content = {"products": content}
    taxonomy = (
        _inline(path.stem, content["concepts"]) if "concepts" in content else _from_file(content.get("taxonomy", OWN))
    )
    products = tuple((str(p["text"]), str(p["expected"])) for p in content["products"])
    return LabelledSet(path.stem, taxonomy, products, content.get("language", "es"))


def _from_file(path: str) -> Taxonomy:
    return read_taxonomy((ROOT / path).read_bytes(), Path(path).name)[0]


def _inline(name: str, rows: Iterable[dict[str, Any]]) -> Taxonomy:
    concepts = {}
    for row in rows:
        prefs = {language: row[language] for language in ("es", "en") if row.get(language)}
        alts = {"es": tuple(row["alt"])} if row.get("alt") else {}
        broader = (row["parent"],) if row.get("parent") else ()
        concepts[row["notation"]] = Concept(row["notation"], f"urn:{row['notation']}", prefs, alts, broader=broader)
    return Taxonomy(name, f"urn:{name}", concepts)


def judge(labelled: LabelledSet, engine: LocalEngine) -> tuple[list[Judged], float]:
    """Judge every product; also gives products a processor second of `predict` alone, in batches as the runner asks."""
    texts = [text for text, _ in labelled.products]
    started = time.process_time()
    size = engine.batch_size
    predictions = [p for i in range(0, len(texts), size) for p in engine.predict(texts[i : i + size])]
    rate = len(texts) / (time.process_time() - started)
    judged = []
    for (text, expected), prediction in zip(labelled.products, predictions, strict=True):
        ranked = [c.notation for c in engine.candidates(text, N_CANDIDATES)]
        rank = ranked.index(expected) + 1 if expected in ranked else None
        known = expected in labelled.taxonomy.concepts and bool(ranked)
        right_top = known and labelled.taxonomy.top(ranked[0]) == labelled.taxonomy.top(expected)
        judged.append(Judged(text, expected, prediction, rank, right_top))
    return judged, rate


def throughput(pool: Sequence[LabelledSet], lexicon: Lexicon) -> str:
    """Products a processor second of an engine that is just loaded, without examples and with N_EXAMPLES of them."""
    products = [p for labelled in pool for p in labelled.products if p[1] != NOT_A_PRODUCT]
    products.sort(key=lambda product: zlib.crc32(product[0].encode()))
    examples = tuple(Example(text, expected) for text, expected in products[:N_EXAMPLES])
    texts = [text for text, _ in products[-N_EXAMPLES:]]
    plain = LocalEngine(pool[0].taxonomy, lexicon, pool[0].language, threshold=0.0)
    fresh = LocalEngine(pool[0].taxonomy, lexicon, pool[0].language, threshold=0.0, examples=examples)
    rates = []
    for engine in (plain, fresh):
        started = time.process_time()
        for i in range(0, len(texts), engine.batch_size):
            engine.predict(texts[i : i + engine.batch_size])
        rates.append(len(texts) / (time.process_time() - started))
    return f"products per cpu second, {len(texts)}: {rates[0]:.0f}; with {len(examples)} examples {rates[1]:.0f}"


def wilson(n_right: int, n: int) -> tuple[float, float]:
    """Wilson score interval, 95 %, of a proportion."""
    if not n:
        return 0.0, 1.0
    z, p = 1.96, n_right / n
    middle, spread = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (middle - spread) / (1 + z * z / n), (middle + spread) / (1 + z * z / n)


def calibration_error(pairs: Sequence[tuple[float, bool]], n_bins: int = 10) -> float:
    """Expected calibration error: mean gap between confidence and accuracy over equal-width bins, weighted by size."""
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(n_bins)]
    for confidence, right in pairs:
        bins[min(int(confidence * n_bins), n_bins - 1)].append((confidence, right))
    gaps = (abs(sum(c for c, _ in b) - sum(r for _, r in b)) for b in bins if b)
    return sum(gaps) / max(len(pairs), 1)


def line(name: str, judged: Sequence[Judged], rate: float, load_s: float) -> str:
    products = [j for j in judged if j.expected != NOT_A_PRODUCT]
    refused = [j for j in judged if j.expected == NOT_A_PRODUCT]
    n = len(products)
    n_first = sum(j.right for j in products)
    low, high = wilson(n_first, n)
    within = [sum(j.rank is not None and j.rank <= k for j in products) / n for k in (1, 5, 20, 50)]
    ece = calibration_error(
        [(j.prediction.confidence, j.right) for j in products if j.prediction.confidence is not None]
    )
    top = sum(j.right_top for j in products) / n
    refusals = f"{sum(j.right for j in refused)}/{len(refused)}"
    return (
        f"{name:28} {n:5} {n_first / n:6.3f} [{low:.3f}-{high:.3f}] {top:6.3f} "
        + " ".join(f"{share:6.3f}" for share in within)
        + f" {ece:6.3f} {refusals:>7} {rate:8.0f} {load_s:6.2f}"
    )


def reliability(judged: Sequence[Judged], n_bins: int = 10) -> Iterable[str]:
    """Tell for each tenth of confidence how many answers it holds and how often they are right."""
    products = [j for j in judged if j.expected != NOT_A_PRODUCT and j.prediction.confidence is not None]
    bins: list[list[Judged]] = [[] for _ in range(n_bins)]
    for j in products:
        bins[min(int((j.prediction.confidence or 0.0) * n_bins), n_bins - 1)].append(j)
    for place, found in enumerate(bins):
        if found:
            n_right = sum(j.right for j in found)
            low, high = wilson(n_right, len(found))
            mean = sum(j.prediction.confidence or 0.0 for j in found) / len(found)
            yield (
                f"  {place / n_bins:.1f}-{(place + 1) / n_bins:.1f}   mean confidence {mean:.3f}   "
                f"right {n_right / len(found):.3f} [{low:.3f}-{high:.3f}]   n {len(found)}"
            )


def thresholds(judged: Sequence[Judged]) -> Iterable[str]:
    sure = [(j.prediction.confidence, j.right) for j in judged if j.prediction.confidence is not None]
    for threshold in (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        kept = [right for confidence, right in sure if confidence >= threshold]
        if kept:
            yield f"  {threshold:.1f}   precision {sum(kept) / len(kept):.3f}   coverage {len(kept) / len(judged):.3f}"


def misses(judged: Sequence[Judged], taxonomy: Taxonomy) -> Iterable[str]:
    for j in judged:
        if not j.right:
            p = j.prediction
            nearest = p.notation or (p.runners_up[0].notation if p.runners_up else None)
            said = f"{p.verdict} {taxonomy.label(nearest)}"
            sure = f"{p.confidence or 0:.2f}"
            yield " | ".join((f"  {j.text}", taxonomy.label(j.expected), said, f"rank {j.rank}", sure, p.why))


def run(path: Path, lexicon: Lexicon, show_misses: bool) -> list[Judged]:
    labelled = read_set(path)
    started = time.process_time()
    engine = LocalEngine(labelled.taxonomy, lexicon, labelled.language)
    load_s = time.process_time() - started
    judged, rate = judge(labelled, engine)
    print(line(labelled.name, judged, rate, load_s))
    if show_misses:
        print("\n".join(misses(judged, labelled.taxonomy)))
    return judged


def fit(paths: Sequence[Path], lexicon: Lexicon) -> None:
    """Fit the calibration's constants on development sets, each with the same say, and print them."""
    from sklearn.linear_model import LogisticRegression

    rows: list[Signs] = []
    right: list[bool] = []
    say: list[float] = []
    for path in (p for p in paths if p.stem.startswith("dev_")):
        labelled = read_set(path)
        engine = LocalEngine(labelled.taxonomy, lexicon, labelled.language)
        products = [(text, expected) for text, expected in labelled.products if expected != NOT_A_PRODUCT]
        for text, expected in products:
            if found := engine.signs(text):
                rows.append(found)
                right.append(engine.candidates(text, 1)[0].notation == expected)
                say.append(1.0 / len(products))
    model = LogisticRegression(C=100.0, max_iter=1000).fit(
        [r.values() for r in rows], right, sample_weight=[len(say) * s / sum(say) for s in say]
    )
    weights = tuple(round(float(w), 2) for w in model.coef_[0])
    print(f"INTERCEPT = {model.intercept_[0]:.2f}\nWEIGHTS = {weights}\nBUILT_IN, from 0 in steps of 0.05:")
    calibration = Calibration(round(float(model.intercept_[0]), 2), weights)
    for row in thresholds_of([calibration.confidence(r) for r in rows], right, say):
        print(f"    ({row.precision:.3f}, {row.coverage:.3f}),")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sets", nargs="*", type=Path)
    parser.add_argument("--misses", action="store_true", help="print every product that is not right (dev sets only)")
    parser.add_argument("--fit", action="store_true", help="fit the calibration on the development sets and print it")
    options = parser.parse_args()
    paths = options.sets or [*sorted((ROOT / "benchmarks" / "sets").glob("*.json")), SAMPLE]
    lexicon = read_lexicon()
    if options.fit:
        fit(paths, lexicon)
        return
    heading = "leaf  [Wilson 95 %]    top   @1     @5     @20    @50    ECE   refused  cpu: prod/s  load s"
    print(f"{'set':28} {'n':>5}  {heading}")
    judged = {path.stem: run(path, lexicon, options.misses and path.stem.startswith("dev_")) for path in paths}
    tested = [path.stem for path in paths if not path.stem.startswith("dev_")]
    held_out = [j for name, found in judged.items() if name in tested for j in found]
    all_judged = [j for found in judged.values() for j in found]
    print("all sets, by threshold:", *thresholds(all_judged), sep="\n")
    if held_out:
        pairs = [(j.prediction.confidence, j.right) for j in held_out
                 if j.prediction.confidence is not None and j.expected != NOT_A_PRODUCT]  # fmt: skip
        print(f"reliability on held-out sets, expected calibration error {calibration_error(pairs):.3f}:")
        print(*reliability(held_out), sep="\n")
    own = [labelled for labelled in map(read_set, paths) if labelled.taxonomy.uri == _from_file(OWN).uri]
    if own:
        print(throughput(own, lexicon))
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
