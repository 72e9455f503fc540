"""The views, one per question an analyst asks; only here is Streamlit used."""
