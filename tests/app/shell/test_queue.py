from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace

import pytest
import shiboken6
from PySide6.QtCore import Qt

from app.bridge import Bridge
from app.i18n import set_language, tr
from app.session import Session
from app.shell.guide import GuideBar
from app.shell.jobs import line_of, workspace_of
from app.shell.queue_panel import JobRow, StoredRow
from app.shell.window import MainWindow
from app.widgets.buttons import Button
from app.widgets.panel import IconLabel
from engine.dataset.requests import ImportRequest
from engine.project.project import Project
from engine.project.settings import Settings, data_dir
from engine.runtime import job as job_module
from engine.runtime.errors import StylekilnError
from engine.runtime.events import Progress
from engine.runtime.job import JobHandle
from engine.runtime.queue_store import QueueStore
from engine.runtime.thread import Engine
from engine.training.config import TrainRequest
from engine.training.runs import Run
from engine.validation.request import GridRequest, four_axes
from tests.app.shell.jobs import CountRequest, RecordedRequest


@pytest.fixture
def finish(loop, session):
    """Start the engine and wait for a job and for the last word about it."""

    def run(handle):
        async def wait():
            ended = asyncio.get_running_loop().create_future()
            session.job_finished.connect(
                lambda one: ended.set_result(one) if one is handle else None
            )
            session.bridge.engine.start()
            await asyncio.wait_for(ended, 20)

        loop.run_until_complete(wait())

    return run


def test_the_queue_shows_what_waits_and_the_button_counts_it(window, session, qtbot):
    session.bridge.submit(CountRequest())
    assert window.bar.queue.text() == "Queue 1"
    qtbot.mouseClick(window.bar.queue, Qt.MouseButton.LeftButton)
    assert window.panels.queue.isVisible()
    (row,) = window.panels.queue.rows.values()
    assert row._phase.text() == "Waiting"


def test_a_finished_job_says_so_and_its_cross_takes_it_away(window, session, finish, qtbot):
    handle = session.bridge.submit(CountRequest())
    finish(handle)
    window.panels.toggle_queue()
    row = window.panels.queue.rows[handle.id]
    assert row._phase.text() == "Done"
    assert window.bar.queue.text() == "Queue"
    qtbot.mouseClick(row._stop, Qt.MouseButton.LeftButton)
    assert window.panels.queue.rows == {}


def test_a_failed_job_says_why_and_what_to_do(window, session, finish):
    handle = session.bridge.submit(CountRequest(fails=True))
    finish(handle)
    window.panels.queue.rebuild()
    shown = window.panels.queue.rows[handle.id]._phase.text()
    assert shown == "The loss is not a number. Lower the learning rate."


def test_the_cross_of_a_waiting_job_cancels_it(window, session, qtbot):
    handle = session.bridge.submit(CountRequest())
    window.panels.toggle_queue()
    qtbot.mouseClick(window.panels.queue.rows[handle.id]._stop, Qt.MouseButton.LeftButton)
    assert handle.cancelled()


def test_the_pause_button_holds_the_job_and_lets_it_go_on(window, session, qtbot):
    handle = session.bridge.submit(CountRequest())
    window.panels.toggle_queue()
    pause = window.panels.queue.rows[handle.id]._pause
    qtbot.mouseClick(pause, Qt.MouseButton.LeftButton)
    assert handle.paused
    qtbot.mouseClick(pause, Qt.MouseButton.LeftButton)
    assert not handle.paused


def test_the_work_of_the_tour_belongs_to_its_stage():
    from engine.tour.plan import TourRequest

    assert workspace_of(TourRequest(project="x", stage="validate")) == "validate"
    assert workspace_of(CountRequest()) == ""


class FakeStage:
    def __init__(self, name):
        self.name = name
        self.workspace = "models"
        self.title, self.intro, self.button = f"Title {name}", f"Intro {name}", f"Do {name}"


def test_the_guide_offers_its_stages_one_by_one(window, session):
    guide = GuideBar(session, [FakeStage("one"), FakeStage("two")])
    assert guide.next.text() == "Do one"
    assert guide._words.text() == "Intro one"
    assert not guide.running


