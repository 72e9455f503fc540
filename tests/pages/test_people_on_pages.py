"""What each role sees and may do on the pages, and that a hidden button cannot be pressed by other means."""

from __future__ import annotations

import ast
import json
import time
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from classifier.bootstrap import Services
from pages.components.export_route import export_result
from storage import Job
from tests.pages.conftest import Open, words
from tests.pages.signed import ROOT, claims, open_as

PAGES = ("new_job", "jobs", "progress", "overview", "costs", "export", "accuracy", "errors", "review", "fix", "prompt",
         "compare", "taxonomy", "settings")  # fmt: skip
CHANGES = {
    "jobs.": {"submit", "submit_file", "cancel", "pause", "resume", "retry_failed"},
    "reviewing.": {"correct", "confirm", "undo", "decide"},
    "editing.": {"begin", "accept", "withdraw", "reword", "publish", "discard", "go_back"},
    "auditing.": {"draw", "check"}, "rerunning.": {"start"}, "prompting.": {"bench"}, "patches.": {"import_patch"},
    "taxonomies.": {"add", "choose_assignable"}, "roles.": {"grant", "revoke"},
    "store.": {"delete", "undelete", "set_preference"},
    "": {"apply_corrections", "load_bundle", "ask_model", "check_connection", "keep_later_price"},
}  # fmt: skip


@pytest.fixture(autouse=True)
def sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANAQUEL_SIGN_IN", "1")
    monkeypatch.setenv("ANAQUEL_ADMINS", "root@x.com")


@pytest.fixture
def team(running: Services) -> Services:
    running.store.grant_role("ana@x.com", "analyst", "root@x.com")
    running.store.grant_role("@x.com", "viewer", "root@x.com")
    return running


def sample_of(owner: str | None, running: Services, job: Job) -> Job:
    """Give the sample's job an owner."""
    from sqlalchemy import update

    from storage.tables import jobs

    with running.store._write() as connection:
        connection.execute(update(jobs).where(jobs.c.id == job.id).values(owner=owner))
    return running.store.job(job.id)


@pytest.mark.parametrize("page", PAGES)
def test_no_page_says_anything_before_sign_in(team: Services, sample_job: Job, page: str) -> None:
    at = open_as(None, page, job=sample_job.id)
    assert not at.exception
    assert [b.label for b in at.button] == ["Sign in"]
    assert not at.dataframe
    assert not at.metric
    assert sample_job.name not in words(at)
    assert sample_job.id not in words(at)


@pytest.mark.parametrize("other", [{"email_verified": False}, {"iat": int(time.time()) - 13 * 3600}, {"email": ""}])
def test_a_sign_in_that_cannot_be_relied_on_opens_nothing(
    team: Services, sample_job: Job, other: dict[str, object]
) -> None:
    at = open_as("ana@x.com")
    at.user = claims("ana@x.com") | other
    at.switch_page("overview.py").run()
    assert not at.metric
    assert {b.label for b in at.button} <= {"Sign in", "Sign out"}


def test_a_person_without_a_role_gets_one_sentence(team: Services, sample_job: Job) -> None:
    at = open_as("eva@elsewhere.com", "overview", job=sample_job.id, language="es-MX")
    assert [b.label for b in at.button] == ["Salir"]
    assert "Pídaselo a quien administra" in words(at)
    assert "eva" in words(at)
    assert not at.metric


@pytest.mark.parametrize("page", PAGES)
def test_a_viewer_reads_every_page_and_finds_no_button_that_changes(team: Services, sample_job: Job, page: str) -> None:
    at = open_as("vera@x.com", page, job=sample_job.id)
    assert not at.exception
    assert at.title
    for word in ("Start", "Retry", "Try the sample", "Set the category", "Draw the sample", "Publish", "Edit in",
                 "Import", "Run both", "Delete", "Save", "Give the role"):  # fmt: skip
        assert not [b.label for b in at.button if b.label.startswith(word)]


def test_a_viewer_is_told_why_there_is_no_button(team: Services, sample_job: Job) -> None:
    for page, sentence in (("new_job", "Starting jobs needs"), ("errors", "Reviewing needs"),
                           ("prompt", "Changing taxonomies"), ("settings", "needs the role admin"),
                           ("jobs", "deleting a job needs")):  # fmt: skip
        assert sentence in words(open_as("vera@x.com", page, job=sample_job.id))


def test_an_analyst_works_under_their_verified_address(team: Services) -> None:
    at = open_as("Ana@X.com", "new_job")
    at.button[0].click().run()
    at.button(key="start").click().run()
    assert not at.exception
    job = team.store.jobs(n=1)[0]
    assert job.owner == "ana@x.com"
    assert [(act.actor, act.action) for act in team.store.activity(job_id=job.id)] == [("ana@x.com", "created")]


def test_no_name_is_typed_where_people_sign_in(team: Services, sample_job: Job) -> None:
    at = open_as("ana@x.com", "prompt")
    assert "Your name" not in [field.label for field in at.text_input]
    next(b for b in at.button if b.label == "Edit in a draft").click().run()
    assert not at.exception
    assert [edition.author for edition in [team.store.draft_edition(sample_job.taxonomy_id)] if edition] == [
        "ana@x.com"]  # fmt: skip


