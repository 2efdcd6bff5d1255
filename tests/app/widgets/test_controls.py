from __future__ import annotations

from typing import Literal

import pytest
from pydantic import BaseModel
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeyEvent, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from app import theme
from app.i18n import set_language
from app.widgets.buttons import button, tool_button
from app.widgets.chips import Chip, ChipFlow
from app.widgets.fields import Check, Choice, FieldRow, NumberField, Segments, ValueSlider
from app.widgets.form import SchemaForm
from app.widgets.image_view import ImageView
from app.widgets.lines import LinesField
from app.widgets.panel import Panel
from app.widgets.path_field import PathField
from app.widgets.prompt_edit import PromptEdit
from app.widgets.stars import CELL, Stars
from engine.runtime.schema import setting


@pytest.fixture(autouse=True)
def _dressed(qapp):
    theme.apply(qapp, "dark")
    set_language("en")
    yield
    set_language("en")


@pytest.fixture
def shown(qtbot):
    def show(widget: QWidget, width: int = 240) -> QWidget:
        qtbot.addWidget(widget)
        widget.resize(width, widget.sizeHint().height())
        widget.show()
        return widget

    return show


def test_a_button_says_its_words_in_both_languages_and_runs(shown, qtbot):
    clicks = []
    made = shown(button("Queue", "list-checks", on=lambda: clicks.append(1)))
    wide = made.sizeHint().width()
    qtbot.mouseClick(made, Qt.MouseButton.LeftButton)
    set_language("zh_CN")
    assert (clicks, made.text()) == ([1], "队列")
    assert made.sizeHint().width() < wide


def test_an_icon_button_has_a_name_and_a_tooltip_with_its_key(shown):
    made = shown(tool_button("undo-2", "Undo", shortcut="Ctrl+Z"))
    assert made.accessibleName() == "Undo"
    assert made.toolTip() == "Undo  Ctrl Z"


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
@pytest.mark.parametrize("made_by", ["words", "icon"])
def test_a_button_that_has_the_focus_is_pressed_by_keys(shown, qtbot, key, made_by):
    clicks = []
    add = lambda: clicks.append(1)  # noqa: E731
    made = shown(button("Queue", on=add) if made_by == "words" else tool_button("x", "Undo", add))
    qtbot.keyClick(made, key)
    assert clicks == [1]
    made.setEnabled(False)
    qtbot.keyClick(made, key)
    assert clicks == [1]


def test_a_key_that_is_held_presses_a_button_once(shown, qapp):
    clicks = []
    made = shown(button("Queue", on=lambda: clicks.append(1)))
    for repeated in (False, True, True):
        press = QKeyEvent(
            QEvent.Type.KeyPress, Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, "", repeated
        )
        qapp.sendEvent(made, press)
    assert clicks == [1]


