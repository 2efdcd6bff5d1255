"""The keys that take tools in hand."""

from __future__ import annotations

from app.canvas.tools import TOOLS
from app.keymap import KEYS, Bound

KEYS.register(Bound(f"tool.{tool.name}", tool.text, tool.key) for tool in TOOLS)


def tool_key(name: str) -> str:
    """The key of a tool, portable; empty for none."""
    return KEYS.key(f"tool.{name}")


def next_by_key(key: str, present: str) -> str:
    """The tool that ``key`` takes in hand; pressed again it goes through those that share it."""
    names = [tool.name for tool in TOOLS if tool_key(tool.name) == key]
    return names[(names.index(present) + 1) % len(names)] if present in names else names[0]
