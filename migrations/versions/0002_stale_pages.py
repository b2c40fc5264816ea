"""The tables of example_app: watched areas, and what is stale in them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stale_pages_area",
        sa.Column("client_key", sa.String(255), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("host_id", sa.String(40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("loaded_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("client_key", "key", name="pk_stale_pages_area"),
    )
    op.create_table(
        "stale_pages_item",
        sa.Column("client_key", sa.String(255), nullable=False),
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("area_key", sa.String(255), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("touched_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_key", "area_key"],
            ["stale_pages_area.client_key", "stale_pages_area.key"],
            name="fk_stale_pages_item_client_key_stale_pages_area",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("client_key", "id", name="pk_stale_pages_item"),
    )
    op.create_index("ix_stale_pages_item_area", "stale_pages_item", ["client_key", "area_key"])


def downgrade() -> None:
    op.drop_table("stale_pages_item")
    op.drop_table("stale_pages_area")
