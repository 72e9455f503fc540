"""Every number on a page can be checked: plain pandas over the exported JSON comes to the same."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

import pandas as pd
import pytest
from scipy.stats import binomtest, fisher_exact
from sklearn.metrics import precision_recall_fscore_support
from streamlit.testing.v1 import AppTest

from classifier.analysis.facets import has_accent
from classifier.bootstrap import Services
from storage import Job
from tests.pages.conftest import Open, words
from tests.pages.recorded_job import JOB_ID, bundled, exported, record


@pytest.fixture
def job(running: Services) -> Job:
    running.executor.stop()  # the job is answered here
    return record(running)


@pytest.fixture
def told(running: Services, job: Job) -> pd.DataFrame:
    return exported(running, job)


def metric(at: AppTest, label: str) -> float:
    """The number of a figure; percent as a share."""
    value = next(str(m.value) for m in at.metric if m.label == label)
    number = float(re.sub(r"[^\d.]", "", value))
    return number / 100 if "%" in value else number


def charts(at: AppTest) -> dict[str, Any]:
    """The page's charts by the first word of their keys, as the browser gets them."""
    found = {}
    for element in at.get("plotly_chart"):
        key = re.search(r"-([a-z_]+?)_" + JOB_ID, element.proto.id)
        if key:
            found[key[1]] = json.loads(element.proto.spec)["data"]
    return found


def table(at: AppTest, *columns: str) -> pd.DataFrame:
    """The page's first table that has these columns."""
    frames: Iterable[pd.DataFrame] = (element.value for element in at.dataframe)
    return next(frame for frame in frames if set(columns) <= set(frame.columns))


def wilson(k: int, n: int) -> str:
    bounds = binomtest(k, n).proportion_ci(method="wilson")
    return f"{bounds.low * 100:.1f}%–{bounds.high * 100:.1f}%"


def judged(frame: pd.DataFrame) -> pd.DataFrame:
    """Labelled products that were answered."""
    return frame[frame["expected"].notna() & frame["answer"].notna()]


def bar_of(data: list[dict[str, Any]]) -> dict[str, float]:
    """A bar chart's values by its labels."""
    return {str(row[0]): float(x) for row, x in zip(data[0]["customdata"], data[0]["x"], strict=True)}


def test_the_overview_agrees(open_page: Open, told: pd.DataFrame, job: Job) -> None:
    at = open_page("overview", job=job.id)
    n, labelled = len(told), judged(told)
    right, answered = int((labelled["answer"] == labelled["expected"]).sum()), int(told["answer"].notna().sum())
    said = words(at)
    assert f"{right} of {len(labelled)} right · 95% interval {wilson(right, len(labelled))}" in said
    assert f"{answered} of {n} answered · 95% interval {wilson(answered, n)}" in said
    assert f"{n - answered} of {n} failed" in said
    assert metric(at, "Accuracy") == pytest.approx(right / len(labelled), abs=5e-4)
    assert metric(at, "Coverage") == pytest.approx(answered / n, abs=5e-4)
    assert metric(at, "On a shelf") == pytest.approx((told["status"] == "success").mean(), abs=5e-4)
    assert metric(at, "Not a product") == (told["answer"] == "not_a_product").sum()
    assert metric(at, "Unsure") == (told["answer"] == "unsure").sum()
    segments = {re.sub(r":.*", "", s["name"]): s["x"][0] for s in charts(at)["endings"]}
    free = told[told["expected"].isna() & told["answer"].notna()]["answer"]
    counts = {
        "Right": right, "Wrong answer": len(labelled) - right, "Failed": n - answered,
        "Answered, not labelled": (~free.isin(["unsure", "not_a_product"])).sum(),
        "Not a product, not labelled": (free == "not_a_product").sum(),
        "Unsure, not labelled": (free == "unsure").sum(),
    }  # fmt: skip
    assert segments == {name: count for name, count in counts.items() if count}
    assert_branches(charts(at)["branches"], labelled)


def assert_branches(data: list[dict[str, Any]], labelled: pd.DataFrame) -> None:
    right = (labelled["answer"] == labelled["expected"]).groupby(labelled["expected"].str[:2])
    expected = {f"{k} of {n}": k / n for k, n in zip(right.sum(), right.count(), strict=True)}
    shown = {label.rpartition(" · ")[2]: value for label, value in bar_of(data).items()}
    assert shown
    assert shown == pytest.approx({counts: expected[counts] for counts in shown})


def test_the_sentence_that_stands_out_agrees(open_page: Open, told: pd.DataFrame, job: Job) -> None:
    said = words(open_page("overview", job=job.id))
    failed, accented = told["answer"].isna(), told["search_text"].map(has_accent)
    k, n, k_rest, n_rest = (int(x) for x in ((failed & accented).sum(), accented.sum(), (failed & ~accented).sum(),
                                             (~accented).sum()))  # fmt: skip
    lift = k / n / (k_rest / n_rest)
    assert f"{k} of {n} products with an accent failed, against {k_rest} of {n_rest} others: {lift:.1f} times" in said


