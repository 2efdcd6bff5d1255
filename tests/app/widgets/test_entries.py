"""What is typed counts at once: a click on a button leaves the focus in the field."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from app import theme
from app.theme import icons
from app.widgets.buttons import button
from app.widgets.fields import NumberField, TextField, ValueSlider


@pytest.fixture
def typed_then_clicked(qtbot, qapp):
    """Type into a control, click a button with the mouse; gives what the button's handler read."""
    theme.apply(qapp, "dark")

    def run(control, field, text):
        seen = []
        window = QWidget()
        qtbot.addWidget(window)
        column = QVBoxLayout(window)
        start = button("Queue", on=lambda: seen.append(control.value))
        column.addWidget(control)
        column.addWidget(start)
        window.show()
        field.setFocus()
        field.selectAll()
        qtbot.keyClicks(field, text)
        qtbot.mouseClick(start, Qt.MouseButton.LeftButton)
        assert window.focusWidget() is field
        return seen[0]

    return run


@pytest.mark.parametrize(("text", "value"), [("64", 64), ("999", 150), ("no", 20), ("1,2", 12)])
def test_a_button_reads_the_number_that_was_just_typed(typed_then_clicked, text, value):
    field = NumberField(1, 150)
    field.set_value(20)
    assert typed_then_clicked(field, field, text) == value


def test_a_button_reads_the_slider_value_that_was_just_typed(typed_then_clicked):
    slider = ValueSlider(0, 100, 1, 0, unit="%")
    assert typed_then_clicked(slider, slider.field, "35 %") == 35


def test_a_button_reads_the_words_that_were_just_typed_and_listeners_heard_them(typed_then_clicked):
    field, heard = TextField(), []
    field.changed.connect(heard.append)
    assert typed_then_clicked(field, field, "abc") == "abc"
    assert heard == ["a", "ab", "abc"]


def test_a_number_is_tidied_on_enter_and_told_once(qtbot):
    field, heard = NumberField(0, 30, 0.5, 1), []
    qtbot.addWidget(field)
    field.changed.connect(heard.append)
    field.clear()
    qtbot.keyClicks(field, "4.")
    assert field.text() == "4."
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert (field.text(), heard) == ("4.0", [4.0])


def test_an_emptied_number_goes_back_to_what_it_was(qtbot):
    field, heard = NumberField(0, 100), []
    qtbot.addWidget(field)
    field.set_value(25)
    field.changed.connect(heard.append)
    field.selectAll()
    for key in (Qt.Key.Key_End, Qt.Key.Key_Backspace, Qt.Key.Key_Backspace):
        qtbot.keyClick(field, key)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert (field.text(), heard[-1]) == ("25", 25)


def test_what_listeners_answer_is_shown_only_when_editing_ends(qtbot):
    field = TextField()
    qtbot.addWidget(field)
    field.changed.connect(lambda text: field.set_value(text.strip()))
    qtbot.keyClicks(field, "my ")
    assert field.text() == "my "
    qtbot.keyClicks(field, "style ")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert field.text() == "my style"


def test_a_value_from_elsewhere_replaces_what_was_being_typed(qtbot):
    slider = ValueSlider(0, 100)
    qtbot.addWidget(slider)
    slider.field.clear()
    qtbot.keyClicks(slider.field, "7")
    slider.set_value(7)
    assert slider.field.text() == "7"
    slider.set_value(50)
    assert slider.field.text() == "50"


def test_the_cross_in_a_field_is_ours_and_empties_it(qtbot, qapp):
    theme.apply(qapp, "dark")
    field = TextField(text="words")
    qtbot.addWidget(field)
    field.setClearButtonEnabled(True)
    field.show()
    (cross,) = field.findChildren(QToolButton)
    ours = icons.icon("x", 14).pixmap(14, 14).toImage()
    assert cross.icon().pixmap(14, 14).toImage() == ours
    qtbot.mouseClick(cross, Qt.MouseButton.LeftButton)
    assert field.value == ""
