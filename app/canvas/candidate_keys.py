"""Keys of the stage that act on candidates while there are some, and on the collage."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer

from app.canvas.layer_keys import PAIR_MS
from app.canvas.surface import Hold

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.canvas.model import CanvasState


class NumberKeys(QObject):
    """The number of a candidate, typed: 1 then 2 is 1, and right after it 12."""

    def __init__(self, state: CanvasState) -> None:
        super().__init__(state)
        self._collage = state.collage
        self._typed = 0
        self.pair = QTimer(self, interval=PAIR_MS, singleShot=True)
        self.pair.timeout.connect(self._forget)

    def press(self, digit: int) -> None:
        """A digit key has been pressed."""
        for number in (self._typed * 10 + digit, digit or 10):
            if number and self._collage.choose_number(number):
                self._typed = number
                self.pair.start()
                return
        self._forget()

    def _forget(self) -> None:
        self._typed = 0
        self.pair.stop()


def candidate_keys(
    state: CanvasState, others: dict[str, Callable[[], object]]
) -> dict[str, Callable[[], object]]:
    """By portable key text. Where they mean nothing now, what is in ``others`` is done."""
    candidates, collage, compare = state.candidates, state.collage, state.compare
    numbers = NumberKeys(state)

    def either(
        now: Callable[[], bool], act: Callable[[], object], key: str
    ) -> Callable[[], object]:
        other = others.get(key)
        return lambda: act() if now() else other() if other is not None else None

    def collaging() -> bool:
        return collage.active

    def there() -> bool:
        return bool(candidates.items)

    keys = {
        f"{prefix}{digit}": either(collaging, partial(numbers.press, digit), f"{prefix}{digit}")
        for digit in range(10)
        for prefix in ("", "Num+")
    }
    keys["X"] = either(collaging, lambda: collage.set_taking_out(not collage.taking_out), "X")
    keys["C"] = either(lambda: collage.can_start, lambda: toggle_collage(state), "C")
    keys["Y"] = either(there, compare.toggle, "Y")
    keys["Left"] = either(there, lambda: candidates.step(-1), "Left")
    keys["Right"] = either(there, lambda: candidates.step(1), "Right")
    for key, by in (("Up", -1), ("Down", 1)):
        keys[key] = either(lambda: compare.on, partial(compare.step_other, by), key)
    for key, by in (("Shift+Left", -1), ("Shift+Right", 1)):
        keys[key] = either(lambda: compare.on, partial(compare.nudge, by), key)
    return keys


def candidate_holds(state: CanvasState) -> dict[int, Hold]:
    """Keys that act while they are down."""
    collage = state.collage

    def seen() -> bool:
        return state.has_shown_candidate() or (collage.active and bool(collage.layers))

    return {
        Qt.Key.Key_B: Hold(seen, state.set_blink),
        Qt.Key.Key_M: Hold(lambda: collage.active, collage.set_hidden),
    }


def toggle_collage(state: CanvasState) -> None:
    """Begin to paint with candidates, or paint colors again."""
    if state.collage.active:
        state.collage.leave()
    else:
        state.collage.start()