def test_the_figures_of_accuracy_agree(open_page: Open, told: pd.DataFrame, job: Job) -> None:
    at = open_page("accuracy", job=job.id)
    labelled = judged(told)
    right = int((labelled["answer"] == labelled["expected"]).sum())
    n_labelled = int(told["expected"].notna().sum())
    assert f"{right} of {n_labelled} right" in words(at)
    assert metric(at, "Right of all labelled") == pytest.approx(right / n_labelled, abs=5e-4)
    names = sorted(set(labelled["expected"]))
    precision, recall, f1, support = precision_recall_fscore_support(
        labelled["expected"], labelled["answer"], labels=names, zero_division=0.0)  # fmt: skip
    assert metric(at, "Macro F1") == pytest.approx(f1.mean(), abs=5e-4)
    shown = table(at, "recall", "precision", "f1", "support")
    shown = shown[shown["support"] > 0]
    ours = sorted(zip(shown["support"], shown["recall"], shown["precision"].fillna(0), shown["f1"], strict=True))
    theirs = sorted(zip(support, recall.round(3), precision.round(3), f1.round(3), strict=True))
    assert ours == [pytest.approx(row, abs=0.0011) for row in theirs]
    n_failed = told[told["expected"].notna() & told["answer"].isna()].groupby("expected").size()
    assert table(at, "recall", "failed")["failed"].sum() == n_failed.sum()
    wrong = labelled[labelled["answer"] != labelled["expected"]]
    pairs = wrong.groupby(["expected", "answer"]).size().sort_values(ascending=False)
    assert f"{len(wrong)} wrong answers in {len(pairs)} pairs" in words(at)
    assert table(at, "n", "expected", "answered")["n"].tolist() == pairs.tolist()[:100]


def test_the_charts_of_accuracy_agree(open_page: Open, told: pd.DataFrame, job: Job) -> None:
    at = open_page("accuracy", job=job.id)
    labelled, found = judged(told), charts(at)
    near = {label.partition(" · ")[0]: value for label, value in bar_of(found["nearness"]).items()}
    same = labelled["answer"] == labelled["expected"]
    sound = ~labelled["answer"].isin(["unsure", "not_a_product"])
    elsewhere = sound & (labelled["answer"].str[:2] != labelled["expected"].str[:2])
    assert near["Right"] == pytest.approx(same.mean())
    assert near["Wrong branch"] == pytest.approx(elsewhere.mean())
    assert near["Unsure, or not a product"] == pytest.approx((~sound).mean())
    assert sum(near.values()) == pytest.approx(1.0)
    belongs = told["expected"].fillna(told["answer"])
    [treemap] = found["tree"]
    areas = dict(zip(treemap["ids"], treemap["values"], strict=True))
    for top, n in belongs[belongs.str[0] != "u"].str[:2].value_counts().items():
        assert areas.get(top, areas.get("not_a_product") if top == "no" else None) == n
    [cells] = found["matrix_cells"]
    columns = labelled["answer"].where(~sound, labelled["answer"].str[:2]).rename("column")
    counted = labelled.groupby([labelled["expected"].str[:2].rename("row"), columns]).size()
    for (row, column, *_), n in zip(cells["customdata"], cells["text"], strict=True):
        assert int(n) == (counted[row, column] if column != "failed" else
                          (told["answer"].isna() & (told["expected"].str[:2] == row)).sum())  # fmt: skip


def test_the_worth_of_a_confidence_agrees(open_page: Open, told: pd.DataFrame, job: Job) -> None:
    at = open_page("accuracy", job=job.id)
    named = told[told["status"] == "success"]
    named = named.assign(bin=(named["confidence"] * 20).clip(upper=19.999).astype(int))
    labelled = named[named["expected"].notna()]
    groups = labelled.assign(right=labelled["answer"] == labelled["expected"]).groupby("bin")
    points = charts(at)["reliability"][1]
    assert points["x"] == pytest.approx(groups["confidence"].mean().tolist(), abs=1e-6)
    assert points["y"] == pytest.approx(groups["right"].mean().tolist())
    gap = (groups["right"].sum() - groups["confidence"].sum()).abs().sum() / len(labelled)
    assert f"Mean gap: {gap * 100:.1f}% over {len(labelled)} labelled answers" in words(at)
    kept = named[named["bin"] >= 10]
    right = kept[kept["answer"] == kept["expected"]]
    assert metric(at, "Accepted") == pytest.approx(len(kept) / len(named), abs=5e-4)
    assert metric(at, "Accuracy of these") == pytest.approx(len(right) / kept["expected"].notna().sum(), abs=5e-4)