def test_the_guide_can_be_left_and_opened_again(window, qtbot):
    window.show_guide([FakeStage("one")])
    bar = window.guide
    assert bar.isVisible()
    bar.closed.emit()
    assert window.guide is None
    assert not bar.isVisible()


def test_a_guide_that_was_closed_stays_closed_until_somebody_asks_for_it(
    window, session, settle, qtbot
):
    root = Project.create(data_dir() / "projects" / "Sample", "Sample").root

    def reopened():
        session.settings = Settings.load()  # as after a restart
        session.start(session.close_project())
        settle()
        session.open_folder(root)
        settle()
        return window.guide

    assert reopened().isVisible()
    window.close_guide()
    assert reopened().isVisible()
    qtbot.mouseClick(window.guide.leave, Qt.MouseButton.LeftButton)
    settle()
    assert window.guide is None
    assert reopened() is None
    window.start_guide()
    settle()
    assert window.guide.isVisible()
    window.close_guide()
    assert reopened().isVisible()


def test_a_failed_stage_is_told_and_can_be_tried_again(window, session):
    guide = GuideBar(session, [FakeStage("one")])
    guide._fail(StylekilnError("It failed.", remedy="Try again."))
    assert guide._words.text() == "It failed. Try again."
    assert guide.next.text() == "Do one"
    assert not guide.finished


def test_show_leads_to_the_grid_of_its_own_work(window, session, tmp_path):
    gone = []
    session.navigated.connect(lambda place, payload: gone.append((place, payload)))
    request = GridRequest(
        folder=str(tmp_path / "grid"), axes=four_axes(("",), (1.0,), (1,), ("castle",))
    )
    row = JobRow(session, JobHandle(request))
    show = next(one for one in row.findChildren(Button) if one.text() == "Show")
    show.click()
    assert gone == [("validate", {"grid": str(tmp_path / "grid")})]


def test_a_grid_counts_whole_cells_and_says_that_it_is_paused(tmp_path):
    request = GridRequest(
        folder=str(tmp_path / "grid"), axes=four_axes(("",), (1.0,), (1,), ("castle",))
    )
    handle = JobHandle(request)
    handle.meter.update(8, 456, "Drawing cells", share=0.035)
    assert line_of(handle).startswith("1 %")
    handle.pause()
    assert line_of(handle) == "1 %, paused"


def test_a_long_name_of_work_is_cut_with_dots(window, session, qtbot, tmp_path):
    request = GridRequest(
        folder=str(tmp_path / ("2026-11-24-a-rather-long-name-of-a-run-that-is-drawn" * 2)),
        axes=four_axes(("",), (1.0,), (1,), ("castle",)),
    )
    handle = session.bridge.submit(request)
    qtbot.mouseClick(window.bar.queue, Qt.MouseButton.LeftButton)
    name = window.panels.queue.rows[handle.id]._name
    assert name.elided
    assert name.text().endswith(Path(request.folder).name)


def test_work_that_was_cut_off_can_be_started_again_or_forgotten(window, session, qtbot, settle):
    for _ in range(2):
        handle = session.bridge.submit(ImportRequest(project="nowhere"))
        session.bridge.engine._store.save(handle, "interrupted")
    session.bridge.jobs.clear()
    window.panels.toggle_queue()
    again = [b for b in window.panels.queue.findChildren(Button) if b.text() == "Start again"]
    assert len(again) == 2
    qtbot.mouseClick(again[0], Qt.MouseButton.LeftButton)
    assert [job.request for job in session.bridge.jobs] == [ImportRequest(project="nowhere")]
    (row,) = window.panels.queue.findChildren(StoredRow)[-1:]
    row.forgotten.emit()
    assert len(session.bridge.interrupted()) <= 1


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Cut off when the application ended"), ("zh_CN", None)]
)
def test_a_long_name_of_work_that_was_cut_off_stands_over_its_state(
    window, session, settle, language, words
):
    set_language(language)
    request = TrainRequest(project="nowhere", output_name="a style of a very long name")
    handle = session.bridge.submit(request)
    session.bridge.engine._store.save(handle, "interrupted")
    session.bridge.jobs.clear()
    window.panels.toggle_queue()
    settle()
    window.grab()  # places the rows
    (row,) = window.panels.queue.findChildren(StoredRow)
    assert row.state.text() == (words or tr("Cut off when the application ended"))
    assert row.name.geometry().bottom() < row.state.geometry().top()
    assert not row.state.elided


