"""Tokens: who may come in, and whose jobs they see."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests

from tests.served import Served, served

PAN = [{"text": "pan"}]
PATHS = ("/classify/status/x", "/classify/result/x", "/classify/events/x", "/jobs", "/metrics")


@dataclass(frozen=True)
class Guarded:
    server: Served
    ana: dict[str, str]
    ben: dict[str, str]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    with served(tmp_path_factory.mktemp("guarded") / "home") as server:
        yield Guarded(server, _token(server, "ana"), _token(server, "ben"))


def _token(server: Served, owner: str, *more: str) -> dict[str, str]:
    made = server.cli("token", "create", "--owner", owner, "--name", "test", *more)
    assert made.returncode == 0, made.stderr
    time.sleep(1.2)  # the server looks every second
    return {"Authorization": f"Bearer {made.stdout.decode().strip()}"}


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Bearer anq_wrong", "Basic YTpi", "anq_x", "Bearer " + "x" * 5_000]
)
def test_a_bad_token_is_401_on_every_route_but_health(guarded: Guarded, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    for path in PATHS:
        answer = guarded.server.get(path, headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert guarded.server.post("/classify/async", json={"products": PAN}, headers=headers).status_code == 401
    for verb in ("cancel", "pause", "resume", "retry"):
        assert guarded.server.post(f"/classify/{verb}/x", headers=headers).status_code == 401
    assert requests.delete(guarded.server.base + "/jobs/x", headers=headers, timeout=60).status_code == 401
    assert guarded.server.get("/healthz").status_code == guarded.server.get("/readyz").status_code == 200


def test_another_owners_job_is_not_there(guarded: Guarded) -> None:
    server = guarded.server
    job_id = server.submit(PAN, headers=guarded.ana)
    assert server.wait(job_id, headers=guarded.ana)["status"] == "completed"
    for path in ("status", "result", "events"):
        answer = server.get(f"/classify/{path}/{job_id}", headers=guarded.ben)
        assert answer.status_code == 404
        assert answer.json() == server.get(f"/classify/{path}/{job_id}", headers=guarded.ben).json()
    for verb in ("cancel", "pause", "resume", "retry"):
        assert server.post(f"/classify/{verb}/{job_id}", headers=guarded.ben).status_code == 404
    assert requests.delete(f"{server.base}/jobs/{job_id}", headers=guarded.ben, timeout=60).status_code == 404
    assert [job["job_id"] for job in server.get("/jobs", headers=guarded.ana).json()["jobs"]] == [job_id]
    assert server.get("/jobs", headers=guarded.ben).json()["jobs"] == []


def test_two_owners_may_use_the_same_idempotency_key(guarded: Guarded) -> None:
    key = {"Idempotency-Key": "shared"}
    first, second = (guarded.server.submit(PAN, headers=owner | key) for owner in (guarded.ana, guarded.ben))
    assert first != second


def test_only_the_hash_of_a_token_is_kept(guarded: Guarded) -> None:
    secret = guarded.ana["Authorization"].removeprefix("Bearer ")
    record = sqlite3.connect(guarded.server.home / "anaquel.db")
    assert secret not in "\n".join(record.iterdump())
    record.close()
    assert secret not in (guarded.server.home / "server.log").read_text()
    assert secret not in guarded.server.cli("token", "list", "--json").stdout.decode()


def test_a_revoked_token_is_refused_and_its_jobs_stay(guarded: Guarded) -> None:
    server = guarded.server
    token = _token(server, "carla")
    server.submit(PAN, headers=token)
    listed = [line.split() for line in server.cli("token", "list").stdout.decode().splitlines()]
    carla = next(line[0] for line in listed if line[1] == "carla")
    assert server.cli("token", "revoke", carla).returncode == 0
    time.sleep(1.2)
    assert server.get("/jobs", headers=token).status_code == 401
    assert server.cli("token", "revoke", carla).returncode == 2
    assert len(server.get("/jobs", headers=_token(server, "carla")).json()["jobs"]) == 1


def test_a_viewer_s_token_reads_and_exports_and_changes_nothing(guarded: Guarded) -> None:
    server = guarded.server
    job_id = server.submit(PAN, headers=_token(server, "vera"))
    viewer = _token(server, "vera", "--role", "viewer")
    assert server.wait(job_id, headers=viewer)["status"] == "completed"
    for path in (f"/classify/result/{job_id}", "/jobs", "/metrics"):
        assert server.get(path, headers=viewer).status_code == 200
    assert server.post("/classify/async", json={"products": PAN}, headers=viewer).status_code == 403
    for verb in ("cancel", "pause", "resume", "retry"):
        assert server.post(f"/classify/{verb}/{job_id}", headers=viewer).status_code == 403
    assert server.post("/jobs/bundle", data=b"PK", headers=viewer).status_code == 403
    assert server.post(f"/jobs/{job_id}/corrections", data=b"a,b", headers=viewer).status_code == 403
    refused = requests.delete(f"{server.base}/jobs/{job_id}", headers=viewer, timeout=60)
    assert (refused.status_code, "rol analyst" in refused.json()["detail"]) == (403, True)
    assert server.cli("token", "create", "--owner", "vera", "--role", "admin").returncode == 2


def test_a_token_may_never_more_than_the_person_who_owns_it(guarded: Guarded) -> None:
    server, token = guarded.server, _token(guarded.server, "ines@x.com")
    assert server.post("/classify/async", json={"products": PAN}, headers=token).status_code == 200
    assert server.cli("people", "grant", "@x.com", "viewer").returncode == 0
    time.sleep(1.2)
    assert server.post("/classify/async", json={"products": PAN}, headers=token).status_code == 403
    assert server.cli("people", "grant", "ines@x.com", "analyst").returncode == 0
    time.sleep(1.2)
    assert server.post("/classify/async", json={"products": PAN}, headers=token).status_code == 200
    assert server.cli("people", "revoke", "Ines@X.com").returncode == 0
    time.sleep(1.2)
    assert server.get("/jobs", headers=token).status_code == 401
    assert server.cli("people", "revoke", "ines@x.com").returncode == 2
    assert b"@x.com  viewer" in server.cli("people", "list").stdout
    assert server.cli("people", "grant", "ines", "viewer").returncode == 2
    assert server.cli("people", "grant", "ines@x.com", "boss").returncode == 2


def test_where_people_sign_in_programs_need_a_token_from_the_first_one_on(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    told = {"REDIRECT_URI": "http://127.0.0.1/oauth2callback", "COOKIE_SECRET": "c" * 40, "CLIENT_ID": "a",
            "CLIENT_SECRET": "b", "SERVER_METADATA_URL": "http://127.0.0.1:9/"}  # fmt: skip
    env = {f"ANAQUEL_OIDC_{name}": value for name, value in told.items()}
    with served(tmp_path_factory.mktemp("signed") / "home", **env) as server:
        assert server.get("/jobs").status_code == 401
        assert server.get("/healthz").status_code == 200
