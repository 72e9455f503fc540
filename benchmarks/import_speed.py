"""Import of a large file: ours (parse, accept, number, insert) beside json.load and an insert loop.

    uv run python benchmarks/import_speed.py [--n 1000000] [--formats json csv]

Each run is a process of its own on the same file and the same kind of database; memory is the peak of that process.
Where other programs run, compare the seconds of CPU.
The plain program keeps text, id and label and does nothing else: no check, no duplicates, no refusal told.
"""

from __future__ import annotations

import argparse
import csv
import gc
import json
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

WORDS = """leche entera deslactosada yogur natural fresa queso manchego arroz integral lenteja papel higiénico jabón
líquido champú café molido tueste galletas avena manzana roja plátano tomate bola pechuga pollo atún agua mineral
refresco cola detergente suavizante crema dental tortilla maíz frijol negro aceite oliva""".split()  # noqa: SIM905
BRANDS = ("La Aurora", "Campo Claro", "Don Beto", "Luz", "Nórdika", "Tres Ríos", "Bodega", "Prado")
FIELDS = ("product_id", "text", "brand", "store", "price", "category", "date", "description")
INSERT = "INSERT INTO item VALUES (?, ?, ?, ?)"


def products(n: int) -> Iterator[dict[str, object]]:
    dice = random.Random(7)
    for i in range(n):
        words = " ".join(dice.choices(WORDS, k=3))
        text = f"{words} {dice.randrange(50, 2000)} g {i % 800_000}"
        store, price = f"T{dice.randrange(400):03d}", dice.randrange(999) / 10
        yield {"product_id": f"{i:09d}", "text": text, "brand": dice.choice(BRANDS), "store": store, "price": price,
               "category": "", "date": "2026-11-20", "description": "Producto de prueba: " + words}  # fmt: skip


def write(n: int, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as target:
        if path.suffix == ".csv":
            table = csv.DictWriter(target, FIELDS)
            table.writeheader()
            table.writerows(products(n))
            return
        target.write('{"products": [')
        for i, product in enumerate(products(n)):
            target.write((",\n" if i else "\n") + json.dumps(product, ensure_ascii=False))
        target.write("\n]}\n")


def plain(path: Path, home: Path) -> int:
    connection = sqlite3.connect(home / "plain.db")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE item (position INTEGER PRIMARY KEY, text TEXT, product_id TEXT, extra TEXT)")
    with path.open(encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source)) if path.suffix == ".csv" else json.load(source)["products"]
    for i, row in enumerate(rows):
        rest = {name: value for name, value in row.items() if name not in ("text", "product_id")}
        connection.execute(INSERT, (i, row["text"], row["product_id"], json.dumps(rest, ensure_ascii=False)))
    connection.commit()
    return len(rows)


def ours(path: Path, home: Path) -> int:
    from classifier import jobs, taxonomies
    from classifier.bootstrap import build
    from classifier.settings import Settings

    services = build(Settings.from_env({"ANAQUEL_HOME": str(home)}))
    taxonomy_id = taxonomies.ensure_built_in(services)
    gc.freeze()  # as the server does after its start (app.py)
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    job_id = jobs.submit_file(services, jobs.Submission("benchmark", taxonomy_id), path)
    print(f"seconds {time.perf_counter() - began_s}\ncpu_s {time.process_time() - began_cpu_s}")
    n_items = services.store.job(job_id).n_items
    services.store.close()
    return n_items


def parse_only(path: Path, home: Path) -> int:  # noqa: ARG001
    from classifier.products import parse

    with path.open("rb") as stream:
        return sum(1 for _ in parse(stream))


RUNS = {"json.load + insert": plain, "ours: parse + insert": ours, "ours: parse only": parse_only}


def child(name: str, path: Path, home: Path) -> None:
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    n = RUNS[name](path, home)
    print(f"seconds_all {time.perf_counter() - began_s}\ncpu_s_all {time.process_time() - began_cpu_s}\nrows {n}")
    print(f"peak_mb {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}")


def measure(name: str, path: Path) -> tuple[float, float, float, float]:
    """Return (rows a second, seconds, seconds of CPU, peak MB)."""
    with tempfile.TemporaryDirectory() as home:
        told = subprocess.run([sys.executable, __file__, "--child", name, "--file", str(path), "--home", home],
                              check=True, capture_output=True, text=True).stdout  # fmt: skip
    found = {key: float(value) for key, value in (line.split() for line in told.splitlines())}
    seconds = found.get("seconds", found["seconds_all"])
    return found["rows"] / seconds, seconds, found.get("cpu_s", found["cpu_s_all"]), found["peak_mb"]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    asked.add_argument("--n", type=int, default=1_000_000)
    asked.add_argument("--formats", nargs="+", default=["json", "csv"])
    asked.add_argument("--runs", nargs="+", default=list(RUNS))
    asked.add_argument("--child")
    asked.add_argument("--file", type=Path)
    asked.add_argument("--home", type=Path)
    told = asked.parse_args()
    if told.child:
        child(told.child, told.file, told.home)
        return
    for form in told.formats:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"products.{form}"
            write(told.n, path)
            print(f"{told.n:,} products, {form}, {path.stat().st_size / 1e6:.0f} MB")
            print(f"{'':24}{'rows/s':>10}{'seconds':>10}{'CPU s':>8}{'peak MB':>10}{'ratio':>8}")
            base = None
            for name in told.runs:
                pace, seconds, cpu_s, peak_mb = measure(name, path)
                base = base or pace
                print(
                    f"{name:24}{pace:>10,.0f}{seconds:>10.1f}{cpu_s:>8.1f}{peak_mb:>10.0f}{pace / base:>8.2f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
