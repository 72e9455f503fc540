"""A client as users of the old system have them: written after its contract, with its base and nothing of ours."""

import os
import sys
import time

import requests

BASE = os.environ.get("OLD_CLIENT_BASE", "http://localhost:8000")
TEXTS = ["yogur natural", "arroz blanco", "papel higiénico", "leche entera 1 l", "detergente en polvo"]


def classify(n_products: int) -> None:
    products = [{"text": TEXTS[i % len(TEXTS)] + (f" {i}" if i > 4 else ""), "product_id": f"P{i}"}
                for i in range(n_products)]  # fmt: skip
    products[-1].pop("product_id")
    began = time.time()
    body = {"products": products, "priority": 1, "extra": True}
    answer = requests.post(f"{BASE}/classify/async", json=body, timeout=60)
    assert answer.status_code == 200, answer.text
    job = answer.json()
    assert job["status"] == "queued"
    assert job["total_products"] == n_products
    assert {"job_id", "message", "estimated_completion_time", "created_at", "status_url", "result_url"} <= set(job)
    sys.stdout.write(f"{n_products} accepted in {time.time() - began:.2f} s\n")
    status = wait(job)
    assert status["progress"] == {"current": n_products, "total": n_products, "percentage": 100.0}
    check(requests.get(BASE + job["result_url"], timeout=60).json(), products)


def wait(job: dict) -> dict:
    for _ in range(120):
        status = requests.get(BASE + job["status_url"], timeout=60).json()
        assert status["status"] in ("queued", "processing", "completed", "failed", "cancelled")
        if status["status"] == "completed":
            return status
        assert requests.get(BASE + job["result_url"], timeout=60).status_code in (200, 409)
        time.sleep(1)
    raise AssertionError("not completed")


def check(result: dict, products: list) -> None:
    assert result["total"] == len(products)
    assert result["successful"] + result["failed"] == len(products)
    cost = result["openai_cost_info"]
    if cost:
        assert isinstance(cost["usage"]["total_tokens"], int)
        assert cost["cost_usd"]["total"] >= 0
    for i, (item, product) in enumerate(zip(result["results"], products, strict=True)):
        assert item["index"] == i
        assert item["search_text"] == product["text"]
        assert item["product_id"] == product.get("product_id")
        if item["status"] == "success":
            found = item["classification"]
            assert isinstance(found["prefLabel"], str)
            assert isinstance(found["level"], int)
            assert 0 <= found["confidence"] <= 1
            assert ("product_id" in found) == ("product_id" in product)
        else:
            assert item["status"] == "failed"
            assert isinstance(item["error"], str)


if __name__ == "__main__":
    for size in sys.argv[1:] or ("3", "5", "200"):
        classify(int(size))
    sys.stdout.write("ok\n")
