"""The first shape: every table of version 0.1, with the log's triggers."""

from alembic import op

from bot.schema import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make all tables; the log's append-only triggers come with its tables."""
    metadata.create_all(op.get_bind())
