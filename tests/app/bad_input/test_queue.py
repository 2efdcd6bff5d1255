"""Work that a killed process left behind, and records that cannot be read back."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from app.shell.queue_panel import StoredRow
from app.widgets.buttons import Button
from engine.runtime.job import JobHandle
from engine.training.config import TrainRequest


@pytest.fixture
def killed(window, session, tmp_path):
    """A training run of a process that was killed."""
    handle = JobHandle(TrainRequest(train_data_dir=str(tmp_path), output_dir=str(tmp_path / "run"),
                                    output_name="boats-v1"))  # fmt: skip
    session.bridge.engine._store.save(handle, "interrupted")
    return handle


def stored_row(window):
    """The one row of the queue about work that was cut off."""
    window.panels.toggle_queue()
    (row,) = [row for row in window.panels.queue.findChildren(StoredRow) if row.isVisible()]
    return row


def restart(window, qtbot):
    row = stored_row(window)
    (again,) = [one for one in row.findChildren(Button) if one.icon_name == "rotate-ccw"]
    qtbot.mouseClick(again, Qt.MouseButton.LeftButton)


def test_a_killed_run_is_told_and_starts_again_with_a_click(
    window, session, killed, qtbot, said, settle
):
    row = stored_row(window)
    name, cut_off = row.findChildren(QLabel)[:2]
    said(name.text(), "boats-v1")
    said(cut_off.text())
    window.panels.toggle_queue()
    restart(window, qtbot)
    (job,) = session.bridge.jobs
    assert job.request == killed.request
    assert session.bridge.interrupted() == []
    said(window.panels.queue.rows[job.id]._name.text(), "boats-v1")


def test_work_of_another_version_says_that_it_cannot_be_started(
    window, session, killed, qtbot, toast, monkeypatch
):
    base = session.bridge.engine._store._base
    base.execute("UPDATE jobs SET record = replace(record, 'output_name', 'newer_name')")
    restart(window, qtbot)
    toast("boats-v1")
    assert session.bridge.jobs == []
    (row,) = window.panels.queue.findChildren(StoredRow)[-1:]
    row.forgotten.emit()
    assert session.bridge.interrupted() == []


def test_phases_that_hold_a_name_are_in_the_language_of_the_window(window, session, language):
    handle = session.bridge.submit(
        TrainRequest(train_data_dir="a", output_dir="b", output_name="boats-v1")
    )
    handle.state = "running"
    handle.meter.update(3, 10, "Train {name}", {"name": "pixel-style"})
    window.panels.toggle_queue()
    row = window.panels.queue.rows[handle.id]
    words = {"en": "Train pixel-style", "zh_CN": "训练 pixel-style"}
    assert row._phase.text() == words[language]
    handle.cancel()
