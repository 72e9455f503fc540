"""What corrections bring when the least sure come first: `python benchmarks/reviewing.py [--bare] [--most N] [set]`.

An analyst reviews what the engine is least sure of, the engine learns, answers the rest anew, and so on. After each
round: how many of the products that nobody reviewed are right, how many of them labels and lexicon alone had right, and
how many of the whole catalogue are right with what was corrected; beside it as many corrections in random order.
Of a set no more than --most products are taken, by a hash of their texts.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from accuracy import NOT_A_PRODUCT, read_set  # noqa: E402
from learning import bare  # noqa: E402

from classifier.engines.local import LocalEngine  # noqa: E402
from classifier.examples import Example  # noqa: E402
from classifier.lexicon import read_lexicon  # noqa: E402
from classifier.metrics import Share  # noqa: E402

ROUNDS = (60, 200, 500, 1_000, 1_500, 2_000)  # products that have been reviewed
AT_ONCE = 50
Products = Sequence[tuple[str, str]]


def answers(engine: LocalEngine, products: Products) -> list[tuple[str | None, float]]:
    """Give each product's concept and how sure the engine is of it."""
    parts = (products[i : i + AT_ONCE] for i in range(0, len(products), AT_ONCE))
    return [(p.notation, p.confidence or 0.0) for part in parts for p in engine.predict([text for text, _ in part])]


def n_right(engine: LocalEngine, products: Products) -> int:
    return sum(notation == right for (notation, _), (_, right) in zip(answers(engine, products), products, strict=True))


def reviews(plain: LocalEngine, products: Products) -> Iterator[tuple[int, LocalEngine, Products]]:
    """Give after each round how many were reviewed, what learned from them, and the products that were not."""
    reviewed: list[tuple[str, str]] = []
    rest, engine = list(products), plain
    for n in ROUNDS:
        sure = [confidence for _, confidence in answers(engine, rest)]
        by_doubt = [rest[i] for i in sorted(range(len(rest)), key=sure.__getitem__)]
        n_new = n - len(reviewed)
        reviewed, rest = reviewed + by_doubt[:n_new], by_doubt[n_new:]
        if not rest:
            return
        engine = taught(plain, reviewed)
        yield n, engine, rest


def taught(plain: LocalEngine, products: Products) -> LocalEngine:
    return plain.tuned(0.0, tuple(Example(text, right) for text, right in products))


def line(n: int, n_after: int, n_before: int, n_left: int, n_random: int) -> str:
    low, high = Share(n_after, n_left).interval or (0.0, 1.0)
    return (f"{n:6,} reviewed  rest {n_left:6,}: right {n_after / n_left:.3f} [{low:.3f}-{high:.3f}], labels alone "
            f"{n_before / n_left:.3f}  whole catalogue {(n + n_after) / (n + n_left):.3f}  "
            f"| in random order: rest {n_random / n_left:.3f}, whole {(n + n_random) / (n + n_left):.3f}")  # fmt: skip


def measure(path: Path, is_bare: bool, most: int) -> None:
    labelled = read_set(path)
    known = {text: right for text, right in labelled.products if right != NOT_A_PRODUCT}
    products = sorted(known.items(), key=lambda each: zlib.crc32(each[0].encode()))[:most]
    taxonomy = bare(labelled.taxonomy, labelled.language) if is_bare else labelled.taxonomy
    plain = LocalEngine(taxonomy, read_lexicon(), labelled.language, threshold=0.0)
    print(f"{path.stem}: {len(products):,} products, {len(taxonomy.concepts)} concepts, labels alone "
          f"{n_right(plain, products) / len(products):.3f}")  # fmt: skip
    for n, engine, rest in reviews(plain, products):
        n_random = n_right(taught(plain, products[:n]), products[n:])
        print(line(n, n_right(engine, rest), n_right(plain, rest), len(rest), n_random), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sets", nargs="*", type=Path)
    parser.add_argument("--bare", action="store_true", help="keep only the taxonomy's prefLabels")
    parser.add_argument("--most", type=int, default=6_000, metavar="N", help="products of a set at most")
    options = parser.parse_args()
    for path in options.sets or sorted((ROOT / "benchmarks" / "sets").glob("*.json")):
        measure(path, options.bare, options.most)


if __name__ == "__main__":
    main()
