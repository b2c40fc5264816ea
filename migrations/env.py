"""Alembic's environment, run by ``flask db …``: the framework's tables and the app's in one history."""

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import Connection, Engine

from atlassian_connect.tenants import metadata as connect_metadata
from atlassian_connect.tenants import render_item

db = current_app.extensions["migrate"].db
target_metadata = [connect_metadata, db.metadata]


def leave_out_empty(_context: object, _revision: object, directives: list[Any]) -> None:
    """``flask db migrate`` writes no version when nothing changed."""
    asked = getattr(context.config.cmd_opts, "autogenerate", False)
    if asked and all(operations.is_empty() for operations in directives[0].upgrade_ops_list):
        directives[:] = []


def run_migrations(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=target_metadata,
        render_item=render_item,
        process_revision_directives=leave_out_empty,
        render_as_batch=True,  # SQLite cannot change a table in place
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def run_offline(engine: Engine) -> None:
    """``flask db upgrade --sql``: write the statements instead of running them."""
    context.configure(
        url=engine.url.render_as_string(hide_password=False),
        target_metadata=target_metadata,
        literal_binds=True,
        render_as_batch=True,
    )
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    run_offline(db.engine)
else:
    with db.engine.connect() as connection:
        run_migrations(connection)
