"""The button for 100 %, which no icon tells from fitting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.i18n import bind, tr
from app.widgets.buttons import Button, button, with_shortcut

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = "1"


def actual_size_button(on: Callable[[], object]) -> Button:
    """Shows one picture pixel on one screen pixel."""
    made = button("", kind="quiet", dense=True, on=on)
    made.setText("1:1")
    bind(made.setToolTip, "{tip}", tip=lambda: with_shortcut(tr("Actual size"), KEY))
    bind(made.setAccessibleName, "Actual size")
    return made
