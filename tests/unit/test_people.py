"""One table says who may do what, and nobody becomes somebody by what a sign-in leaves out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.errors import ClassifierError
from classifier.identity import SIGN_IN_HOURS, NoAddress, NotSignedIn, SignIn, address_of, person_of
from classifier.people import LEAST, RANK, SENTENCES, Act, NotPermitted, Person, Role, cleaned, lesser, role_named

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
roles = st.none() | st.sampled_from(Role)
acts = st.sampled_from(Act)


def claims(**other: Any) -> dict[str, Any]:
    return {"is_logged_in": True, "email": "Ana@Example.com", "email_verified": True,
            "iat": int(NOW.timestamp()) - 60} | other  # fmt: skip


def test_every_act_has_a_least_role_and_a_sentence() -> None:
    assert set(LEAST) == set(SENTENCES) == set(Act)


@given(acts, st.sampled_from(Role), st.sampled_from(Role))
def test_a_greater_role_may_all_that_a_lesser_one_may(act: Act, one: Role, other: Role) -> None:
    small, great = sorted((one, other), key=RANK.__getitem__)
    assert not Person("x", small).may(act) or Person("x", great).may(act)


@given(acts)
def test_who_has_no_role_may_nothing_and_is_told_to_ask_for_one(act: Act) -> None:
    with pytest.raises(NotPermitted, match="ask an administrator"):
        Person("x", None, "x").must(act)


@pytest.mark.parametrize(("role", "may"), [
    (Role.VIEWER, {Act.READ, Act.EXPORT}),
    (Role.ANALYST, {Act.READ, Act.EXPORT, Act.START, Act.REVIEW, Act.EDIT, Act.STEER}),
    (Role.ADMIN, set(Act)),
])  # fmt: skip
def test_the_roles_are_what_the_operations_guide_says(role: Role, may: set[Act]) -> None:
    assert {act for act in Act if Person("x", role).may(act)} == may


@given(roles, acts)
def test_must_refuses_exactly_what_may_denies(role: Role | None, act: Act) -> None:
    person = Person("x", role)
    if person.may(act):
        person.must(act)
    else:
        with pytest.raises(NotPermitted):
            person.must(act)


@given(roles, st.none() | st.sampled_from(["ana", "ben"]), st.none() | st.sampled_from(["ana", "ben"]))
def test_a_job_is_steered_by_its_owner_and_by_admins(role: Role | None, owner: str | None, of: str | None) -> None:
    person = Person("x", role, owner)
    is_mine = owner is not None and owner == of
    wanted = role is Role.ADMIN or (role is Role.ANALYST and is_mine)
    assert person.may(person.steering(of)) == wanted


@given(roles, roles, acts)
def test_the_lesser_of_two_roles_allows_what_both_allow(one: Role | None, other: Role | None, act: Act) -> None:
    both = Person("x", one).may(act) and Person("x", other).may(act)
    assert Person("x", lesser(one, other)).may(act) == both


@given(st.text())
def test_a_name_that_is_no_role_is_none(name: str) -> None:
    assert role_named(name) in ({Role(name)} if name in set(Role) else {None})


@pytest.mark.parametrize("who", [
    "", "ana", "@", "a@b@c.com", "ana @x.com", "ana@x", "@com", "a@x.com\0", "a@\u200bx.com", "x" * 255 + "@x.com",
    "ana@x.com, ben@x.com", "@x.com@y.com",
])  # fmt: skip
def test_what_is_no_address_and_no_domain_is_refused(who: str) -> None:
    with pytest.raises(ClassifierError, match="e-mail address"):
        cleaned(who)


def test_addresses_and_domains_are_kept_in_lower_case() -> None:
    assert cleaned("  Ana@Example.COM ") == "ana@example.com"
    assert cleaned("@Example.com") == "@example.com"


def test_the_verified_address_names_the_person() -> None:
    assert address_of(claims(), NOW) == "ana@example.com"
    assert address_of(claims(email_verified="true"), NOW) == "ana@example.com"


@pytest.mark.parametrize("other", [
    {"is_logged_in": False}, {"is_logged_in": "yes"}, {"iat": None}, {"iat": "now"}, {"iat": float("nan")},
    {"iat": int((NOW - timedelta(hours=SIGN_IN_HOURS, seconds=1)).timestamp())},
    {"iat": int((NOW + timedelta(hours=1)).timestamp())},
])  # fmt: skip
def test_a_sign_in_that_is_missing_or_too_old_is_none(other: dict[str, Any]) -> None:
    with pytest.raises(NotSignedIn):
        address_of(claims(**other), NOW)
    with pytest.raises(NotSignedIn):
        address_of({}, NOW)


@pytest.mark.parametrize("other", [
    {"email_verified": False}, {"email_verified": "false"}, {"email_verified": None}, {"email": ""}, {"email": None},
    {"email": "ana"}, {"email": "@example.com"}, {"email": ["ana@example.com"]}, {"email": "a@b@example.com"},
])  # fmt: skip
def test_an_address_that_nobody_verified_names_nobody(other: dict[str, Any]) -> None:
    with pytest.raises(NoAddress):
        address_of(claims(**other), NOW)


def test_an_address_without_a_word_on_verification_counts_only_where_the_installation_trusts_it() -> None:
    silent = claims()
    del silent["email_verified"]
    with pytest.raises(NoAddress):
        address_of(silent, NOW)
    assert address_of(silent, NOW, trusts_email=True) == "ana@example.com"
    with pytest.raises(NoAddress):
        address_of(claims(email_verified=False), NOW, trusts_email=True)


def test_the_environment_s_admins_are_admins_whatever_the_table_says() -> None:
    settings = SignIn.from_env({"ANAQUEL_SIGN_IN": "1", "ANAQUEL_ADMINS": "Ana@x.com, @ops.x.com"})
    assert settings.is_on
    for email in ("ana@x.com", "eva@ops.x.com"):
        assert person_of(email, settings, lambda _: "viewer").role is Role.ADMIN
    assert person_of("ben@x.com", settings, lambda _: "viewer") == Person("ben@x.com", Role.VIEWER, "ben@x.com")
    assert person_of("ben@x.com", settings, lambda _: None).role is None
    assert person_of("ben@x.com", settings, lambda _: "emperor").role is None


@pytest.mark.parametrize("env", [{"ANAQUEL_ADMINS": "ana"}, {"ANAQUEL_SIGN_IN": "yes"}, {"ANAQUEL_TRUST_EMAIL": "on"}])
def test_a_setting_that_cannot_be_read_stops_the_start_with_a_sentence(env: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="ANAQUEL_"):
        SignIn.from_env(env)