def test_a_hidden_action_is_refused_on_the_server_too(team: Services, sample_job: Job) -> None:
    """As a program would: the callback itself, in a session whose person may not."""

    def script() -> None:
        import streamlit as st

        from pages.components.job_actions import act

        for action in ("delete", "retry", "cancel", "pause", "resume", "undelete"):
            act(action, st.query_params["job"])
            st.text(str(st.session_state.pop("refusal", None)))

    from streamlit.testing.v1 import AppTest

    for email, sentence in (("vera@x.com", "needs the role analyst or admin."), ("ana@x.com", "This job is not yours"),
                            ("eva@elsewhere.com", "You have no role here yet")):  # fmt: skip
        at = AppTest.from_function(script, default_timeout=60)
        at.user, at.query_params["job"] = claims(email), sample_job.id
        at.run()
        told = [text.value for text in at.text]
        assert not at.exception
        assert sum(sentence in line for line in told) >= 5
    assert team.store.job(sample_job.id).deleted_at is None
    assert len(team.store.jobs()) == 1


def test_an_analyst_deletes_their_own_job_and_an_admin_everybody_s(team: Services, sample_job: Job) -> None:
    from classifier.people import Person, Role
    from pages.components.job_actions import offered

    theirs, ana = sample_of("ben@x.com", team, sample_job), Person("ana@x.com", Role.ANALYST, "ana@x.com")
    assert "delete" not in offered(theirs, ana)
    assert "delete" in offered(theirs, Person("root@x.com", Role.ADMIN, "root@x.com"))
    assert "delete" in offered(sample_of("ana@x.com", team, sample_job), ana)
    assert "delete" not in offered(sample_of(None, team, sample_job), ana)


def test_an_admin_gives_and_takes_roles_and_cannot_lose_their_own(team: Services) -> None:
    at = open_as("root@x.com", "settings")
    at.text_input(key="people_who").set_value(" Ben@Y.com ")
    at.selectbox(key="people_role").set_value("analyst")
    at.button(key="people_grant").click().run()
    assert not at.exception
    assert team.store.role_of("ben@y.com") == "analyst"
    at.text_input(key="people_who").set_value("root@x.com").run()
    at.button(key="people_grant").click().run()
    assert "Nobody changes their own role" in words(at)
    at.text_input(key="people_who").set_value("no address").run()
    at.button(key="people_grant").click().run()
    assert "for everybody there" in words(at)
    assert ("root@x.com", "role given", "ben@y.com: analyst") in [
        (act.actor, act.action, act.what) for act in team.store.activity()]  # fmt: skip


def test_a_role_that_is_taken_away_ends_an_open_page_at_its_next_step(team: Services, sample_job: Job) -> None:
    at = open_as("ana@x.com", "overview", job=sample_job.id)
    assert at.metric
    team.store.revoke_role("@x.com", "root@x.com")
    team.store.revoke_role("ana@x.com", "root@x.com")
    at.run()
    assert not at.metric
    assert "You have no role here yet" in words(at)


client = TestClient(Starlette(routes=[Route("/export/{job_id}.{form}", export_result)]))


def cookie(told: dict[str, object]) -> str:
    return create_signed_value(get_cookie_secret(), "_streamlit_user", json.dumps(told)).decode()


def test_the_export_route_gives_nothing_without_a_sign_in_of_ours(
    team: Services, sample_job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.components.auth_cookie.get_origin_from_redirect_uri", lambda: "http://here")
    ours = claims("vera@x.com") | {"origin": "http://here"}

    def status(value: str) -> int:
        headers = {"cookie": f"_streamlit_user={value}".encode("latin-1")}
        return client.get(f"/export/{sample_job.id}.csv", headers=headers).status_code

    for bad in ("", "forged", "ñ.x.y", json.dumps(ours), cookie(claims("vera@x.com")), cookie(ours | {"iat": 0}),
                cookie(ours | {"origin": "http://there"}), cookie(ours)[:-1]):  # fmt: skip
        assert status(bad) == 401
    assert client.get(f"/export/{sample_job.id}.csv").status_code == 401
    assert status(cookie(ours | {"email": "eva@elsewhere.com"})) == 403
    assert status(cookie(ours)) == 200
    assert team.store.activity(1)[0].actor == "vera@x.com"


def test_without_a_sign_in_everybody_may_everything_under_a_typed_name(
    running: Services, sample_job: Job, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANAQUEL_SIGN_IN")
    from classifier.bootstrap import services

    services.cache_clear()
    at = open_page("prompt")
    assert "Your name" in [field.label for field in at.text_input]
    assert "Sign out" not in words(at)
    assert "Nobody signs in here" in words(open_page("settings"))


def test_every_change_of_a_page_asks_the_rules_in_the_same_file() -> None:
    """Whoever adds a call that changes something must ask `must` (or job_actions.act, which does)."""
    asked = []
    for path in sorted((ROOT / "pages").rglob("*.py")):
        calls = [ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                 if isinstance(node, ast.Call)]  # fmt: skip
        changes = [call for call in calls if _is_change(call)]
        if changes and not {"must", "who.must"}.intersection(calls):
            asked.append((Path(path).name, changes))
    assert not asked


def _is_change(call: str) -> bool:
    owner, _, verb = call.rpartition(".")
    last = f"{owner.rpartition('.')[2]}." if owner else ""
    return verb in CHANGES.get(last, set())