def test_the_figures_of_errors_agree(open_page: Open, told: pd.DataFrame, job: Job) -> None:
    at = open_page("errors", job=job.id)
    labelled, failed = judged(told), told["answer"].isna()
    n_wrong = int((labelled["answer"] != labelled["expected"]).sum())
    assert metric(at, "Failed products") == failed.sum()
    assert metric(at, "Wrong answers") == n_wrong
    assert metric(at, "Unsure") == (told["answer"] == "unsure").sum()
    trouble = bar_of(charts(at)["trouble"])
    kinds = told[failed]["outcome"].value_counts()
    assert trouble["Category outside the taxonomy"] == kinds["off_list"]
    assert trouble["No JSON in the answer"] == kinds["not_json"]
    assert trouble["No answer in time"] == kinds["timeout"]
    assert trouble["Wrong answer"] == n_wrong
    stages = bar_of(charts(at)["stages"])
    assert sum(stages.values()) == (told["status"] == "failed").sum()
    assert stages["No answer from the service"] == kinds["timeout"]
    assert f"{(told['status'] == 'success').sum()} of {len(told)} products that ended came through" in words(at)
    assert table(at, "text", "outcome")["text"].tolist() == told[failed]["search_text"].tolist()[:50]


def test_where_failures_concentrate_agrees(open_page: Open, told: pd.DataFrame, job: Job) -> None:
    at = open_page("errors", job=job.id)
    groups = table(at, "facet", "group", "lift").set_index("group")
    failed, accented = told["answer"].isna(), told["search_text"].map(has_accent)
    for name, is_in in {"with an accent": accented, "with store = “Surco”": told["store"] == "Surco",
                        "with store = “Callao”": told["store"] == "Callao"}.items():  # fmt: skip
        k, n, k_rest, n_rest = (int(x.sum()) for x in (failed & is_in, is_in, failed & ~is_in, ~is_in))
        if name not in groups.index:
            assert k / n <= k_rest / n_rest  # no more often than the rest: not listed
            continue
        row = groups.loc[name]
        assert (row["counts"], row["rate"], row["rest"]) == (f"{k} of {n}", round(k / n, 3), round(k_rest / n_rest, 3))
        assert row["lift"] == round(k / n / (k_rest / n_rest), 1)
        p = fisher_exact([[k, n - k], [k_rest, n_rest - k_rest]], alternative="greater").pvalue
        assert row["p"] == (f"{p:.4f}" if p >= 0.00005 else "< 0.0001")


def test_the_costs_agree(open_page: Open, running: Services, told: pd.DataFrame, job: Job) -> None:
    at = open_page("costs", job=job.id)
    calls, items = bundled(running, job, "attempts"), bundled(running, job, "items")
    total = calls["cost_usd"].sum()
    assert total == items["cost_usd"].sum()
    assert metric(at, "Cost of the job") == pytest.approx(float(total), rel=0.005)
    assert metric(at, "Per product") == pytest.approx(float(total) / len(told), rel=0.005)
    right, n_labelled = (told["answer"] == told["expected"]).sum(), told["expected"].notna().sum()
    assert metric(at, "Per correct product") == pytest.approx(float(total) / len(told) * n_labelled / right, rel=0.005)
    wasted = sum(c.cost_usd * (c.n_items - c.n_sound) / c.n_items for c in calls.itertuples())
    assert metric(at, "Spent on calls without a sound answer") == pytest.approx(float(wasted), rel=0.005)
    assert metric(at, "Input tokens") == calls["input_tokens"].sum()
    assert metric(at, "of them cached") == calls["cached_input_tokens"].sum()
    assert metric(at, "Output tokens") == calls["output_tokens"].sum()
    assert metric(at, "of them for reasoning") == calls["reasoning_tokens"].sum()
    assert metric(at, "1,000 products") == pytest.approx(float(total) / len(told) * 1_000, rel=0.005)
    found = charts(at)
    by_kind = calls.groupby("kind")["cost_usd"].sum().map(float)
    assert sorted(found["spend"][0]["x"]) == pytest.approx(sorted(by_kind))
    belongs = items["expected"].fillna(items["notation"]).fillna(items["verdict"])
    dearest = items.groupby(belongs)["cost_usd"].sum().map(float).sort_values(ascending=False)
    assert found["category_costs"][0]["x"] == pytest.approx(dearest.tolist()[:12])
    assert found["curve"][0]["y"][-1] == pytest.approx(float(total))
    assert found["curve"][1]["y"][-1] == pytest.approx(float(wasted))
    assert table(at, "kind", "calls")["calls"].sum() == len(calls)


def test_progress_and_the_list_of_jobs_agree(open_page: Open, told: pd.DataFrame, job: Job) -> None:
    at = open_page("progress", job=job.id)
    assert metric(at, "On a shelf") == (told["status"] == "success").sum()
    assert metric(at, "Failed products") == told["answer"].isna().sum()
    listed = table(open_page("jobs"), "name", "coverage", "accuracy").set_index("name").loc["recorded"]
    labelled = judged(told)
    assert listed["coverage"] == round(told["answer"].notna().mean(), 3)
    assert listed["accuracy"] == round((labelled["answer"] == labelled["expected"]).mean(), 3)
    assert (listed["n"], listed["failed"]) == (len(told), told["answer"].isna().sum())
