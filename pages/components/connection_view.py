"""The connection to the paid service: its address, whether there is a key, and a test of both."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import streamlit as st

from classifier.bootstrap import services
from classifier.build import EngineUnavailable
from classifier.engines.openai_check import ConnectionReport, check_connection
from classifier.people import Act, NotPermitted
from classifier.settings import DEFAULT_BASE_URL
from pages.components.escaping import safe
from pages.components.formats import duration, number, usd
from pages.components.job_form import MODELS
from pages.components.person import allowed, must
from pages.components.texts import t, told

PREFERENCE = "openai_base_url"


def address() -> None:
    """Draw the service's address; the environment's cannot be changed here, nor by who is no administrator."""
    settings, store = services().settings, services().store
    locked = settings.openai_base_url is not None or not allowed(Act.ADMINISTER)
    url = st.text_input(
        t("Address of the service (base URL)"), settings.openai_base_url or store.preference(PREFERENCE) or "",
        placeholder=DEFAULT_BASE_URL, disabled=locked, key="base_url", max_chars=300,
        help=t("Any service that speaks OpenAI's chat completions: OpenAI, Azure, vLLM, Ollama and others."),
    )  # fmt: skip
    if settings.openai_base_url is not None:
        st.caption(t("Set by OPENAI_BASE_URL in the environment of the server."))
    if locked:
        return
    told_url = (url or "").strip()
    if told_url == (store.preference(PREFERENCE) or ""):
        return
    if problem := address_problem(told_url):
        st.warning(problem)
    elif st.button(t("Save the address"), icon=":material/save:"):
        store.set_preference(PREFERENCE, told_url or None, must(Act.ADMINISTER).name)
        st.toast(t("Saved. New jobs use it."), icon=":material/check:")


def address_problem(url: str) -> str | None:
    """Say what is wrong with an address; None when it can be used ("" is OpenAI's own)."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return t("That is no address.")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return t("An address begins with https:// (or http:// on your own network).")
    if parts.username or parts.password or parts.fragment or parse_qs(parts.query).keys() - {"api-version"}:
        return t("An address holds no name or password, and behind a question mark only Azure's api-version: keys "
                 "belong in the environment.")  # fmt: skip
    return None


def key_state() -> bool:
    """Say whether there is a key, never which."""
    has_key = bool(services().settings.openai_api_key)
    if has_key:
        st.badge(t("A key is set"), icon=":material/key:", color="green")
    else:
        st.badge(t("No key is set"), icon=":material/key_off:", color="gray")
        st.caption(t("Set OPENAI_API_KEY in the environment of the server, or in .streamlit/secrets.toml, and restart "
                     "it. The key is never stored or shown here."))  # fmt: skip
    return has_key


def test_connection() -> None:
    """Draw the test; it asks for one product and may cost a small fraction of a cent."""
    if not allowed(Act.START):
        return
    model = st.selectbox(t("Model"), MODELS, accept_new_options=True, key="test_model", width=320)
    if not st.button(t("Test the connection"), icon=":material/network_check:"):
        return
    try:
        must(Act.START)
        with st.spinner(t("Asking for one product…")):
            report = asyncio.run(check_connection(services().builder.credentials(), model or MODELS[0]))
    except (EngineUnavailable, NotPermitted) as error:
        st.warning(safe(told(str(error)), 500))
        return
    _result(report)


def _result(report: ConnectionReport) -> None:
    if report.works:
        st.success(t("It works: {model} answered in {time}.", model=safe(report.answering_model or report.model),
                     time=duration(report.latency_s)))  # fmt: skip
    else:
        st.error(safe(told(report.problem or ""), 500), title=t("No answer could be used"))
    cost = t("unknown") if report.cost_usd is None else usd(report.cost_usd)
    n_tokens = report.usage.input_tokens + report.usage.output_tokens
    st.caption(t("{n} calls, {tokens} tokens, cost: {cost}.", n=number(report.n_calls), tokens=number(n_tokens),
                 cost=safe(cost)))  # fmt: skip
    _findings(report)
    rows = [{"mode": m.mode, "works": m.works, "message": told(m.message)} for m in report.modes]
    st.dataframe(
        pd.DataFrame(rows, columns=["mode", "works", "message"]),
        hide_index=True,
        alt=t("Ways of asking, and what came"),
        column_config={
            "mode": t("Way of asking"),
            "works": st.column_config.CheckboxColumn(t("Works"), width=80),
            "message": st.column_config.TextColumn(t("What came"), width="large"),
        },
    )
    if report.models:
        with st.expander(t("Models that this key may use: {n}", n=number(len(report.models)))):
            st.text("\n".join(report.models))


def _findings(report: ConnectionReport) -> None:
    """Say what was found out beside the ways of asking."""
    requests, tokens = report.requests_a_minute, report.tokens_a_minute
    if requests and tokens:
        st.caption(t("Its limits: {n} requests and {tokens} tokens a minute.", n=number(int(requests.limit)),
                     tokens=number(int(tokens.limit))))  # fmt: skip
    elif requests:
        st.caption(t("Its limit: {n} requests a minute.", n=number(int(requests.limit))))
    if report.dropped:
        st.caption(t("Settings that it does not know are left out: {names}.", names=safe(", ".join(report.dropped))))
    if report.usage.reasoning_tokens:
        st.caption(t("The model reasons before it answers: {n} of the tokens went into that.",
                     n=number(report.usage.reasoning_tokens)))  # fmt: skip
