"""What the window does for the next run: it offers what was cut off, and takes settings back."""

from __future__ import annotations

import pytest
from PIL import Image
from PySide6.QtCore import Qt

from app.widgets.buttons import Button
from engine.training.config import TrainRequest
from engine.training.runs import Run
from engine.training.state import STATE_FILE


@pytest.fixture
def project(window, tmp_path, settle):
    """An open project with one run that a crash ended at its twelfth step."""
    (tmp_path / "art").mkdir()
    Image.new("RGB", (64, 64), "red").save(tmp_path / "art" / "fox.png")
    session = window.session
    session.open_folder(tmp_path / "art")
    settle()
    project = session.project
    request = TrainRequest(project=str(project.root), output_name="harvest-v3")
    run = Run.create(project.runs / "harvest-v3", request)
    state = run.folder / "states" / "twelve"
    state.mkdir(parents=True)
    (state / STATE_FILE).write_bytes(b"")
    run.log_event("train.state", {"epoch": 1, "step": 12, "bytes": 0, "path": str(state)})
    run.end("interrupted")
    return project


def test_a_run_that_was_cut_off_is_offered_and_goes_on_with_a_click(
    window, project, settle, qtbot
) -> None:
    session = window.session
    session.open_folder(project.root)
    settle()
    offer = next(toast for toast in window.toasts.shown if toast.action == "Resume")
    assert offer.text == "harvest-v3 was cut off at step 12."
    qtbot.mouseClick(offer.findChild(Button), Qt.MouseButton.LeftButton)
    settle()
    (job,) = session.bridge.jobs
    assert job.request.resume.endswith("twelve")
    assert window.pages.current == "train"
    assert "resume" not in shown_notes(window)
    job.cancel()


def shown_notes(window) -> set[str]:
    lines = window.pages.built["train"].settings.before.lines
    return {key for key, line in lines.items() if line.isVisible()}


def test_a_preset_is_taken_back_with_the_button_of_the_window(
    window, project, settle, qtbot
) -> None:
    window.navigate("train", {})
    settle()
    settings = window.pages.built["train"].settings
    before = dict(settings.state.values)
    settings.simple.shelf.put(settings.simple.shelf.presets[0])
    assert settings.state.values != before
    window._show_undo()
    qtbot.mouseClick(window.bar.undo, Qt.MouseButton.LeftButton)
    assert settings.state.values == before
    assert not window.bar.undo.isEnabled()
