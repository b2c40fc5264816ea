"""The bridge between an app's iframes and the sandbox's pages: the real ``atlassian-connect-js``, hosted here."""

from __future__ import annotations

from .embedding import Embedding, embed
from .package import Bridge, BridgeUnavailableError, ensure_bridge, fetch_bridge

__all__ = ["Bridge", "BridgeUnavailableError", "Embedding", "embed", "ensure_bridge", "fetch_bridge"]