def test_a_slider_follows_the_pointer_and_snaps_to_its_step(shown, qtbot):
    slider = shown(ValueSlider(0, 1, 0.1, 1))
    heard = []
    slider.changed.connect(heard.append)
    middle = QPoint(slider.track.width() // 2, slider.track.height() // 2)
    qtbot.mouseClick(slider.track, Qt.MouseButton.LeftButton, pos=middle)
    assert heard == [pytest.approx(0.5)]
    assert slider.field.text() == "0.5"


def test_a_slider_stands_on_its_stops_only(shown, qtbot):
    slider = shown(ValueSlider(0, 1, 0.01, 2, stops=[0, 0.2, 0.62, 1]))
    slider.set_value(0.2)
    qtbot.keyClick(slider.track, Qt.Key.Key_Right)
    assert slider.value == 0.62


def test_a_typed_value_outside_the_range_is_brought_inside(shown, qtbot):
    slider = shown(ValueSlider(0, 1, 0.1, 1))
    slider.field.clear()
    qtbot.keyClicks(slider.field, "7")
    qtbot.keyClick(slider.field, Qt.Key.Key_Return)
    assert slider.value == 1


def test_a_double_click_puts_the_slider_back(shown, qtbot):
    slider = shown(ValueSlider(0, 1, 0.1, 1))
    slider.set_value(0.3)
    qtbot.keyClick(slider.track, Qt.Key.Key_End)
    qtbot.mouseDClick(slider.track, Qt.MouseButton.LeftButton)
    assert slider.value == pytest.approx(0.3)


def test_segments_change_by_click_and_by_arrow(shown, qtbot):
    made = shown(Segments([("a", "Dark"), ("b", "Light")]))
    heard = []
    made.changed.connect(heard.append)
    qtbot.mouseClick(made, Qt.MouseButton.LeftButton, pos=QPoint(made.width() - 8, 12))
    qtbot.keyClick(made, Qt.Key.Key_Left)
    assert heard == ["b", "a"]


def test_a_choice_keeps_its_value_when_the_language_changes(shown):
    made = shown(Choice([("d", "Dark"), ("l", "Light")]))
    made.set_value("l")
    set_language("zh_CN")
    assert (made.value, made.currentText()) == ("l", "浅色")


def test_a_wheel_over_a_choice_changes_nothing(shown, qtbot):
    made = shown(Choice([(n, str(n)) for n in range(5)]))
    made.set_value(2)
    qtbot.keyClick(made, Qt.Key.Key_Down)
    assert made.value == 3


@pytest.mark.parametrize(("typed", "value"), [("5e-5", 5e-5), ("1,024", 1024), ("no", 3)])
def test_a_number_is_read_as_people_write_it(shown, qtbot, typed, value):
    made = shown(NumberField(0, 4096, decimals=None))
    made.set_value(3)
    made.clear()
    qtbot.keyClicks(made, typed)
    qtbot.keyClick(made, Qt.Key.Key_Return)
    assert made.value == value


def test_a_number_without_bounds_is_kept_and_only_its_arrows_stay_in_range(shown, qtbot):
    made = shown(NumberField(8, 512, step=8, bounded=False))
    made.set_value(4)
    assert made.value == 4
    made.selectAll()
    qtbot.keyClicks(made, "2048")
    assert made.value == 2048
    qtbot.keyClick(made, Qt.Key.Key_Up)
    assert made.value == 512


def test_a_list_is_an_entry_a_line_and_grows_with_them(shown, qtbot):
    made = shown(LinesField())
    heard = []
    made.changed.connect(heard.append)
    made.set_value(("a; b", "c --d 4"))
    assert made.value == ("a; b", "c --d 4")
    assert heard == []
    height = made.sizeHint().height()
    made.moveCursor(QTextCursor.MoveOperation.End)
    qtbot.keyClick(made, Qt.Key.Key_Return)
    assert heard == []  # an empty line says nothing
    qtbot.keyClicks(made, "d")
    assert heard == [("a; b", "c --d 4", "d")]
    assert made.sizeHint().height() > height


def test_an_error_takes_the_place_of_the_hint(shown):
    row = shown(FieldRow("Name", NumberField(), "Show"))
    row.set_error("Too large.")
    assert row._error.isVisibleTo(row)
    assert not row._hint.isVisibleTo(row)
    row.set_error("")
    assert row._hint.isVisibleTo(row)


def test_a_panel_folds_by_a_click_on_its_header(shown, qtbot):
    panel = shown(Panel("Queue", count=True))
    inside = Check("Show")
    panel.body.addWidget(inside)
    qtbot.mouseClick(panel.header, Qt.MouseButton.LeftButton)
    assert not panel.is_open
    assert not inside.isVisible()


def test_removing_a_chip_names_it(shown, qtbot):
    made = shown(ChipFlow([Chip("glossy"), Chip("warm light")]))
    gone = []
    made.removed.connect(gone.append)
    made.setFocus()
    qtbot.keyClick(made, Qt.Key.Key_Right)
    qtbot.keyClick(made, Qt.Key.Key_Delete)
    assert gone == ["glossy"]


def test_a_prompt_is_set_without_an_echo(shown):
    made = shown(PromptEdit())
    heard = []
    made.changed.connect(heard.append)
    made.set_value("a (b:1.2)")
    made.insertPlainText("x")
    assert heard == ["xa (b:1.2)"]


def test_the_picture_point_under_the_pointer_stays_while_zooming(shown):
    import numpy as np

    view = shown(ImageView())
    view.resize(300, 200)
    view.set_image(np.zeros((100, 100, 3), np.uint8))
    anchor = QPointF(90, 60)
    before = view.to_image(anchor)
    view.zoom_to(7.0, anchor)
    assert (view.to_image(anchor) - before).manhattanLength() < 1e-6


class Example(BaseModel):
    rate: float = setting(1e-4, label="Work", help="", level="simple", gt=0, kohya="unet_lr")
    on: bool = setting(False, label="Show", help="", level="simple")
    depth: int = setting(3, label="Threads", help="", level="simple", when="on", ge=1)
    names: tuple[str, ...] = setting((), label="Name", help="", level="simple")
    hidden: int = setting(1, label="Next", help="", level="advanced")


def test_a_form_has_the_settings_of_its_level_and_gives_their_types(shown):
    form = shown(SchemaForm(Example))
    form.set_values({"rate": 5e-5, "names": ("a, b", "c"), "unknown": 1})
    values = form.values()
    assert values == {"rate": 5e-5, "on": False, "depth": 3, "names": ("a, b", "c")}
    assert Example(**values).rate == 5e-5


def test_a_setting_without_effect_is_disabled_until_its_condition_holds(shown, qtbot):
    form = shown(SchemaForm(Example))
    heard = []
    form.changed.connect(heard.append)
    assert not form.rows["depth"].isEnabled()
    qtbot.mouseClick(form.controls["on"], Qt.MouseButton.LeftButton)
    assert form.rows["depth"].isEnabled()
    assert heard == ["on"]


def test_a_condition_may_name_several_values(shown):
    class Loss(BaseModel):
        kind: Literal["l2", "huber", "smooth_l1"] = setting("l2", label="Loss", help="How.")
        c: float = setting(0.1, label="Threshold", help="Where.", when="kind=huber|smooth_l1")

    form = shown(SchemaForm(Loss, level="advanced"))
    enabled = []
    for kind in ("l2", "huber", "smooth_l1"):
        form.set_values({"kind": kind})
        enabled.append(form.rows["c"].isEnabled())
    assert enabled == [False, True, True]


def test_tab_reaches_every_control_and_shows_the_ring(qtbot, qapp):
    from app.theme.focus import FocusRing

    window = QWidget()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    controls = [button("Queue"), Check("Show"), Choice([(1, "Dark")]), Segments([(1, "Dark")])]
    for control in controls:
        column.addWidget(control)
    window.show()
    qapp.setActiveWindow(window)
    reached = []
    controls[-1].setFocus()
    for _ in controls:
        _keyed(qtbot, window)
        reached.append(window.focusWidget())
        ring = window.findChild(FocusRing)
        assert ring is not None
        assert ring.isVisible()
    assert reached == controls


def _keyed(qtbot, window):
    qtbot.keyClick(window.focusWidget() or window, Qt.Key.Key_Tab)


def test_the_ring_comes_by_tab_and_not_by_code_and_follows_its_control(qtbot, qapp):
    from app.theme.focus import FocusRing

    window = QWidget()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    box = QWidget()
    inner = QVBoxLayout(box)
    first, second = button("Queue"), button("Stop")
    inner.addWidget(first)
    inner.addWidget(second)
    space = QWidget()
    column.addWidget(space)
    column.addWidget(box)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    first.setFocus()
    assert window.findChild(FocusRing) is None
    _keyed(qtbot, window)
    ring = window.findChild(FocusRing)
    assert ring.isVisible()
    space.setFixedHeight(90)
    window.resize(400, 300)
    qapp.processEvents()
    corner = second.mapTo(window, QPoint(0, 0))
    assert ring.geometry().topLeft() == corner - QPoint(3, 3)
    first.setFocus()
    assert not ring.isVisible()


def test_a_path_is_chosen_in_a_dialog_that_blocks_nothing(shown, qtbot, tmp_path):
    made = shown(PathField("folder"))
    heard = []
    made.changed.connect(heard.append)
    made.choose.trigger()
    dialog = made.findChild(QFileDialog)
    assert dialog.fileMode() == QFileDialog.FileMode.Directory
    dialog.fileSelected.emit(str(tmp_path))
    dialog.reject()
    assert heard == [str(tmp_path)]
    assert made.value == str(tmp_path)


def test_a_dropped_file_gives_its_path(shown, tmp_path):
    made = shown(PathField("file"))
    heard = []
    made.changed.connect(heard.append)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "vae.safetensors"))])
    left = Qt.MouseButton.LeftButton
    free = Qt.KeyboardModifier.NoModifier
    copied = Qt.DropAction.CopyAction
    entered = QDragEnterEvent(QPoint(4, 4), copied, data, left, free)
    made.dragEnterEvent(entered)
    assert entered.isAccepted()
    made.dropEvent(QDropEvent(QPointF(4, 4), copied, data, left, free))
    assert heard == [str(tmp_path / "vae.safetensors")]


