"""The framework's tables for dynamic modules: how the last sync went, and who syncs right now."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "atlassian_connect_module_sync",
        sa.Column("client_key", sa.String(255), nullable=False),
        sa.Column("synced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_key"],
            ["atlassian_connect_tenant.client_key"],
            name="fk_atlassian_connect_module_sync_client_key",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("client_key", name="pk_atlassian_connect_module_sync"),
    )
    op.create_table(
        "atlassian_connect_sync_lease",
        sa.Column("client_key", sa.String(255), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("client_key", name="pk_atlassian_connect_sync_lease"),
    )


def downgrade() -> None:
    op.drop_table("atlassian_connect_sync_lease")
    op.drop_table("atlassian_connect_module_sync")
