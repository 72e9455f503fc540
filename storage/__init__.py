"""The record: SQLite or PostgreSQL; knows no vendor and no face."""
