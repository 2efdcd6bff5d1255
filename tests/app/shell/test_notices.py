"""The bell and the list behind it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QLabel, QMenu

from app.i18n import set_language, tr
from app.theme import color
from app.widgets.buttons import Button
from engine.runtime.errors import StorageError
from engine.runtime.files import require_target
from engine.runtime.job import JobHandle
from engine.training.config import TrainRequest


def _click(qtbot, widget):
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


def _said(window):
    labels = window.panels.notice_panel._scroll.findChildren(QLabel)
    return [one.text() for one in labels if one.wordWrap()]


def _dot(window):
    picture = window.bar.bell.grab().toImage()
    scale = picture.devicePixelRatio()
    return picture.pixelColor(round((picture.width() / scale - 8.5) * scale), round(7.5 * scale))


@pytest.fixture
def spoken(window, session, settle):
    session.notify("Done")
    session.notify("Exported {n} pictures to {folder}.", n=3, folder="exports")
    settle()
    return window


def test_the_list_is_not_built_before_it_is_asked_for(spoken):
    assert "notice_panel" not in vars(spoken)


def test_one_thing_is_told_in_the_singular_in_the_language_of_the_moment(spoken, session):
    many = "Copied {n} pictures into the project."
    for count in (1, "1", 2):
        session.notify("Copied {n} picture into the project.", many, n=count)
    told = [notice.text for notice in list(spoken.notices.kept)[:3]]
    assert told == [
        "Copied 2 pictures into the project.",
        "Copied 1 picture into the project.",
        "Copied 1 picture into the project.",
    ]
    set_language("zh_CN")
    assert [notice.text for notice in list(spoken.notices.kept)[1:3]] == [
        "已将 1 张图片复制到项目中。"
    ] * 2
    set_language("en")


def test_what_the_system_says_is_told_in_the_language_of_the_moment(spoken, session, tmp_path):
    with pytest.raises(StorageError) as refused:
        require_target(tmp_path / ("x" * 300))
    session.show_error(refused.value)
    notice = spoken.notices.kept[0]
    assert "cannot be written: the name is too long. Choose a shorter name." in notice.text
    set_language("zh_CN")
    assert notice.text == f"无法写入 {'x' * 40}…：名称过长。请换一个较短的名称。"
    set_language("en")


def test_the_bell_shows_a_dot_until_its_list_was_opened(window, session, qtbot):
    rest = _dot(window)
    session.notify("Done")
    assert _dot(window).name() == color("acc").name()
    assert window.bar.bell.toolTip() == "Notifications: 1 unread"
    _click(qtbot, window.bar.bell)
    assert window.panels.notice_panel.isVisible()
    _click(qtbot, window.bar.bell)
    assert not window.panels.notice_panel.isVisible()
    assert window.bar.bell.toolTip() == "Notifications"
    assert _dot(window) == rest


def test_what_went_wrong_gives_the_dot_another_color(window, session):
    session.notify("Done", error=True)
    assert _dot(window).name() == color("err").name()


def test_the_list_has_the_newest_first_and_follows_the_language(spoken, qtbot):
    _click(qtbot, spoken.bar.bell)
    assert _said(spoken) == ["Exported 3 pictures to exports.", "Done"]
    set_language("zh_CN")
    assert _said(spoken)[1] == "完成"


def test_what_is_said_while_the_list_is_open_is_added_and_read(spoken, session, qtbot):
    _click(qtbot, spoken.bar.bell)
    session.notify("Cancelled.")
    assert _said(spoken)[0] == "Cancelled."
    assert spoken.notices.unread == []


def test_an_action_works_from_the_list_but_an_old_undo_is_not_offered(window, session, qtbot):
    ran = []
    session.notify("Done", action="Show", on_action=lambda: ran.append("show"))
    session.notify("Cancelled.", action="Undo", on_action=lambda: ran.append("undo"))
    _click(qtbot, window.bar.bell)
    offered = window.panels.notice_panel._scroll.findChildren(Button)
    assert [one.text() for one in offered] == ["Show"]
    _click(qtbot, offered[0])
    assert ran == ["show"]
    assert not window.panels.notice_panel.isVisible()


def test_a_toast_that_was_answered_is_not_unread(window, session, qtbot):
    session.notify("Done", action="Show", on_action=lambda: None)
    (toast,) = window.toasts.shown
    _click(qtbot, toast.findChildren(Button)[0])
    assert window.notices.unread == []
    assert len(window.notices.kept) == 1


def test_clear_forgets_everything_and_says_what_the_list_is_for(spoken, qtbot):
    _click(qtbot, spoken.bar.bell)
    _click(qtbot, spoken.panels.notice_panel._clear)
    assert spoken.panels.notice_panel._empty.isVisible()
    assert not spoken.panels.notice_panel._scroll.isVisible()


def test_the_queue_and_the_notifications_are_never_open_together(spoken, qtbot):
    _click(qtbot, spoken.bar.bell)
    _click(qtbot, spoken.bar.queue)
    assert not spoken.panels.notice_panel.isVisible()
    _click(qtbot, spoken.bar.bell)
    assert not spoken.panels.queue.isVisible()
    qtbot.keyClick(spoken, Qt.Key.Key_Escape)
    assert not spoken.panels.notice_panel.isVisible()


def _finished(window, name="pixel-style"):
    handle = JobHandle(TrainRequest(output_name=name, project="art"))
    handle.state = "done"
    window.session.job_finished.emit(handle)


def test_long_work_that_ended_elsewhere_is_told_and_leads_there(window, settle):
    _finished(window)
    settle()
    assert [toast.text for toast in window.toasts.shown] == ["Train pixel-style: done."]
    _press_show(window)
    settle()
    assert window.pages.current == "train"


def test_work_that_ended_before_ones_eyes_is_only_kept(window, settle):
    window.navigate("train", {})
    settle()
    _finished(window)
    assert window.toasts.shown == []
    assert [notice.text for notice in window.notices.kept] == ["Train pixel-style: done."]
    assert window.notices.unread == []


def test_what_offers_to_undo_goes_with_the_undo(window, session, settle):
    session.notify("Done", action="Undo", on_action=lambda: None)
    session.notify("Exported {n} pictures to {folder}.", n=3, folder="exports")
    assert len(window.toasts.shown) == 2
    session.undone.emit()
    assert [toast.text for toast in window.toasts.shown] == ["Exported 3 pictures to exports."]


def test_toasts_stand_beside_each_other_and_speak_the_language_of_the_moment(window, session):
    session.notify("Exported {n} pictures to {folder}.", n=3, folder="exports")
    session.notify("Done", action="Undo", on_action=lambda: None)
    first, second = window.toasts.shown
    assert first.y() == second.y()
    assert first.x() < second.x()
    assert first.geometry().right() - second.x() < 12  # their shadows
    try:
        set_language("zh_CN")
        assert first.text == tr("Exported {n} pictures to {folder}.", n=3, folder="exports")
        assert "exports" in first.text
        assert not first.text.startswith("Exported")
        assert first._words.width() >= first._words.sizeHint().width()
    finally:
        set_language("en")
    session.notify("{text}", text="word " * 200)
    long, short = window.toasts.shown[1], window.toasts.shown[0]
    assert long.y() > short.y()
    assert short.geometry().intersected(long.geometry()).height() <= 16


def _press_show(window):
    toast = window.toasts.shown[0]
    next(button for button in toast.findChildren(Button) if button.text() == "Show").click()


def test_the_list_goes_with_a_press_elsewhere_and_with_the_workspace(spoken, qtbot):
    bell, panel = spoken.bar.bell, spoken.panels.notice_panel
    _click(qtbot, bell)
    assert panel.isVisible()
    qtbot.mousePress(spoken.bar.language, Qt.MouseButton.LeftButton)
    assert not panel.isVisible()
    qtbot.mouseRelease(spoken.bar.language, Qt.MouseButton.LeftButton)
    for menu in spoken.findChildren(QMenu):
        menu.close()
    _click(qtbot, bell)
    assert panel.isVisible()
    _click(qtbot, panel)  # inside it
    assert panel.isVisible()
    _click(qtbot, bell)
    assert not panel.isVisible()
    _click(qtbot, bell)
    spoken.navigate("models", {})
    assert not panel.isVisible()


def test_a_toast_that_only_thinks_that_the_pointer_is_over_it_goes(window, session, monkeypatch):
    session.notify("Done")
    (view,) = window.toasts.shown
    here = view.mapToGlobal(view.rect().center())
    monkeypatch.setattr(QCursor, "pos", lambda: here)
    view._timer.timeout.emit()
    assert window.toasts.shown == [view]
    monkeypatch.setattr(QCursor, "pos", lambda: here + QPoint(0, 400))
    view._timer.timeout.emit()
    assert window.toasts.shown == []
