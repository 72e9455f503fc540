"""The command line, as people and scripts use it: real processes over a home folder of their own."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.served import ROOT, clean_env, run_cli

SAMPLE = str(ROOT / "data" / "samples" / "supermarket_200.json")
TAXONOMY = str(ROOT / "data" / "taxonomies" / "retail.jsonld")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cli") / "home"


@pytest.fixture(scope="module")
def job(home: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    out = tmp_path_factory.mktemp("out") / "result.json"
    ran = run_cli(home, "classify", SAMPLE, "-o", str(out), "--engine", "local", "--taxonomy", TAXONOMY)
    assert ran.returncode == 0, ran.stderr
    result = json.loads(out.read_text())
    assert result["total"] == len(result["results"]) == 200
    return str(result["job_id"])


def as_json(home: Path, *words: str) -> object:
    ran = run_cli(home, *words, "--json")
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_reading_commands_speak_json_and_tables(home: Path, job: str) -> None:
    jobs = as_json(home, "jobs")
    assert isinstance(jobs, list)
    assert job in [one["job_id"] for one in jobs]
    status = as_json(home, "status", job)
    assert isinstance(status, dict)
    assert (status["status"], status["done"]) == ("completed", 200)
    assert [line["kind"] for line in status["history"]][-1] == "completed"
    for words in (("jobs",), ("status", job), ("status", job[:6]), ("taxonomy", "show")):
        ran = run_cli(home, *words)
        assert ran.returncode == 0, ran.stderr
        assert ran.stdout


def test_the_report_tells_accuracy_with_its_interval_categories_and_the_funnel(home: Path, job: str) -> None:
    report = as_json(home, "report", job)
    assert isinstance(report, dict)
    assert report["accuracy"]["n"] <= 200
    low, high = report["accuracy"]["interval"]
    assert low <= report["accuracy"]["value"] <= high
    assert report["funnel"]["accepted"] == 200
    assert sum(category["support"] for category in report["categories"]) == report["accuracy"]["n"]
    assert report["costs"]["attempts"] == 0
    assert b"accuracy: " in run_cli(home, "report", job).stdout


def test_a_job_compared_with_itself_differs_in_nothing(home: Path, job: str) -> None:
    found = as_json(home, "compare", job, job)
    assert isinstance(found, dict)
    assert found["n_shared"] == found["n_same_answer"] == 200
    assert found["n_only_first_right"] == found["n_only_second_right"] == 0
    assert found["mcnemar_exact_p"] is None
    assert found["counts"]["still right"] + found["counts"]["still failing"] == found["labelled"]["n"]
    assert b"nothing changed" in run_cli(home, "compare", job, job).stdout


def test_an_estimate_costs_nothing_and_names_its_price(home: Path) -> None:
    found = as_json(home, "estimate", SAMPLE, "--model", "gpt-4o-mini")
    assert isinstance(found, dict)
    assert found["products"] == 200
    assert float(found["cost_usd"][0]) > 0
    unknown = as_json(home, "estimate", SAMPLE, "--model", "nobody-knows-it")
    assert isinstance(unknown, dict)
    assert unknown["cost_usd"] is None


def test_a_pipe_goes_in_and_comes_out(home: Path) -> None:
    ran = run_cli(home, "classify", "-", "-o", "-", "-q", stdin=b"pan\nleche entera\n")
    assert ran.returncode == 0, ran.stderr
    assert [item["search_text"] for item in json.loads(ran.stdout)["results"]] == ["pan", "leche entera"]
    assert not list((home / "uploads").glob("cli-*"))


def test_the_ending_of_the_output_decides_the_format(home: Path, job: str, tmp_path: Path) -> None:
    assert run_cli(home, "export", job, "-o", str(tmp_path / "r.csv")).returncode == 0
    rows = list(csv.DictReader(io.StringIO((tmp_path / "r.csv").read_bytes().decode("utf-8-sig"))))
    assert len(rows) == 200
    lines = run_cli(home, "export", job, "--format", "jsonl").stdout.splitlines()
    assert json.loads(lines[199])["index"] == 199


@pytest.mark.parametrize(
    "words",
    [
        ("classify", "none-such.json", "-o", "-"),
        ("classify", "README.md", "-o", "-", "--taxonomy", "none such"),
        ("classify", SAMPLE, "-o", "-", "--engine", "oracle"),
        ("classify", SAMPLE, "-o", "-", "--engine", "openai"),
        ("classify", SAMPLE, "-o", "-", "--budget-usd", "0", "--engine", "openai"),
        ("classify", SAMPLE, "-o", "-", "--budget-usd", "much"),
        ("classify", SAMPLE, "-o", "-", "--budget-usd", "NaN"),
        ("resume", "last", "--budget-usd", "much"),
        ("classify", "data", "-o", "-"),
        ("classify", SAMPLE),
        ("classify", SAMPLE, "-o", "result.xls"),
        ("export", "last", "--format", "xls"),
        ("status", "none-such"),
        ("cancel", "none-such"),
        ("report", "none-such"),
        ("retry", "last"),
        ("taxonomy", "check", SAMPLE + ".none"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_exit_code_two(home: Path, job: str, words: tuple[str, ...]) -> None:
    ran = run_cli(home, *words)
    assert ran.returncode == 2, ran.stderr
    assert b"Traceback" not in ran.stderr
    assert ran.stderr.strip()


@pytest.mark.parametrize("address", ["no address", "mysql://ana:secreto@host/db", "postgresql://host:port/x", ":"])
def test_an_address_of_no_database_is_one_sentence_without_its_password(tmp_path: Path, address: str) -> None:
    for ran in (run_cli(tmp_path, "jobs", DATABASE_URL=address),
                run_cli(tmp_path, "migrate", "--from", address, "--to", "postgresql://ana@host/db")):  # fmt: skip
        assert ran.returncode == 2, ran.stderr
        assert ran.stderr.startswith(b"The address of the database cannot be read")
        assert b"secreto" not in ran.stderr


def test_a_record_that_is_not_there_is_not_made_by_moving_it(tmp_path: Path) -> None:
    ran = run_cli(tmp_path, "migrate", "--from", f"sqlite:///{tmp_path}/none.db", "--to", "postgresql://ana@host/db")
    assert (ran.returncode, b"There is no database file" in ran.stderr) == (2, True), ran.stderr
    assert not (tmp_path / "none.db").exists()


def test_an_output_that_cannot_be_written_is_refused_before_the_job_runs(home: Path, job: str, tmp_path: Path) -> None:
    before = as_json(home, "jobs")
    for out in (tmp_path, tmp_path / "none" / "result.json"):
        ran = run_cli(home, "classify", SAMPLE, "-o", str(out))
        assert ran.returncode == 2
        assert b"folder" in ran.stderr
    assert as_json(home, "jobs") == before


def test_a_pipe_is_written_to_and_a_link_is_followed_neither_is_replaced(home: Path, tmp_path: Path) -> None:
    pipe, link, target = tmp_path / "pipe", tmp_path / "link.json", tmp_path / "target.json"
    os.mkfifo(pipe)
    target.write_text("old")
    link.symlink_to(target)
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(pipe.read_bytes)
        assert run_cli(home, "classify", SAMPLE, "-o", str(pipe)).returncode == 0
        assert json.loads(read.result(60))["total"] == 200
    assert pipe.is_fifo()
    assert run_cli(home, "classify", SAMPLE, "-o", str(link)).returncode == 0
    assert link.is_symlink()
    assert json.loads(target.read_text())["total"] == 200


def test_a_job_that_waits_for_a_key_says_so(home: Path, tmp_path: Path) -> None:
    ran = run_cli(home, "classify", SAMPLE, "-o", str(tmp_path / "out.json"), "--engine", "openai", "--no-resume")
    assert ran.returncode == 2
    assert b"OPENAI_API_KEY" in ran.stderr


def test_taxonomies_are_checked_imported_and_shown(home: Path) -> None:
    checked = as_json(home, "taxonomy", "check", TAXONOMY)
    imported = as_json(home, "taxonomy", "import", TAXONOMY)
    assert isinstance(checked, dict)
    assert isinstance(imported, dict)
    assert checked["id"] == imported["id"]
    shown = as_json(home, "taxonomy", "show", imported["id"])
    assert isinstance(shown, list)
    assert {"notation", "level", "prefLabel", "uri"} == set(shown[0])


def test_ctrl_c_cancels_keeps_what_is_done_and_the_next_run_offers_to_go_on(home: Path, tmp_path: Path) -> None:
    long = tmp_path / "long.txt"
    long.write_text("\n".join(f"aceite de oliva {i}" for i in range(60_000)))
    out = tmp_path / "r.json"
    process = subprocess.Popen([sys.executable, "-m", "cli.main", "classify", str(long), "-o", str(out)], cwd=ROOT,
                               env=clean_env(home), stderr=subprocess.PIPE)  # fmt: skip
    _wait_for_results(home, "long.txt")
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=120)
    assert process.returncode == 130, told
    kept = json.loads(out.read_text())
    assert kept["status"] == "cancelled"
    assert 0 < len(kept["results"]) < 60_000
    again = subprocess.Popen([sys.executable, "-m", "cli.main", "classify", str(long), "-o", str(out)], cwd=ROOT,
                             env=clean_env(home), stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)  # fmt: skip
    assert again.stderr is not None
    assert b"An earlier run of this file ended at" in again.stderr.readline()
    _wait_for_results(home, "long.txt")
    again.send_signal(signal.SIGINT)
    again.communicate(timeout=120)


def _wait_for_results(home: Path, name: str) -> None:
    for _ in range(200):
        newest = as_json(home, "jobs", "-n", "1")
        assert isinstance(newest, list)
        if newest and newest[0]["name"] == name and newest[0]["status"] == "processing" and newest[0]["done"] > 0:
            return
        time.sleep(0.2)
    raise AssertionError(newest)


def test_on_a_terminal_a_bar_shows_the_progress(home: Path, tmp_path: Path) -> None:
    parent, child = pty.openpty()
    process = subprocess.Popen([sys.executable, "-m", "cli.main", "classify", SAMPLE, "-o", str(tmp_path / "r.json")],
                               cwd=ROOT, env=clean_env(home, TERM="xterm", COLUMNS="160"), stderr=child)  # fmt: skip
    os.close(child)
    shown = b""
    try:
        while piece := os.read(parent, 4096):
            shown += piece
    except OSError:
        pass  # the terminal closes with the process
    assert process.wait(60) == 0
    assert re.search(rb"200/200", shown)
    assert b"failed" in shown


def test_help_and_serve_are_there(home: Path) -> None:
    told = run_cli(home, "--help").stdout.decode()
    for command in ("classify", "jobs", "status", "cancel", "pause", "resume", "retry", "report", "compare", "export",
                    "taxonomy", "token", "estimate", "serve"):  # fmt: skip
        assert command in told


def test_assignable_categories_and_a_threshold_are_chosen_from_the_shell(home: Path, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,parent,label\n1,,Lácteos\n11,1,Leche\n19,1,Otros\n", "utf-8")
    added = run_cli(home, "taxonomy", "import", str(tmp_path / "t.csv")).stdout.decode().split()[0]
    chosen = run_cli(home, "taxonomy", "assign", added, "--leaves-only", "--hide-placeholders")
    assert b"1 of 3 categories are assignable." in chosen.stderr
    (tmp_path / "p.json").write_text('["leche entera"]', "utf-8")
    version = chosen.stdout.decode().strip()
    words = ["classify", str(tmp_path / "p.json"), "-o", "-", "--taxonomy", version, "--engine", "local"]
    assert b'"notation": "11"' in run_cli(home, *words, "--threshold", "0").stdout
    assert b'"notation": "11"' not in run_cli(home, *words, "--threshold", "1", "--no-learn", "--no-resume").stdout


def test_a_bundle_and_a_corrected_file_travel_by_commands(home: Path, job: str, tmp_path: Path) -> None:
    packed, corrected = tmp_path / "job.zip", tmp_path / "job.csv"
    assert run_cli(home, "bundle", "export", job, "-o", str(packed)).returncode == 0
    other = tmp_path / "other"
    assert run_cli(other, "bundle", "import", str(packed)).stdout.decode().strip() == job
    assert run_cli(home, "export", job, "-o", str(corrected)).returncode == 0
    with corrected.open(encoding="utf-8-sig", newline="") as source:
        rows = list(csv.DictReader(source))
    rows[0]["reviewed"] = "0104"
    with corrected.open("w", encoding="utf-8", newline="") as target:
        table = csv.DictWriter(target, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    told = as_json(home, "corrections", "import", job, str(corrected))
    assert isinstance(told, dict)
    assert (told["n_rows"], told["n_kept"], told["n_rejected"]) == (200, 1, 0)
    assert run_cli(home, "bundle", "import", SAMPLE).returncode == 2


def test_the_fields_of_a_file_are_told_by_name(home: Path, tmp_path: Path) -> None:
    path, out = tmp_path / "odd.csv", tmp_path / "out.jsonl"
    path.write_text("Artículo nuevo,Marca,Clave\nLeche entera,Luz,A1\nPan blanco,Sol,B2\n", encoding="utf-8")
    told = ("--text", "Marca,articulo_nuevo", "--id", "clave", "--expected", "")
    ran = run_cli(home, "classify", str(path), "-o", str(out), "--engine", "local", "--taxonomy", TAXONOMY, *told)
    assert ran.returncode == 0, ran.stderr
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["search_text"] for row in rows] == ["Luz Leche entera", "Sol Pan blanco"]
    assert [row["product_id"] for row in rows] == ["A1", "B2"]
    found = as_json(home, "estimate", str(path), *told)
    assert isinstance(found, dict)
    assert found["products"] == 2


def test_a_field_that_is_not_there_is_refused_with_those_that_are(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_text("Artículo nuevo,Marca\nLeche entera,Luz\n", encoding="utf-8")
    for words in (("classify", str(path), "-o", "-", "--text", "name"), ("estimate", str(path), "--id", "sku")):
        ran = run_cli(home, *words)
        assert ran.returncode == 2
        assert "Its fields are: Artículo nuevo, Marca." in ran.stderr.decode()
