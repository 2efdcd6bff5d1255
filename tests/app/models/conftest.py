"""The models page is tried in a real window."""

from __future__ import annotations

from tests.app.shell.conftest import loop, session, settle, window

__all__ = ["loop", "session", "settle", "window"]
