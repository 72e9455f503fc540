"""Roles of people and domains, and what they do to API tokens, on SQLite and on PostgreSQL."""

from __future__ import annotations

from storage import Store


def test_a_person_s_own_role_goes_before_that_of_the_domain(store: Store) -> None:
    store.grant_role("@x.com", "viewer", "cli")
    store.grant_role("ana@x.com", "analyst", "cli")
    assert (store.role_of("ana@x.com"), store.role_of("ben@x.com"), store.role_of("ben@y.com")) == (
        "analyst", "viewer", None)  # fmt: skip
    assert store.role_of("@x.com") == "viewer"
    assert [row.who for row in store.roles()] == ["ana@x.com", "@x.com"]


def test_a_role_that_is_given_again_takes_the_place_of_the_first(store: Store) -> None:
    store.grant_role("ana@x.com", "viewer", "cli")
    store.grant_role("ana@x.com", "admin", "eva@x.com")
    [row] = store.roles()
    assert (row.role, row.granted_by) == ("admin", "eva@x.com")


def test_who_loses_the_role_loses_the_tokens_too(store: Store) -> None:
    store.grant_role("ana@x.com", "analyst", "cli")
    store.add_token("1", "n", "ana@x.com", "hash", "viewer", "cli")
    store.add_token("2", "n", "shop", "other", actor="cli")
    book = store.token_book()
    assert (book.roles, book.people) == ({"hash": "viewer", "other": "analyst"}, {"ana@x.com": "analyst"})
    assert store.revoke_role("ana@x.com", "eva")
    assert store.role_of("ana@x.com") is None
    assert store.token_book().owners == {"other": "shop"}
    assert not store.revoke_role("ana@x.com", "eva")


def test_roles_settings_and_reviews_stand_in_the_log_with_who_changed_them(store: Store) -> None:
    store.grant_role("ana@x.com", "analyst", "eva@x.com")
    store.revoke_role("ana@x.com", "eva@x.com")
    store.set_preference("retention_days", 30, "eva@x.com")
    store.set_preference("cache", 1)
    told = [(act.actor, act.action, act.what) for act in reversed(store.activity())]
    assert told == [("eva@x.com", "role given", "ana@x.com: analyst"),
                    ("eva@x.com", "role taken", "ana@x.com, and 0 API tokens"),
                    ("eva@x.com", "setting changed", "retention_days: 30")]  # fmt: skip
