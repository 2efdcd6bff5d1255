"""Side columns: dragged, kept, shut, hidden by Tab; and the 120 ms in which they move."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from app import theme
from app.theme import motion
from app.widgets.columns import SideColumns
from app.widgets.panel import Column, Panel
from app.widgets.text import label


class FakeSession:
    def __init__(self, **columns):
        self.settings = SimpleNamespace(columns=columns)

    def change_settings(self, *, columns):
        self.settings.columns = columns


@pytest.fixture
def made(qtbot, qapp):
    """A function that builds a host of 1200 px with columns of 224 and 332 px."""
    theme.apply(qapp, "dark")

    def build(session=None):
        host = QWidget()
        qtbot.addWidget(host)
        host.left, host.right, host.stage = Column(224, "left"), Column(332, "right"), QLineEdit()
        row = QHBoxLayout(host)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(host.left)
        row.addWidget(host.stage, 1)
        row.addWidget(host.right)
        host.session = session or FakeSession()
        host.columns = SideColumns(host, host.stage, host.session, "dataset")
        host.columns.add(host.left, "left", 224)
        host.columns.add(host.right, "right", 332)
        host.columns.keys_on(host.stage)
        host.resize(1200, 600)
        host.show()
        return host

    return build


def _grip(host, number):
    return host.columns._parts[number].grip


def _drag(qtbot, host, number, way):
    grip = _grip(host, number)
    start = QPoint(3, 300)
    qtbot.mousePress(grip, Qt.MouseButton.LeftButton, pos=start)
    # The grip moves under the pointer: say where the pointer is in the window.
    target = grip.mapTo(host, start) + QPoint(way, 0)
    qtbot.mouseMove(grip, grip.mapFrom(host, target))
    qtbot.mouseRelease(grip, Qt.MouseButton.LeftButton, pos=grip.mapFrom(host, target))


def test_a_border_that_is_dragged_changes_the_width_and_keeps_it(made, qtbot):
    host = made()
    _drag(qtbot, host, 1, -100)
    assert host.right.width() == 432
    assert host.session.settings.columns == {"dataset.right": 432}
    assert made(host.session).right.width() == 432


def test_a_double_click_resets_and_forgets_the_width(made, qtbot):
    host = made(FakeSession(**{"dataset.left": 300}))
    assert host.left.width() == 300
    qtbot.mouseDClick(_grip(host, 0), Qt.MouseButton.LeftButton)
    assert host.left.width() == 224
    assert host.session.settings.columns == {}


def test_a_column_is_not_squeezed_but_shuts_and_can_be_pulled_open_again(made, qtbot):
    host = made()
    _drag(qtbot, host, 1, 80)
    assert host.right.width() == 280
    _drag(qtbot, host, 1, 250)
    assert not host.right.isVisible()
    qtbot.waitUntil(lambda: host.stage.width() == 1200 - 224)
    assert _grip(host, 1).isVisible()
    _drag(qtbot, host, 1, -300)
    assert host.right.isVisible()
    assert host.right.width() == 300


def test_a_wide_column_gives_way_to_the_stage_in_a_small_window(made):
    host = made(FakeSession(**{"dataset.right": 560}))
    assert host.right.width() == 560
    host.resize(1000, 600)
    assert host.width() == 1000
    assert host.right.width() == 1000 - 224 - 400
    host.resize(1200, 600)
    assert host.right.width() == 560


def test_tab_on_the_stage_hides_the_columns_and_shows_them_again(made, qtbot):
    host = made()
    host.activateWindow()
    qtbot.waitUntil(host.isActiveWindow)
    host.stage.setFocus()
    qtbot.keyClick(host.stage, Qt.Key.Key_Tab)
    assert [host.left.isVisible(), host.right.isVisible()] == [False, False]
    qtbot.waitUntil(lambda: host.stage.width() == 1200)
    host.columns.show(host.left, True)
    assert not host.left.isVisible()
    qtbot.keyClick(host.stage, Qt.Key.Key_Tab)
    assert [host.left.isVisible(), host.right.isVisible()] == [True, True]


def test_a_column_slides_and_the_picture_that_slid_is_gone_afterwards(made, qtbot):
    host = made()
    motion.set_reduced(False)
    widths = []
    host.columns.toggle()
    (left, right) = host.findChildren(motion._Ghost)
    assert [left.width(), right.width()] == [224, 332]
    assert not host.left.isVisible()
    left.destroyed.connect(lambda: widths.append("gone"))
    qtbot.waitUntil(lambda: host.findChildren(motion._Ghost) == [] and host.stage.width() == 1200)
    host.columns.toggle()
    assert not host.left.isVisible()
    qtbot.waitUntil(host.left.isVisible)
    assert host.left.width() == 224
    assert widths == ["gone"]


def test_turning_back_half_way_ends_where_the_user_wants(made, qtbot):
    host = made()
    motion.set_reduced(False)
    host.columns.toggle()
    host.columns.toggle()
    qtbot.waitUntil(lambda: host.findChildren(motion._Ghost) == [])
    assert host.left.isVisible()
    assert host.right.isVisible()


def test_a_panel_slides_open_to_its_whole_height(made, qtbot):
    host = made()
    panel = Panel("Sources")
    panel.body.addWidget(label("Done"))
    host.left.add(panel)
    qtbot.waitUntil(panel.isVisible)
    high = panel._area.height()
    motion.set_reduced(False)
    panel.set_open(False)
    assert not panel._area.isVisible()
    (ghost,) = panel.findChildren(motion._Ghost)
    assert ghost.height() == high
    qtbot.waitUntil(lambda: panel.findChildren(motion._Ghost) == [])
    panel.set_open(True)
    qtbot.waitUntil(panel._area.isVisible)
    qtbot.waitUntil(lambda: panel._area.height() == high)


def test_reduced_motion_is_at_once(made):
    host = made()
    host.columns.toggle()
    assert host.findChildren(motion._Ghost) == []
    assert not host.right.isVisible()
