"""The database: one metadata, types that behave alike on SQLite and PostgreSQL, the transaction unit."""
