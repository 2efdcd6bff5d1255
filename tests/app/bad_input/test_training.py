"""Training that cannot begin, or ends badly, and run folders that are damaged."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from engine.training.config import TrainRequest
from engine.training.runs import Run


@pytest.fixture
def train(page, opened):
    return page("train")


@pytest.mark.parametrize(
    ("name", "value"),
    [("resolution", "abc"), ("network_dim", 0), ("unet_lr", -1.0), ("max_bucket_reso", 8)],
)
def test_settings_that_are_impossible_are_said_before_the_start(train, said, name, value):
    train.state.change(**{name: value})
    problem = train.settings.before.problem
    assert problem.isVisible()
    assert problem.text()
    assert not train.settings.start_button.isEnabled()
    train.start()
    assert train.state.live.next_job() is None


def test_without_pictures_there_is_no_start_and_it_says_why(train, opened, art, settle, said):
    for path in art.glob("*.png"):
        path.unlink()
    opened.session.start(opened.session.rescan())
    settle()
    said(train.settings.before.facts[0].text())
    assert not train.settings.start_button.isEnabled()


@pytest.mark.parametrize("name", ["gone.safetensors", "short.safetensors"])
def test_a_base_model_that_is_gone_or_damaged_is_told_when_the_run_starts(
    train, opened, settle, finish, toast, qtbot, tmp_path, name
):
    model = tmp_path / name
    if name.startswith("short"):
        model.write_bytes(b"\x10\0\0")
    train.state.change(base_model=str(model))
    qtbot.mouseClick(train.settings.start_button, Qt.MouseButton.LeftButton)
    handle = train.state.live.next_job()
    opened.navigate("models", {})
    finish(handle)
    settle()
    assert handle.state == "failed"
    toast(name)
    qtbot.waitUntil(train.settings.start_button.isEnabled)


@pytest.fixture
def run(opened, art):
    request = TrainRequest(project=str(opened.session.project.root), output_name="sea")
    made = Run.create(opened.session.project.runs / "sea", request)
    made.end("finished")
    return made


@pytest.mark.parametrize("workspace", ["train", "validate"])
def test_a_run_with_malformed_toml_is_still_listed(opened, run, page, settle, workspace, tmp_path):
    checkpoint = run.folder / "checkpoints" / "sea.safetensors"
    checkpoint.write_bytes(b"weights")
    run.log_event("train.checkpoint", {"epoch": 1, "step": 4, "path": str(checkpoint),
                                       "bytes": 7, "loss": 0.3})  # fmt: skip
    (run.folder / "config.toml").write_text("resolution = [512,\n", encoding="utf-8")
    view = page(workspace)
    names = [one.name for one in (view.state.runs if workspace == "train" else view.setup.runs)]
    assert names == ["sea"]
    assert [toast.text for toast in opened.toasts.shown] == []


def test_a_run_whose_process_was_killed_is_called_interrupted(opened, run, page, said):
    (run.folder / "run.json").write_text(
        '{"name": "sea", "status": "running", "started": 1.0, "pid": 1}', encoding="utf-8"
    )
    view = page("train")
    assert view.state.story.status == "interrupted"
    said(view.stage.bar.phase.text())
