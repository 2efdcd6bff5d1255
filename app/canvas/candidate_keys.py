"""Keys of the stage that act on candidates while there are some, and on the collage."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer

from app.canvas.layer_keys import PAIR_MS
from app.canvas.surface import Hold
from app.keymap import KEYS, Bound

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.canvas.model import CanvasState

KEYS.register(
    (
        Bound("candidate.collage", "Candidates: paint with them", "C"),
        Bound("candidate.erase", "Candidates: take out what was painted in", "X"),
        Bound("candidate.compare", "Candidates: compare on the picture", "Y"),
        Bound("candidate.previous", "Candidates: the one before", "Left"),
        Bound("candidate.next", "Candidates: the next one", "Right"),
        Bound("candidate.other_previous", "Comparing: another one at the left", "Up"),
        Bound("candidate.other_next", "Comparing: the next one at the left", "Down"),
        Bound("candidate.line_left", "Comparing: the line to the left", "Shift+Left"),
        Bound("candidate.line_right", "Comparing: the line to the right", "Shift+Right"),
        Bound("candidate.digit1", "Collage: candidate 1", "1"),
        Bound("candidate.digit2", "Collage: candidate 2", "2"),
        Bound("candidate.digit3", "Collage: candidate 3", "3"),
        Bound("candidate.digit4", "Collage: candidate 4", "4"),
        Bound("candidate.digit5", "Collage: candidate 5", "5"),
        Bound("candidate.digit6", "Collage: candidate 6", "6"),
        Bound("candidate.digit7", "Collage: candidate 7", "7"),
        Bound("candidate.digit8", "Collage: candidate 8", "8"),
        Bound("candidate.digit9", "Collage: candidate 9", "9"),
        Bound("candidate.digit0", "Collage: candidate 10, or the digit 0", "0"),
    )
)


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
    keys: dict[str, Callable[[], object]] = {}
    for name, (now, act) in _deeds(state).items():
        key = KEYS.key(name)
        # A digit has a key of its own among the numbers.
        for text in (key, f"Num+{key}") if key.isdigit() else (key,):
            if text:
                keys[text] = _either(now, act, others.get(text))
    return keys


def _either(
    now: Callable[[], bool], act: Callable[[], object], other: Callable[[], object] | None
) -> Callable[[], object]:
    return lambda: act() if now() else other() if other is not None else None


def _deeds(state: CanvasState) -> dict[str, tuple[Callable[[], bool], Callable[[], object]]]:
    """What each key does, and whether it means something now."""
    candidates, collage, compare = state.candidates, state.collage, state.compare
    numbers = NumberKeys(state)

    def there() -> bool:
        return bool(candidates.items)

    def collaging() -> bool:
        return collage.active

    def comparing() -> bool:
        return compare.on

    return {
        "candidate.collage": (lambda: collage.can_start, partial(toggle_collage, state)),
        "candidate.erase": (collaging, lambda: collage.set_taking_out(not collage.taking_out)),
        "candidate.compare": (there, compare.toggle),
        "candidate.previous": (there, partial(candidates.step, -1)),
        "candidate.next": (there, partial(candidates.step, 1)),
        "candidate.other_previous": (comparing, partial(compare.step_other, -1)),
        "candidate.other_next": (comparing, partial(compare.step_other, 1)),
        "candidate.line_left": (comparing, partial(compare.nudge, -1)),
        "candidate.line_right": (comparing, partial(compare.nudge, 1)),
        **{
            f"candidate.digit{digit}": (collaging, partial(numbers.press, digit))
            for digit in range(10)
        },
    }


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