@pytest.mark.parametrize(
    ("language", "row", "told"),
    [
        ("en", "Stopped; finished work is kept.", "style: stopped."),
        ("zh_CN", "已停止；已完成的部分会保留。", "style：已停止。"),
    ],
)
def test_a_run_that_was_stopped_and_saved_is_not_told_as_done(window, session, language, row, told):
    set_language(language)
    session.go("dataset")
    handle = session.bridge.submit(TrainRequest(project="nowhere", output_name="style"))
    handle.meter.update(15, 45, "Train {name}", {"name": "style"})
    handle.state = "done"
    handle.set_running_or_notify_cancel()
    handle.set_result(None)
    session.job_finished.emit(handle)
    window.panels.toggle_queue()
    assert window.panels.queue.rows[handle.id]._phase.text() == row
    assert window.notices.kept[0].text.endswith(told)


def test_what_was_cut_off_is_told_with_a_warning_and_not_with_a_tick(window, session):
    handle = session.bridge.submit(ImportRequest(project="nowhere"))
    session.bridge.engine._store.save(handle, "interrupted")
    session.bridge.queue_read.emit()
    (toast,) = window.toasts.shown
    assert (toast.icon._name, toast.icon._tint) == ("triangle-alert", "warn")
    window.panels.toggle_notices()
    icons = window.panels.notice_panel.findChildren(IconLabel)
    assert [(icon._name, icon._tint) for icon in icons] == [("triangle-alert", "warn")]
    session.notify("Done")
    assert window.toasts.shown[-1].icon._name == "check"


def test_the_window_tells_once_that_work_was_cut_off(window, session):
    session.bridge.queue_read.emit()
    assert window.toasts.shown == []
    handle = session.bridge.submit(ImportRequest(project="nowhere"))
    session.bridge.engine._store.save(handle, "interrupted")
    session.bridge.queue_read.emit()
    told = [toast.text for toast in window.toasts.shown]
    assert told == ["Work was cut off when the application last ended."]


@pytest.fixture
def active(window, qtbot):
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    return window


def test_escape_closes_the_queue_and_gives_the_focus_back(active, qtbot):
    active.bar.language.setFocus()
    active.panels.toggle_queue()
    assert active.focusWidget() is active.panels.queue
    qtbot.keyClick(active.panels.queue, Qt.Key.Key_Escape)
    assert not active.panels.queue.isVisible()
    assert active.focusWidget() is active.bar.language


def test_a_page_chosen_on_the_rail_has_the_keyboard_on_its_stage(active, qtbot, settle):
    qtbot.mouseClick(active.rail.buttons["models"], Qt.MouseButton.LeftButton)
    settle()
    view = active.pages.built["models"]
    assert active.focusWidget() is view.focus_target()


class FakeResult:
    sentence, facts = "Done", {}

    def __init__(self, **payload):
        self.payload = payload


@pytest.fixture
def guide(active, loop, settle):
    stages = [FakeStage("one"), FakeStage("two")]
    active.show_guide(stages)
    settle()

    def end(page, index=0, **payload):
        active.navigate(page, {})
        settle()
        loop.run_until_complete(active.guide._done(stages[index], FakeResult(**payload)))
        return active.guide

    return end


def test_a_stage_that_ends_shows_its_page_to_a_user_who_waits_for_it(active, guide):
    guide("models")
    assert active.pages.current == "models"
    assert active.guide.show_page.isHidden()


def test_a_stage_that_ends_leaves_a_user_alone_who_has_gone_elsewhere(active, guide, qtbot, settle):
    bar = guide("settings")
    assert active.pages.current == "settings"
    assert bar._words.text() == "Done"
    assert bar.show_page.isVisible()
    qtbot.mouseClick(bar.show_page, Qt.MouseButton.LeftButton)
    settle()
    assert active.pages.current == "models"
    assert not bar.show_page.isVisible()


