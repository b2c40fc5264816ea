from __future__ import annotations

from collections.abc import Iterator

import pytest

from atlassian_connect.client import HostClient, Transport
from atlassian_connect.tenants.tenant import Tenant

from .hosts import CLOUD, Host, ServedHost, VirtualTime, make_tenant


@pytest.fixture
def transport() -> Iterator[Transport]:
    transport = Transport()
    yield transport
    transport.close()


@pytest.fixture
def clock() -> VirtualTime:
    return VirtualTime()


@pytest.fixture
def served() -> Iterator[ServedHost]:
    """A host on a real socket."""
    with ServedHost() as host:
        yield host


@pytest.fixture
def served_tenant(served: ServedHost) -> Tenant:
    return make_tenant(f"{served.origin}/wiki")


@pytest.fixture
def served_client(served_tenant: Tenant, transport: Transport, clock: VirtualTime) -> HostClient:
    return HostClient(served_tenant, transport=transport, timeout=(2, 5), retry_policy=clock.policy())


@pytest.fixture
def cloud(transport: Transport) -> Host:
    """https://example.atlassian.net, in this process."""
    host = Host()
    transport.mount(CLOUD, host)
    return host


@pytest.fixture
def tenant(cloud: Host) -> Tenant:
    return make_tenant(f"{CLOUD}/wiki")


@pytest.fixture
def client(tenant: Tenant, transport: Transport, clock: VirtualTime) -> HostClient:
    """Time stands still, and waiting moves it."""
    return HostClient(tenant, transport=transport, clock=clock, retry_policy=clock.policy())
