"""Dumps of every released schema, NNNN.sql (SQLite) and NNNN.postgresql.sql, filled by `contents`.

`python -m tests.registry.schemas.dump` writes those of the newest schema.
"""
