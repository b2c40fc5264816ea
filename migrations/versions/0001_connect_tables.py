"""The framework's tables: tenants, their settings, webhook deliveries that were handled."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "atlassian_connect_tenant",
        sa.Column("client_key", sa.String(255), nullable=False),
        sa.Column("app_key", sa.String(80), nullable=False),
        sa.Column("product", sa.String(20), nullable=False),
        sa.Column("base_url", sa.Text(), nullable=False),
        sa.Column("shared_secret", sa.Text(), nullable=False),
        sa.Column("installed", sa.Boolean(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("installed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uninstalled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("display_url", sa.Text(), nullable=True),
        sa.Column("help_center_url", sa.Text(), nullable=True),
        sa.Column("oauth_client_id", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("installation_id", sa.Text(), nullable=True),
        sa.Column("cloud_id", sa.Text(), nullable=True),
        sa.Column("entitlement_id", sa.Text(), nullable=True),
        sa.Column("entitlement_number", sa.Text(), nullable=True),
        sa.Column("superseded_by", sa.String(255), nullable=True),
        sa.PrimaryKeyConstraint("client_key", name="pk_atlassian_connect_tenant"),
    )
    op.create_index("ix_atlassian_connect_tenant_base_url", "atlassian_connect_tenant", ["base_url"])
    op.create_table(
        "atlassian_connect_tenant_setting",
        sa.Column("client_key", sa.String(255), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_key"],
            ["atlassian_connect_tenant.client_key"],
            name="fk_atlassian_connect_tenant_setting_client_key",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("client_key", "name", name="pk_atlassian_connect_tenant_setting"),
    )
    op.create_table(
        "atlassian_connect_webhook_delivery",
        sa.Column("client_key", sa.String(255), nullable=False),
        sa.Column("identifier", sa.String(255), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_key"],
            ["atlassian_connect_tenant.client_key"],
            name="fk_atlassian_connect_webhook_delivery_client_key",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("client_key", "identifier", name="pk_atlassian_connect_webhook_delivery"),
    )
    op.create_index(
        "ix_atlassian_connect_webhook_delivery_handled_at", "atlassian_connect_webhook_delivery", ["handled_at"]
    )


def downgrade() -> None:
    op.drop_table("atlassian_connect_webhook_delivery")
    op.drop_table("atlassian_connect_tenant_setting")
    op.drop_table("atlassian_connect_tenant")
