"""The app's extensions, without an app: ``create_app`` sets them up."""

from pathlib import Path

from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

from atlassian_connect import AtlassianConnect
from atlassian_connect.web.shortcut_fields import Icon


class Base(DeclarativeBase):
    # Constraints with names can be changed by later migrations, on every database.
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


# What was read stays readable after a commit, even if somebody else has deleted it meanwhile.
db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})
migrate = Migrate(directory=str(Path(__file__).parent.parent / "migrations"))
connect = AtlassianConnect(app_key="stale-pages")

ICON: Icon = {"url": "/static/icon.svg", "width": 16, "height": 16}
