"""Progress as server-sent events."""

from __future__ import annotations

import json
from typing import Any

from tests.served import Served


def read(server: Served, job_id: str, last: str | None = None, n: int = 10_000) -> list[dict[str, Any]]:
    headers = {"last-event-id": last} if last else {}
    events: list[dict[str, Any]] = []
    current: dict[str, Any] = {}
    with server.get(f"/classify/events/{job_id}", headers=headers, stream=True) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        for line in answer.iter_lines(decode_unicode=True):
            name, _, value = line.partition(": ")
            if line and name in ("id", "event", "data"):
                current[name] = value
            elif not line and current:
                events.append(current)
                current = {}
                if len(events) == n:
                    break
    return events


def test_a_reader_sees_history_progress_and_one_end(server: Served) -> None:
    events = read(server, server.submit([{"text": f"pan {i}"} for i in range(2_000)]))
    assert [e["event"] for e in events].count("end") == 1
    assert events[-1]["event"] == "end"
    assert json.loads(events[-1]["data"])["status"] == "completed"
    kinds = [json.loads(e["data"])["kind"] for e in events if e["event"] == "history"]
    assert kinds[:2] == ["created", "queued"]
    done = [json.loads(e["data"])["progress"]["current"] for e in events
            if e["event"] == "progress" and json.loads(e["data"])["progress"]]  # fmt: skip
    assert done == sorted(done)


def test_a_reader_that_comes_back_gets_what_it_missed_and_nothing_twice(server: Served) -> None:
    job_id = server.submit([{"text": f"leche {i}"} for i in range(2_000)])
    first = read(server, job_id, n=2)
    rest = read(server, job_id, last=first[-1]["id"])
    history = [e["id"] for e in (*first, *rest) if e["event"] == "history"]
    assert len(history) == len(set(history))
    assert rest[-1]["event"] == "end"
    over = server.get(f"/classify/events/{job_id}", headers={"last-event-id": rest[-1]["id"]})
    assert over.status_code == 204


def test_a_strange_last_event_id_starts_from_the_beginning(server: Served) -> None:
    job_id = server.submit([{"text": "pan"}])
    server.wait(job_id)
    for told in ("x", "-1.5.9", "9" * 400, "' OR 1=1"):
        assert read(server, job_id, last=told)[-1]["event"] == "end"
