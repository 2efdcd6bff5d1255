"""F6 and Shift+F6: from region to region, in the order rail, bar, left, stage, right, foot."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget
from shiboken6 import isValid

from app.theme import focus


class Regions:
    """Walks the regions of one window. ``stage`` gives what takes the keys of the page shown."""

    def __init__(
        self, listed: Callable[[], list[QWidget]], stage: Callable[[], QWidget | None]
    ) -> None:
        self._listed, self._stage = listed, stage
        self._last: dict[QWidget, QWidget] = {}

    def step(self, way: int) -> None:
        """Give the keyboard to the next region (1) or the one before (-1) that can take it."""
        regions = [one for one in self._listed() if one.isVisible()]
        here = QApplication.focusWidget()
        place = next((n for n, one in enumerate(regions) if here and _holds(one, here)), None)
        self._last = {k: v for k, v in self._last.items() if isValid(k) and isValid(v)}
        if place is None:
            place = -1 if way > 0 else len(regions)
        elif here is not None:
            self._last[regions[place]] = here
        for offset in range(1, len(regions) + 1):
            target = self._target(regions[(place + way * offset) % len(regions)])
            if target is not None:
                focus.by_key(target)
                return

    def _target(self, region: QWidget) -> QWidget | None:
        """The stage itself, what had the keyboard here before, or the first control."""
        stage = self._stage()
        if stage is not None and _holds(region, stage) and _can(stage):
            return stage
        last = self._last.get(region)
        if last is not None and _can(last) and _holds(region, last):
            return last
        controls = _tab_stops(region)
        chosen = [one for one in controls if isinstance(one, QAbstractButton) and one.isChecked()]
        # A ticked box is not a choice among many, the current workspace is.
        exclusive = [one for one in chosen if one.property("ring") == "inset"]
        return next(iter([*exclusive, *controls]), None)


def _tab_stops(region: QWidget) -> list[QWidget]:
    found: list[QWidget] = []
    one = region.nextInFocusChain()
    while one is not None and one is not region:
        if _can(one) and _holds(region, one) and one.focusPolicy() & Qt.FocusPolicy.TabFocus:
            found.append(one)
        one = one.nextInFocusChain()
    return found


def _holds(region: QWidget, one: QWidget) -> bool:
    return region is one or region.isAncestorOf(one)


def _can(one: QWidget) -> bool:
    policy = one.focusPolicy() != Qt.FocusPolicy.NoFocus
    return policy and one.isVisible() and one.isEnabled()
