"""``make run`` with what is no port."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from example_app.__main__ import main


@pytest.mark.parametrize("option", ["--port", "--sandbox-port"])
@pytest.mark.parametrize("port", ["0", "65536", "-1", "http"])
def test_what_is_no_port_is_refused_before_anything_starts(option: str, port: str):
    result = CliRunner().invoke(main, ["--once", option, port])

    assert result.exit_code == 2
    assert f"Invalid value for '{option}'" in result.output
