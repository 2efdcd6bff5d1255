"""Room and names: nothing overlaps in small windows, and the document says what it is."""

from __future__ import annotations

from itertools import combinations

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QSlider, QTextEdit

from app.i18n import language, set_language
from app.widgets.slider import Track

CONTROLS = (QAbstractButton, QLabel, QLineEdit, QSlider, QTextEdit, Track)
RAIL_AND_BARS = (69, 68)  # what the window keeps for itself round a workspace


@pytest.fixture(params=["en", "zh_CN"])
def tongue(request, qapp):
    before = language()
    set_language(request.param)
    yield request.param
    set_language(before)


def place(view, widget):
    """What of a widget can be seen, in the coordinates of the workspace."""
    rect = QRect(widget.mapTo(view, QPoint(0, 0)), widget.size())
    parent = widget.parentWidget()
    while parent is not None and parent is not view:
        rect &= QRect(parent.mapTo(view, QPoint(0, 0)), parent.size())
        parent = parent.parentWidget()
    return rect


def overlapping(view):
    shown = [
        widget
        for kind in CONTROLS
        for widget in view.findChildren(kind)
        if widget.isVisible() and widget.width() and widget.height()
    ]
    places = [(widget, place(view, widget)) for widget in dict.fromkeys(shown)]
    return [
        (one, other, a, b)
        for (one, a), (other, b) in combinations(places, 2)
        if a.intersects(b) and not one.isAncestorOf(other) and not other.isAncestorOf(one)
    ]


def clipped(view):
    """Controls of the option bar that get less than they need."""
    bar = view.options
    return [
        widget
        for kind in CONTROLS
        for widget in bar.findChildren(kind)
        if widget.isVisible()
        and (
            widget.width() < widget.minimumSizeHint().width()
            or place(view, widget).size() != widget.size()
        )
    ]


@pytest.mark.parametrize("size", [(1024, 700), (1280, 800), (1600, 1000)])
@pytest.mark.parametrize(
    "tool",
    [
        "brush",
        "region",
        "select",
        "wand",
        "bucket",
        "gradient",
        "ellipse",
        "transform",
        "crop",
        "stamp",
    ],
)
def test_no_two_controls_overlap(qapp, view, state, tongue, size, tool):
    view.setMinimumSize(1, 1)  # the window's own minimum wins over that of its parts
    view.resize(size[0] - RAIL_AND_BARS[0], size[1] - RAIL_AND_BARS[1])
    state.set_tool(tool)
    state.select(QRect(20, 20, 40, 40))
    state.set_region(QRect(10, 10, 80, 80))
    view.receive(loras=(("/loras/pixel-000036.safetensors", 1.0),))
    state.candidates.begin([1, 2, 3, 4])
    for _ in range(3):
        qapp.processEvents()
    assert overlapping(view) == []
    assert clipped(view) == []
    assert view.right.width() == (344 if view.width() >= 1360 else 304)


def entries(view):
    return {
        entry.text().partition("\t")[0]: entry
        for entry in view.menus.document.actions()
        if not entry.isSeparator()
    }


def test_the_menu_saves_and_the_foot_says_so(qtbot, view, state):
    state.fill_selection()
    assert view.foot.name.text() == "canvas •"
    assert view.foot.saved.text() == "Unsaved"
    assert view.foot.size_label.text() == "200×160"
    qtbot.mouseClick(view.options.more, Qt.MouseButton.LeftButton)
    menu = entries(view)
    assert list(menu)[:5] == ["New canvas…", "Open…", "Save", "Save as…", "Export…"]
    assert menu["Save"].text().endswith("\tCtrl S")
    menu["Save"].trigger()
    view.menus.document.close()
    assert not state.modified
    assert state.path.is_file()
    assert view.foot.name.text() == "canvas"
    assert view.foot.saved.text().startswith("Saved ")
    state.fill_selection()
    assert view.foot.name.text() == "canvas •"


def test_without_a_document_the_menu_still_opens_one(qtbot, view, state):
    state.close()
    assert not view.foot.isVisible()
    qtbot.mouseClick(view.options.more, Qt.MouseButton.LeftButton)
    menu = entries(view)
    assert menu["Open…"].isEnabled()
    assert not menu["Save"].isEnabled()
    menu["New canvas…"].trigger()
    view.menus.document.close()
    assert view.commands.dialog.isVisible()
    view.commands.dialog.reject()


def test_the_zoom_goes_into_the_menu_where_there_is_no_room(qapp, qtbot, view, state):
    view.setMinimumSize(1, 1)
    view.resize(1024 - RAIL_AND_BARS[0], 700 - RAIL_AND_BARS[1])
    qapp.processEvents()
    assert view.options.folded
    before = view.surface.view.zoom
    qtbot.mouseClick(view.options.more, Qt.MouseButton.LeftButton)
    entries(view)["Zoom in"].trigger()
    view.menus.document.close()
    assert view.surface.view.zoom > before


def test_the_foot_tells_size_and_place_of_the_selection_while_it_is_drawn(view, state):
    state.drag_selection(QRect(20, 30, 64, 48))
    assert view.foot.selection.text() == "Selected 64\u00d748 at 20, 30"
    state.select(None)
    assert view.foot.selection.text() == ""


def test_the_sliders_of_the_brush_are_never_squeezed(qapp, view):
    """What is narrow, then wide, then narrow again still measures itself as it is."""
    for width in (1500, 1212, 1500, 1212):
        view.resize(width, 800)
        for tool in ("stamp", "brush"):
            view.state.set_tool(tool)
            qapp.processEvents()
            tip = view.options.options.tip
            assert tip.width() >= tip.minimumSizeHint().width()
