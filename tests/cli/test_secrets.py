from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from sqlalchemy import text

from atlassian_connect import AtlassianConnect, Tenant
from atlassian_connect.errors import ConfigurationError
from atlassian_connect.tenants import new_encryption_key
from atlassian_connect.web.context import state_of

from .conftest import SECRET, Run, store_tenant


def test_new_key_is_a_key(run: Run) -> None:
    Fernet(run("secrets", "new-key").stdout.strip())


@pytest.mark.parametrize(
    "module", [["atlassian_connect.cli.new_key"], ["flask", "--app", "no_app", "connect", "secrets", "new-key"]]
)
def test_new_key_without_an_app(module: list[str], tmp_path: Path) -> None:
    """An app that has no key does not start."""
    (tmp_path / "no_app.py").write_text("raise RuntimeError('has no key')")
    root = str(Path(__file__).parents[2])
    made = subprocess.run(
        [sys.executable, "-m", *module],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": root},
    )

    Fernet(made.stdout.strip())
    assert made.stderr == ""


@pytest.mark.parametrize("keys", ["", [], ["no key"]])
def test_refusal_to_start_names_the_command_that_works_then(
    make_app: Callable[..., Flask], keys: list[str] | str
) -> None:
    with pytest.raises(ConfigurationError, match=r"python -m atlassian_connect\.cli\.new_key"):
        make_app(AtlassianConnect(), TESTING=False, ATLASSIAN_CONNECT_ENCRYPTION_KEYS=keys)


def test_rotate_encrypts_all_with_the_first_key(make_app: Callable[..., Flask], tmp_path: object) -> None:
    url = f"sqlite:///{tmp_path}/test.db"
    old, new = new_encryption_key(), new_encryption_key()
    before = make_app(AtlassianConnect(), url, ATLASSIAN_CONNECT_ENCRYPTION_KEYS=[old])
    for number in range(3):
        store_tenant(state_of(before), f"client-{number}")

    during = make_app(AtlassianConnect(), url, ATLASSIAN_CONNECT_ENCRYPTION_KEYS=[new, old])
    result = during.test_cli_runner().invoke(args=["connect", "secrets", "rotate"])

    assert "3 secrets are encrypted with the first key now." in result.output
    assert SECRET not in result.output
    after = make_app(AtlassianConnect(), url, ATLASSIAN_CONNECT_ENCRYPTION_KEYS=[new])
    with after.app_context():
        assert [t.shared_secret.reveal() for t in state_of(after).store.tenants()] == [SECRET] * 3


def test_rotate_without_the_old_key_is_one_line(run: Run, app: Flask, tenant: Tenant) -> None:
    with app.app_context():
        session = app.extensions["sqlalchemy"].session
        session.execute(text("UPDATE atlassian_connect_tenant SET shared_secret = 'gAAAA'"))
        session.commit()

    assert "lacks the key" in run("secrets", "rotate", exit_code=1).stderr