def test_a_stage_that_is_started_shows_its_page_wherever_the_user_is(
    active, guide, loop, monkeypatch
):
    async def nothing(_stage):
        return None

    bar = guide("settings")
    monkeypatch.setattr(active.session, "project", SimpleNamespace(root="nowhere"))
    monkeypatch.setattr(active.session.bridge, "submit", lambda request: None)
    monkeypatch.setattr(bar, "_result", nothing)
    stage = FakeStage("canvas")
    loop.run_until_complete(bar._carry_out(stage))
    assert active.pages.current == "models"
    assert bar.show_page.isHidden()


def test_a_button_of_the_guide_that_goes_does_not_hand_its_focus_to_the_next(active, guide):
    bar = guide("models")
    bar.next.setFocus()
    bar._show_running(FakeStage("one"))
    assert active.focusWidget() is active.pages.built["models"].focus_target()
    bar.stop.setFocus()
    bar._show_rest()
    assert active.focusWidget() is active.pages.built["models"].focus_target()


def test_a_running_job_that_was_stopped_says_that_its_work_is_kept(window, session, finish):
    handle = session.bridge.submit(CountRequest(total=10**9))
    session.job_changed.connect(lambda one: one.cancel() if one.progress.step else None)
    finish(handle)
    window.panels.queue.rebuild()
    assert window.panels.queue.rows[handle.id]._phase.text() == "Stopped; finished work is kept."
    assert window.panels.queue.rows[handle.id]._bar.isHidden()


def test_the_time_left_has_its_width_as_soon_as_the_language_changes(window, session):
    session.bridge.submit(CountRequest()).state = "running"
    (handle,) = session.bridge.jobs
    handle.meter._latest = Progress(16, 100, rate=1.0, seconds_left=384.0)
    window.status.show_jobs()
    for code, words in (("zh_CN", "16 %，剩余 6:24"), ("en", "16 %, 6:24 left")):
        set_language(code)
        shown = window.status._left
        assert shown.text() == words
        assert shown.width() >= shown.sizeHint().width()


def test_work_that_closing_cut_off_is_offered_by_the_next_window(
    window, session, loop, tmp_path, qtbot, monkeypatch
):
    monkeypatch.setattr(job_module, "REQUEST_PACKAGES", ("engine.", "tests."))
    run = Run.create(tmp_path / "run", TrainRequest(project="p", output_name="style"))
    session.bridge.submit(RecordedRequest(run=str(run.folder)))
    session.bridge.engine.start()
    qtbot.waitUntil(lambda: run.status == "running" and bool(run.events()))
    session.bridge.engine.close()
    assert run.status == "interrupted"
    bridge = Bridge(lambda: Engine(QueueStore(tmp_path / "queue.sqlite")))
    again = Session(bridge, Settings(reduce_motion=True))
    later = MainWindow(again)
    bridge.engine  # noqa: B018  # reads the queue
    bridge.queue_read.emit()
    assert [toast.text for toast in later.toasts.shown] == [
        "Work was cut off when the application last ended."
    ]
    later.panels.toggle_queue()
    (row,) = later.panels.queue.findChildren(StoredRow)
    row.restarted.emit()
    assert [job.request.run for job in bridge.jobs] == [str(run.folder)]
    shiboken6.delete(later)
    bridge.close()


@pytest.mark.parametrize(("language", "words"), [("en", "Clear finished"), ("zh_CN", "清除已完成")])
def test_what_has_ended_stands_below_the_newest_first_and_can_be_cleared(
    window, session, finish, qtbot, language, words
):
    set_language(language)
    window.panels.toggle_queue()
    queue = window.panels.queue
    assert not queue.clear.isVisible()
    handles = [session.bridge.submit(CountRequest()) for _ in range(3)]
    finish(handles[-1])
    window.grab()  # places the rows
    tops = {key: row.y() for key, row in queue.rows.items()}
    order = sorted(tops, key=lambda key: tops[key])
    assert order == [handle.id for handle in reversed(handles)]
    assert queue.clear.text() == words
    qtbot.mouseClick(queue.clear, Qt.MouseButton.LeftButton)
    assert queue.rows == {}
    assert not queue.clear.isVisible()
    assert queue._empty.isVisible()
