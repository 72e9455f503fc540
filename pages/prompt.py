import streamlit as st

from classifier import taxonomies
from classifier.bootstrap import services
from classifier.repair import editing
from pages.components.escaping import plain
from pages.components.prompt_bench import bench_view, preview_view
from pages.components.prompt_parts_view import edit, parts_view, version_name
from pages.components.texts import t

st.title(t("Prompt"))
st.caption(t("What a language model is told before the products. The parts below are yours; the lines that say how "
             "products come and how to answer are the program's."))  # fmt: skip
built_in = taxonomies.ensure_built_in(services())
names = {str(row["id"]): str(row["name"]) for row in services().store.taxonomies()
         if services().store.base_of(str(row["id"])) == row["id"]}  # fmt: skip
left, right = st.columns(2)
base = left.selectbox(t("Taxonomy"), list(names), index=list(names).index(built_in) if built_in in names else 0,
                      key="prompt_taxonomy", format_func=lambda i: plain(names[i], 60))  # fmt: skip
draft = editing.draft(services(), base)
known = {v.id or 0: v for v in (*([draft] if draft else []), *editing.versions(services(), base))}
version = known[right.selectbox(t("Version"), list(known), key=f"prompt_version_{base}_{len(known)}",
                                format_func=lambda i: version_name(known[i]))]  # fmt: skip
views = {"parts": t("Parts"), "preview": t("Exact request"), "bench": t("Test bench")}
view = st.segmented_control(t("View"), list(views), default="parts", required=True, key="prompt_view",
                            format_func=views.__getitem__, label_visibility="collapsed")  # fmt: skip
if view == "preview":
    preview_view(version)
elif view == "bench":
    bench_view(list(known.values()))
elif version.is_draft:
    edit(version)
else:
    parts_view(version)
