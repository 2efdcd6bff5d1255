from __future__ import annotations

from pathlib import Path

import pytest

from app.models.at_hand import read_models
from app.settings.view import View as Settings
from engine.models.approvals import Approval, Said, verdict_path, write_approval
from engine.models.hashes import file_sha256
from engine.project.project import Project
from engine.project.settings import data_dir
from engine.training.config import TrainRequest
from engine.training.runs import Run
from tests.app.models.conftest import click, write_lora

WORDS = Said(template="Use {name} at weight {weight}.", facts={"name": "epoch 6", "weight": "0.8"})


@pytest.fixture
def approved(shelf):
    """One of the team's, beside the user's own."""
    path = write_lora(data_dir() / "models" / "approved" / "zebra.safetensors", seed=5)
    verdict = Approval(
        name="epoch 6",
        weight=0.8,
        sha256=file_sha256(path),
        bytes=path.stat().st_size,
        when=0.0,
        note="Good for props.",
        said=(WORDS,),
        measures={"style_fit": 0.81, "held_out_loss": 0.0931},
    )
    write_approval(path, verdict)
    return path


def texts(models):
    return " ".join(models.inspector.approval.said)


def test_the_inspector_tells_the_verdict_and_uses_its_weight(approved, models, settle, tongue):
    models.receive(path=str(approved))
    settle()
    panel = models.inspector.approval
    assert panel.isVisible()
    assert "Good for props." in texts(models)
    fit = "Style fit 0.81" if tongue == "en" else "风格吻合度 0.81"
    assert fit in texts(models)
    assert ("Use epoch 6 at weight 0.8." in texts(models)) == (tongue == "en")
    assert models.inspector.use.weight.value == 0.8


def test_what_is_not_approved_has_no_verdict(approved, models, settle):
    models.receive(path=str(data_dir() / "models" / "icons.safetensors"))
    settle()
    assert not models.inspector.approval.isVisible()
    assert models.inspector.use.weight.value == 1.0


def test_an_approval_is_withdrawn_here_too(approved, models, settle, toasts, tmp_path, monkeypatch):
    trash = tmp_path / "trash"
    trash.mkdir()
    monkeypatch.setattr("app.trash.to_trash", lambda path: Path(path).rename(trash / path.name))
    models.receive(path=str(approved))
    settle()
    click(models.inspector.approval.withdraw)
    settle()
    assert not approved.exists()
    assert "zebra.safetensors" not in [info.path.name for info in models.list.models]
    toasts[-1]["on_action"]()
    settle()
    assert approved.is_file()
    assert verdict_path(approved).is_file()


def test_canvas_is_offered_approved_models_first_with_their_weight(approved):
    choices = read_models(None, "starter", ()).loras
    assert Path(choices[0].path).name == "zebra.safetensors"
    assert choices[0].weight == 0.8
    assert all(choice.approval is None for choice in choices[1:])


def test_a_checkpoint_and_its_approved_copy_are_one(approved, tmp_path):
    project = Project.create(tmp_path / "project", "Icons", [])
    request = TrainRequest(project=str(project.root), output_name="style")
    run = Run.create(project.runs / "style", request)
    for epoch, seed in ((1, 5), (2, 6)):
        path = write_lora(run.folder / "checkpoints" / f"style-{epoch}.safetensors", seed=seed)
        told = {"epoch": epoch, "step": epoch, "path": str(path), "loss": 0.1}
        run.log_event("train.checkpoint", told)
    run.end("finished")
    own, other = (str(one.path) for one in run.checkpoints())
    models = read_models(project, "starter", [own])
    paths = [choice.path for choice in models.loras]
    assert paths[0] == str(approved)
    assert own not in paths
    assert other in paths
    assert models.lora(own).path == str(approved)  # what uses the checkpoint has its name and kind
    approved.unlink()
    assert own in [choice.path for choice in read_models(project, "starter", ()).loras]


def test_a_model_that_changed_since_is_offered_as_any_other(approved):
    write_lora(approved, seed=6)
    choices = read_models(None, "starter", ()).loras
    assert choices[-1].approval is None
    assert choices[-1].weight == 1.0


def test_the_teams_library_is_chosen_in_the_settings_and_listed(session, settle, tmp_path, qtbot):
    page = Settings(session)
    qtbot.addWidget(page)
    page.show()
    assert page.team.text() == str(data_dir() / "models" / "approved")
    assert not page.team_reset.isVisible()
    page._take_team(str(tmp_path / "share"))
    settle()
    assert session.settings.team_library == str(tmp_path / "share")
    assert page.team.text() == str(tmp_path / "share")
    click(page.team_reset)
    settle()
    assert session.settings.team_library == ""


def test_a_weight_of_ones_own_counts_more_than_the_teams(approved, models, settle):
    models.receive(path=str(approved))
    settle()
    models.inspector.use.weight.changed.emit(1.0)
    settle()
    assert read_models(None, "starter", ()).loras[0].weight == 1.0