@pytest.mark.parametrize(
    ("unit", "value", "text"), [("×", 1.8, "1.8×"), ("°", 0, "0.0°"), ("px", 16, "16.0 px")]
)
def test_a_slider_writes_its_unit_as_text_does_and_reads_it(shown, unit, value, text) -> None:
    slider = shown(ValueSlider(0, 40, 0.1, 1, unit=unit))
    slider.set_value(value)
    assert slider.field.text() == text
    slider.field.selectAll()
    QTest.keyClicks(slider.field, f"2.5{unit}")
    assert slider.value == 2.5


def test_stars_that_are_not_given_are_seen_as_stars(shown) -> None:
    stars = shown(Stars())

    def ink(star):
        image = stars.grab().toImage()
        cell = [(star * CELL + x, y) for x in range(CELL) for y in range(CELL)]
        colors = [image.pixelColor(x, y).name() for x, y in cell]
        return sum(one != colors[0] for one in colors)

    empty = ink(0)
    assert empty > 40  # a dot of 4 pixels is nothing
    stars.rated.connect(stars.set_value)
    QTest.mouseClick(stars, Qt.MouseButton.LeftButton, pos=QPoint(2 * CELL + 5, CELL // 2))
    assert stars.value == 3
    assert ink(0) > empty * 1.2  # filled
    assert ink(3) == ink(4)
