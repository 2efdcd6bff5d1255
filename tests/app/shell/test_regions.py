"""F6 from region to region, and Tab on the stage of a real workspace."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt

from app.theme import motion
from app.theme.focus import FocusRing
from app.widgets.fields import Check


@pytest.fixture
def models(window, qtbot, settle):
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.mouseClick(window.rail.buttons["models"], Qt.MouseButton.LeftButton)
    settle()
    return window


def _f6(qtbot, window, back=False):
    key = Qt.KeyboardModifier.ShiftModifier if back else Qt.KeyboardModifier.NoModifier
    qtbot.keyClick(window.focusWidget() or window, Qt.Key.Key_F6, key)
    return window.focusWidget()


def test_f6_goes_through_the_regions_and_back_to_the_stage(models, qtbot):
    view = models.pages.built["models"]
    left, stage, right = view.columns.regions()
    order = [right, models.rail, models.bar, left, stage]
    assert models.focusWidget() is view.table
    for region in order:
        reached = _f6(qtbot, models)
        assert region.isAncestorOf(reached)
        ring = models.findChild(FocusRing)
        assert ring is not None
        assert ring.isVisible()
    assert models.focusWidget() is view.table
    assert left.isAncestorOf(_f6(qtbot, models, back=True))


def test_f6_comes_to_the_current_workspace_and_back_to_where_the_user_was(models, qtbot):
    _f6(qtbot, models)
    assert _f6(qtbot, models) is models.rail.buttons["models"]
    _f6(qtbot, models)
    qtbot.keyClick(models.focusWidget(), Qt.Key.Key_Tab)
    left = models.focusWidget()
    _f6(qtbot, models)
    assert _f6(qtbot, models, back=True) is left


def test_a_click_on_the_stage_takes_its_ring_away(models, qtbot):
    for _ in range(5):
        _f6(qtbot, models)
    view = models.pages.built["models"]
    assert models.focusWidget() is view.table
    assert models.findChild(FocusRing).isVisible()
    qtbot.mouseClick(view.table, Qt.MouseButton.LeftButton)
    assert not models.findChild(FocusRing).isVisible()


def test_tab_hides_the_columns_of_the_page_and_f6_passes_them_by(models, qtbot):
    view = models.pages.built["models"]
    qtbot.keyClick(view.table, Qt.Key.Key_Tab)
    assert [one.isVisible() for one in view.columns.regions()] == [False, True, False]
    assert models.rail.isAncestorOf(_f6(qtbot, models))
    models.toggle_columns()
    assert all(one.isVisible() for one in view.columns.regions())


def test_tab_in_a_field_goes_on_as_everywhere(models, qtbot):
    view = models.pages.built["models"]
    view.search.setFocus()
    qtbot.keyClick(view.search, Qt.Key.Key_Tab)
    assert models.focusWidget() is not view.search
    assert view.columns.regions()[0].isVisible()


def test_reduced_motion_is_a_setting_that_works_at_once(window, qtbot, settle):
    window.navigate("settings", {})
    calm = window.pages.built["settings"].calm
    assert isinstance(calm, Check)
    assert motion.reduced()
    qtbot.mouseClick(calm, Qt.MouseButton.LeftButton, pos=QPoint(8, calm.height() // 2))
    settle()
    assert not motion.reduced()
    assert window.session.settings.reduce_motion is False
