"""The color to paint with is chosen as every color of the window is."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QColorDialog, QDialogButtonBox


@pytest.fixture
def dialog(view):
    def opened():
        QTest.mouseClick(view.tools.well, Qt.MouseButton.LeftButton)
        return next(made for made in view.findChildren(QColorDialog) if made.isVisible())

    return opened


def answer(dialog, which) -> None:
    QTest.mouseClick(dialog.findChild(QDialogButtonBox).button(which), Qt.MouseButton.LeftButton)


def test_the_well_opens_the_color_field_of_the_window(view, dialog) -> None:
    shown = dialog()
    assert shown.property("surface") == "panel"
    okay = shown.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Ok)
    assert okay.property("kind") == "primary"
    assert QColorDialog.standardColor(0).name() == "#000000"
    assert QColorDialog.standardColor(2).name() == "#808080"
    shown.reject()


def test_a_color_is_painted_with_while_it_is_tried_and_cancel_brings_the_old_one_back(
    view, state, dialog
) -> None:
    state.set_color(QColor("#204060"))
    shown = dialog()
    assert shown.currentColor().name() == "#204060"
    shown.setCurrentColor(QColor("#FF8000"))
    assert state.color.name() == "#ff8000"
    answer(shown, QDialogButtonBox.StandardButton.Cancel)
    assert state.color.name() == "#204060"


def test_colors_that_were_chosen_are_offered_again(view, state, dialog) -> None:
    for name in ("#112233", "#445566"):
        shown = dialog()
        shown.setCurrentColor(QColor(name))
        answer(shown, QDialogButtonBox.StandardButton.Ok)
        assert state.color.name() == name
    shown = dialog()
    assert [QColorDialog.customColor(place).name() for place in (0, 1)] == ["#445566", "#112233"]
    shown.reject()
