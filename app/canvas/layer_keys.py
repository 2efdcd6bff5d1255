"""Keys of the stage that act on opacity and blend mode, as artists know them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from app.canvas.tools import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.canvas.model import CanvasState

# A second digit that follows this closely makes one number of both.
PAIR_MS = 700


class OpacityKeys(QObject):
    """5 is 50 %, 0 is 100 %, 4 and 5 in a row are 45 %: of the brush while one is in hand, else
    of the active layer.
    """

    def __init__(self, state: CanvasState) -> None:
        super().__init__(state)
        self._state = state
        self._first: int | None = None
        self.pair = QTimer(self, interval=PAIR_MS, singleShot=True)
        self.pair.timeout.connect(self._forget)

    def press(self, digit: int) -> None:
        """A digit key has been pressed."""
        paired = self._first is not None
        if self._first is not None:
            share = (self._first * 10 + digit) / 100
            self._forget()
        else:
            share = digit / 10 or 1.0
            self._first = digit
            self.pair.start()
        if BY_NAME[self._state.tool].rings:
            self._state.set_brush(opacity=share)
        else:
            self._state.set_opacity(share, continuing=paired)

    def _forget(self) -> None:
        self._first = None
        self.pair.stop()


def layer_keys(state: CanvasState) -> dict[str, Callable[[], object]]:
    """By portable key text. Shift with + comes as = from some keyboards, with - as _."""
    opacity = OpacityKeys(state)
    keys: dict[str, Callable[[], object]] = {
        prefix + str(digit): partial(opacity.press, digit)
        for digit in range(10)
        for prefix in ("", "Num+")
    }
    for text in ("Shift++", "Shift+="):
        keys[text] = partial(state.step_mode, 1)
    for text in ("Shift+-", "Shift+_"):
        keys[text] = partial(state.step_mode, -1)
    return keys
