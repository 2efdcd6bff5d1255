"""Grids whose checkpoints are gone, damaged, or of another family."""

from __future__ import annotations

import numpy as np
import pytest

from engine.sampling.request import ImageRequest
from engine.validation import manifest
from engine.validation.export.request import ExportGridRequest
from engine.validation.request import GridRequest
from engine.validation.store import CellStore
from tests.app.bad_input.conftest import drop, other_lora


@pytest.fixture
def validate(page, opened):
    view = page("validate")
    view.dry_run.pause.setInterval(0)
    return view


def test_a_lora_of_another_family_is_refused_in_the_set_up(validate, settle, tmp_path, said, qtbot):
    drop(validate, other_lora(tmp_path))
    settle()
    validate.setup.prompts.add(["a boat"])
    settle()
    assert not validate.panel.start.isEnabled()
    said(validate.panel.cached.text(), "other")


def test_a_lora_that_is_gone_is_named_in_place_and_by_the_start(
    validate, opened, settle, tmp_path, said, toast, qtbot
):
    path = other_lora(tmp_path)
    path.unlink()
    validate.setup.prompts.add(["a boat"])
    drop(validate, path)
    settle()
    qtbot.waitUntil(lambda: not validate.dry_run.is_waiting)
    settle()
    said(validate.panel.cached.text(), "other")
    assert opened.toasts.shown == []


def test_a_grid_whose_checkpoint_was_deleted_opens_with_what_is_left(
    validate, opened, settle, tmp_path
):
    request = GridRequest(
        folder=str(opened.session.project.grids / "old"),
        checkpoints=(str(tmp_path / "deleted.safetensors"),),
        prompts=("a boat",),
        image=ImageRequest(),
    )
    (position,) = request.positions()
    manifest.write_manifest(request, [("f" * 64, position)], {})
    validate.state.open(manifest.open_grid(opened.session.project.grids / "old"))
    settle()
    assert validate.stage.currentWidget() is validate.grid
    assert validate.state.title_of(request.checkpoints[0]) == "deleted"
    assert [toast.text for toast in opened.toasts.shown] == []


def test_a_picture_of_a_grid_that_finds_no_room_says_so(
    validate, opened, settle, tmp_path, full_disk, toast
):
    request = GridRequest(folder=str(opened.session.project.grids / "old"), prompts=("a boat",))
    (position,) = request.positions()
    manifest.write_manifest(request, [("f" * 64, position)], {})
    validate.state.open(manifest.open_grid(opened.session.project.grids / "old"))
    CellStore(request.cells_folder).put("f" * 64, np.zeros((8, 8, 3), np.uint8), "")
    full_disk()
    asked = ExportGridRequest(grid=request.folder, path=str(tmp_path / "grid.png"))
    opened.session.start(validate.exports.export(asked))
    settle()
    toast("grid.png")
    assert not list(tmp_path.glob("*.tmp"))
