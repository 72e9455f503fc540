"""What an analyst chooses for a new job: taxonomy, engine and its settings."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pandas as pd
import streamlit as st

from classifier.bootstrap import services
from classifier.category_names import CategoryNames
from classifier.engines.local_options import LocalOptions
from classifier.jobs import Submission
from classifier.pricing import Price, find_price
from classifier.products.product import shown
from classifier.taxonomy_choice import find_taxonomy
from pages.components.draft import Draft
from pages.components.escaping import plain
from pages.components.formats import number
from pages.components.local_settings import local_settings
from pages.components.paid_choices import enter_price, paid_choices
from pages.components.taxonomy_view import edition_marks
from pages.components.texts import LANGUAGES, language, t

N_UNKNOWN = 200  # expected categories that a table shows
MODELS = ("gpt-4o-mini", "gpt-4.1-mini", "gpt-4.1-nano", "gpt-5-mini", "gpt-5-nano", "gpt-4o", "gpt-4.1")


@dataclass
class Choices:
    """What was chosen. price: found or entered; None while it is not known."""

    name: str
    taxonomy_id: str
    engine: str
    language: str
    priority: int
    model: str | None = None
    batch_size: int = 25
    budget_usd: Decimal | None = None
    price: Price | None = None
    prices: dict[str, str] | None = None
    local: LocalOptions = field(default_factory=LocalOptions)
    reuse: bool = True
    stronger_prices: dict[str, str] | None = None
    extra: dict[str, Any] = field(default_factory=dict)  # further settings of the engine

    def submission(self, estimate: dict[str, Any] | None) -> Submission:
        """Give what is submitted."""
        return Submission(
            name=self.name, taxonomy_id=self.taxonomy_id, engine=self.engine, model=self.model,
            options=self.extra | {"batch_size": self.batch_size} if self.engine == "openai" else self.local.to_record(),
            language=self.language, priority=self.priority, budget_usd=self.budget_usd, prices=self.prices,
            estimate=estimate, reuse=self.reuse, stronger_prices=self.stronger_prices,
        )  # fmt: skip


def job_form(draft: Draft) -> Choices | None:
    """Draw the form; None while something needed is missing."""
    first, second = st.columns(2, gap="large")
    with first:
        name = st.text_input(t("Name of the job"), draft.name, max_chars=80, key="job_name") or draft.name
        taxonomy_id = _taxonomy(draft)
        tongue = st.segmented_control(
            t("Language of the products"), list(LANGUAGES), default="es", required=True,
            format_func=LANGUAGES.__getitem__, key="job_language",
        )  # fmt: skip
        priority = st.segmented_control(
            t("Priority"), [1, 2, 3, 4, 5], default=1, required=True, key="job_priority",
            help=t("5 goes before 1 when several jobs run."),
        )  # fmt: skip
    with second:
        engine = _engine()
        choices = Choices(name, taxonomy_id, engine or "", tongue or "es", priority or 1)
        if engine == "openai":
            _openai(choices)
        elif engine == "local":
            choices.local = local_settings(taxonomy_id, choices.language)
    if engine == "openai":
        _openai_in_full(choices)
    return choices if engine else None


def _taxonomy(draft: Draft) -> str:
    usual, marks = find_taxonomy(services(), None), edition_marks()
    versions = {str(row["id"]): row for row in services().store.taxonomies()}
    ids = list(versions)
    taxonomy_id = st.selectbox(
        t("Taxonomy"), ids, index=ids.index(usual) if usual in versions else 0, key="job_taxonomy",
        format_func=lambda i: f"{plain(versions[i]['name'])} · {number(versions[i]['n_concepts'])}{marks.get(i, '')}"
                              f" · {i[:6]}",
    )  # fmt: skip
    if draft.labels:
        _labels(draft, taxonomy_id)
    return str(taxonomy_id)


def _labels(draft: Draft, taxonomy_id: str) -> None:
    taxonomy = services().builder.taxonomy(taxonomy_id)
    names = CategoryNames(taxonomy)
    n_all = sum(draft.labels.values())
    unknown = Counter({label: n for label, n in draft.labels.items() if names.match(label) is None})
    if not unknown:
        st.caption(t("All {n} expected categories are in this taxonomy.", n=number(n_all)))
        return
    st.warning(t("Only {k} of {n} expected categories are in this taxonomy; the others count as not labelled.",
                 k=number(n_all - unknown.total()), n=number(n_all)))  # fmt: skip
    rows = []
    for label, n in unknown.most_common(N_UNKNOWN):
        near = names.nearest(label)
        place = taxonomy.path_label(near, language()) if near is not None and near in taxonomy.concepts else None
        rows.append({"label": shown(label), "n": n, "near": place, "code": near})
    with st.expander(t("Expected categories that are not in it, with the nearest one"), icon=":material/help:"):
        st.dataframe(pd.DataFrame(rows), hide_index=True, placeholder="–", column_config={
            "label": st.column_config.TextColumn(t("In the file")),
            "n": st.column_config.NumberColumn(t("Rows"), width="small"),
            "near": st.column_config.TextColumn(t("Nearest category")),
            "code": st.column_config.TextColumn(t("Its code"), width="small"),
        })  # fmt: skip


def _engine() -> str | None:
    has_key = bool(services().settings.openai_api_key)
    names = {"local": t("Embedded: free, no key, nothing leaves this machine"),
             "openai": t("OpenAI or a service like it: needs a key, costs money")}  # fmt: skip
    engine = st.radio(
        t("Engine"), list(names), index=1 if has_key else 0, format_func=names.__getitem__, key="job_engine"
    )
    if engine == "openai" and not has_key:
        st.warning(t("There is no key yet. Set OPENAI_API_KEY in the environment of the server, or in "
                     ".streamlit/secrets.toml, and restart it."), icon=":material/key_off:")  # fmt: skip
        return None
    return engine


def _openai(choices: Choices) -> None:
    choices.model = st.selectbox(t("Model"), MODELS, accept_new_options=True, key="job_model",
                                 help=t("Choose one or type another name."))  # fmt: skip
    budget = st.number_input(t("Budget in USD (optional)"), 0.0, value=None, step=0.5, key="job_budget",
                             placeholder=t("No limit"), help=t("The job pauses before it is passed."))  # fmt: skip
    choices.budget_usd = Decimal(str(budget)) if budget else None


def _openai_in_full(choices: Choices) -> None:
    """Draw what needs the page's whole width."""
    on, base_url = datetime.now(UTC).date(), services().builder.base_url()
    choices.price = find_price(choices.model or "", on, base_url)
    if choices.price is None and (price := enter_price("price", choices.model or "")):
        choices.price, choices.prices = price, price.to_record()
    told = paid_choices(choices.model or "", MODELS)
    choices.batch_size, choices.extra = told.batch_size, told.options
    choices.reuse, choices.stronger_prices = told.reuse, told.stronger_prices
