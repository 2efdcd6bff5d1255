"""The keys that the stage listens to while it has the focus."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QKeySequence

from app.canvas.candidate_keys import candidate_holds, candidate_keys
from app.canvas.layer_keys import layer_keys
from app.canvas.tool_keys import next_by_key, tool_key
from app.canvas.tools import TOOLS
from app.keymap import KEYS, Bound

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.canvas.view import View

# Identifier, words and key of what is done at once; what each does is in ``_deeds``.
DEEDS = (
    ("stage.smaller", "Smaller brush", "["),
    ("stage.larger", "Larger brush", "]"),
    ("stage.softer", "Softer brush", "Shift+["),
    ("stage.harder", "Harder brush", "Shift+]"),
    ("stage.swap", "Swap the colors", "X"),
    ("stage.reset", "Black and white", "D"),
    ("stage.clear", "Make the selection transparent", "Del"),
)
# What some keyboards send for a key with Shift.
SHIFTED = {"Shift+[": "{", "Shift+]": "}", "Shift++": "Shift+=", "Shift+-": "Shift+_"}


class StageKeys:
    """Binds them, again whenever the keymap changes."""

    def __init__(self, view: View) -> None:
        self._view = view
        KEYS.register(Bound(name, text, key) for name, text, key in DEEDS)
        view.surface.holds = candidate_holds(view.state)
        self.bind()

    def bind(self) -> None:
        """Let the stage listen to the keys of the moment."""
        view, state = self._view, self._view.state
        keys: dict[str, Callable[[], object]] = {
            "Return": view.accept,
            "Enter": view.accept,
            "Esc": view.escape,
        }
        for name, act in self._deeds().items():
            _put(keys, KEYS.key(name), act)
        for key in {tool_key(tool.name) for tool in TOOLS}:
            _put(keys, key, partial(self._take_tool, key))
        keys |= layer_keys(state)
        keys |= candidate_keys(state, dict(keys))
        view.surface.keys = {QKeySequence(key).toString(): act for key, act in keys.items()}

    def _deeds(self) -> dict[str, Callable[[], object]]:
        state = self._view.state
        return {
            "stage.smaller": lambda: state.scale_brush(1 / 1.2),
            "stage.larger": lambda: state.scale_brush(1.2),
            "stage.softer": lambda: state.set_brush(hardness=state.brush.hardness - 0.1),
            "stage.harder": lambda: state.set_brush(hardness=state.brush.hardness + 0.1),
            "stage.swap": state.swap_colors,
            "stage.reset": state.reset_colors,
            "stage.clear": state.clear_selection_pixels,
        }

    def _take_tool(self, key: str) -> None:
        self._view.state.set_tool(next_by_key(key, self._view.state.tool))


def _put(keys: dict[str, Callable[[], object]], key: str, act: Callable[[], object]) -> None:
    if key:
        keys[key] = act
        if key in SHIFTED:
            keys[SHIFTED[key]] = act
