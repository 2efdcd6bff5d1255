"""The window of the shell's tests."""

from tests.app.shell.conftest import loop, session, settle, window

__all__ = ["loop", "session", "settle", "window"]
