"""Writes the next revision from what the tables have become: ``python -m bot.migrations.new "what changed"``.

``python -m bot.migrations.new --founding`` writes the first revision anew; only until a version is released.
What is written is a draft: run ``ruff format`` on it, read it, and mind what Alembic cannot see: triggers, data, and
that SQLite rebuilds a table to change it, which loses its triggers.  There is no way down: a copy of the database is.
"""

import sys
from pathlib import Path
from typing import Any, Literal

from alembic import command
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

from bot.audit.tables import APPEND_ONLY
from bot.db.types import Utc
from bot.migrations import VERSIONS, head
from bot.migrations.upgrading import config_for
from bot.schema import metadata

FOUNDING = "0001"
HEAD = '''"""{message}."""

import sqlalchemy as sa
from alembic import op

{lint}revision = {revision!r}
down_revision = {down!r}
{before}

def upgrade() -> None:
    """Make it so."""
{body}
'''
LINT = "# A list of tables has no branches, and a statement is read best on one line.\n# ruff: noqa: E501, PLR0915\n\n"
TRIGGERS = """
    for statement in APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)"""


def plain_types(kind: str, value: Any, _context: Any) -> str | Literal[False]:
    """Our own column types by what they are in the database: a revision outlives the code it was written beside."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(value, Utc) else False


def operations(*, founding: bool) -> str:
    """The code that leads from the chain as it is (or from nothing) to the tables as they are; empty: nothing does."""
    with create_engine("sqlite://").begin() as connection:
        if not founding:
            command.upgrade(config_for(connection), "head")
        context = MigrationContext.configure(connection, opts={"compare_type": True, "target_metadata": metadata})
        script = produce_migrations(context, metadata)
        if script.upgrade_ops is None or script.upgrade_ops.is_empty():
            return ""
        return render_python_code(
            script.upgrade_ops, render_item=plain_types, render_as_batch=not founding, migration_context=context
        )


def write(message: str, *, founding: bool = False) -> Path | None:
    """Write the file and return where it is; None if there is nothing to do."""
    body = operations(founding=founding)
    if not body:
        return None
    down = None if founding else head()
    revision = FOUNDING if founding else f"{int(head()) + 1:04}"
    before = _literal(APPEND_ONLY) if founding else ""
    path = VERSIONS / (f"{FOUNDING}_founding.py" if founding else f"{revision}_{'_'.join(message.lower().split())}.py")
    lines = [line.replace(", unique=False", "") for line in body.splitlines() if not line.strip().startswith("# ###")]
    body = "    " + "\n".join(lines).strip() + (TRIGGERS if founding else "")
    text = HEAD.format(
        message=message, revision=revision, down=down, before=before, body=body, lint=LINT if founding else ""
    )
    path.write_text(text, encoding="utf-8")
    return path


def _literal(statements: Any) -> str:
    """The log's triggers as they are now, as source: this revision keeps them whatever becomes of the code."""
    lines = ["", "APPEND_ONLY = {"]
    for dialect, some in statements.items():
        once = dict.fromkeys(some)
        lines += [f"    {dialect!r}: (", *(f"        {statement!r}," for statement in once), "    ),"]
    return "\n".join([*lines, "}"]) + "\n"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit('say what changed: python -m bot.migrations.new "what changed"')
    founded = sys.argv[1] == "--founding"
    path = write(
        "The first shape of the database, with the log's triggers" if founded else sys.argv[1], founding=founded
    )
    sys.exit(0 if path else "The tables are as the last revision left them.")
