"""Engines: a batch of products and a taxonomy in, an outcome for each product out."""
