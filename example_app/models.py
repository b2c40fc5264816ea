"""What the app keeps besides its settings: which spaces are watched, and what is stale in them.

Every row belongs to one tenant, and every query names its client key.
"""

from datetime import date

from sqlalchemy import Date, ForeignKeyConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from .extensions import Base


class WatchedArea(Base):
    """A space, or in Jira a project, that an administrator chose to watch."""

    __tablename__ = "stale_pages_area"

    client_key: Mapped[str] = mapped_column(String(255), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    host_id: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(Text)
    loaded_on: Mapped[date | None] = mapped_column(Date)  # None: the list has to be loaded first


class StaleItem(Base):
    """A page, or in Jira an issue, of a watched area that nobody has touched for a while."""

    __tablename__ = "stale_pages_item"
    __table_args__ = (
        ForeignKeyConstraint(
            ["client_key", "area_key"], ["stale_pages_area.client_key", "stale_pages_area.key"], ondelete="CASCADE"
        ),
        Index("ix_stale_pages_item_area", "client_key", "area_key"),
    )

    client_key: Mapped[str] = mapped_column(String(255), primary_key=True)
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    area_key: Mapped[str] = mapped_column(String(255))
    title: Mapped[str] = mapped_column(Text)
    path: Mapped[str] = mapped_column(Text)  # below the tenant's base URL
    touched_on: Mapped[date] = mapped_column(Date)
