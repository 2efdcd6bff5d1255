"""The whole journey, shortened: raw icons in, a learned style, a pick, a repainted region out."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from engine.canvas import shelf, storage
from engine.canvas.rect import Rect
from engine.commands import cli
from engine.dataset.library import Library
from engine.imaging.decode import load_rgba
from engine.project.project import Project
from engine.runtime.errors import BadInputError
from engine.runtime.job import Job
from engine.runtime.resources import resource
from engine.tour import plan, sheet, stages
from engine.tour.painting import SKETCH, SKETCH_FIELD
from engine.validation.manifest import open_grid

EPOCHS, SAVE_EVERY, STEPS = 20, 4, 12


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """The tour's folder after `main.py tour`, with 80 of its 288 steps."""
    folder = tmp_path_factory.mktemp("tour")
    patch = pytest.MonkeyPatch()
    whole, drawn = plan.train_request, plan.image_request

    def short(project):
        changes = {
            "max_train_epochs": EPOCHS,
            "save_every_n_epochs": SAVE_EVERY,
            "sample_every_n_epochs": EPOCHS,
        }
        return whole(project).model_copy(update=changes)

    patch.setattr(plan, "train_request", short)
    patch.setattr(plan, "image_request", lambda: drawn().model_copy(update={"steps": STEPS}))
    try:
        assert cli.main(["tour", "--out", str(folder)]) == 0
    finally:
        patch.undo()
    return folder


@pytest.fixture(scope="module")
def told(out):
    return json.loads((out / "tour.json").read_text(encoding="utf-8"))


def test_it_flags_exactly_the_planted_pictures_and_holds_some_out(told):
    found = told["stages"]["dataset"]
    planted = {"crown_thumb.png", "donkey_soft.png", "lotus_soft.png"}
    copies = {"bell_pepper_copy.webp", "rocket_copy.webp"}
    assert set(found["flagged"]) == planted | copies
    assert found["counts"] == {
        "pictures": 41,
        "rejected": 5,
        "captioned": 36,
        "held_out": 6,
        "exported": 30,
    }


def test_what_ships_is_not_written_to():
    names = {path.suffix for path in resource("sample", "pixel").iterdir()}
    assert ".txt" not in names


def test_captions_lie_beside_the_copies_and_say_the_subject(out):
    project = Project.open(out / "Sample")
    library = Library(project.database)
    captions = {p.name: p.caption for p in library.pictures() if p.flag != "rejected"}
    library.close()
    assert captions["bell_pepper"] == "bell pepper, pixel icon, white background"
    assert len(captions) == 36


def test_the_exported_folder_has_opaque_pictures_with_captions(out, told):
    folder = out / told["stages"]["dataset"]["files"]["export"]
    pictures = sorted(folder.glob("*_*/*.png"))
    assert len(pictures) == 30
    assert all(path.with_suffix(".txt").exists() for path in pictures)
    assert all((load_rgba(path)[..., 3] == 255).all() for path in pictures)


def test_at_least_five_checkpoints_are_kept_and_the_held_out_loss_falls(told):
    found = told["stages"]["train"]
    assert [c["step"] for c in found["checkpoints"]] == [16, 32, 48, 64, 80]
    base = found["held_out_loss_of_the_base_model"]
    assert all(0 < c["held_out_loss"] < 0.8 * base for c in found["checkpoints"])


def test_the_whole_tour_keeps_six_checkpoints(tmp_path):
    request = plan.train_request(plan.sample_project(tmp_path))
    assert request.max_train_epochs // request.save_every_n_epochs >= 5
    assert plan.WEIGHTS == (0.0, 0.5, 1.0)
    assert (len(plan.SEEDS), len(plan.UNSEEN)) == (4, 2)


def test_the_pixel_style_is_learned_on_subjects_that_are_not_in_the_set(told):
    """Blocks and few colors against the base model and the held-out art: the tour's proof."""
    style = told["stages"]["validate"]["style"]
    base, picked, real = style["weight_0"], style["picked"], style["held_out"]
    assert base["blockiness"] < 0.25 < 0.45 < real["blockiness"]
    assert picked["blockiness"] > base["blockiness"] + 0.2
    halfway = (base["blockiness"] + real["blockiness"]) / 2
    assert picked["blockiness"] > halfway
    assert picked["outline"] > base["outline"]


def test_style_grows_with_the_weight(told):
    rows = told["stages"]["validate"]["rows"]
    last = max(row["epoch"] for row in rows if row["epoch"])
    fit = {row["weight"]: row["style_fit"] for row in rows if row["epoch"] == last}
    assert fit[0.5] < fit[1.0]


def test_the_pick_is_one_of_the_checkpoints_and_says_why(out, told):
    pick = told["pick"]
    assert (out / pick["checkpoint"]).is_file()
    assert pick["weight"] in (0.5, 1.0)
    assert f"epoch {pick['epoch']}" in pick["why"]
    assert "fit" in pick["why"]


def test_weight_zero_is_drawn_once_for_all_checkpoints(told):
    cells = told["stages"]["validate"]["cells"]
    subjects, seeds = len(plan.UNSEEN), len(plan.SEEDS)
    assert (cells["kept"], cells["failed"]) == (0, 0)
    assert cells["drawn"] == (5 * 2 + 1) * subjects * seeds


def test_only_the_region_of_the_canvas_changed(out, told):
    found = told["stages"]["canvas"]
    before, after = load_rgba(out / found["before"]), load_rgba(out / found["after"])
    region = SKETCH_FIELD
    changed = (before != after).any(axis=2)
    inside = int(np.count_nonzero(changed[region.slices]))
    assert inside > region.width * region.height // 8
    assert np.count_nonzero(changed) == inside
    assert found["outside"] == 0
    assert (out / found["document"]).is_file()


def test_the_page_shows_pictures_that_exist_and_paths_are_relative(out, told):
    page = (out / "index.html").read_text(encoding="utf-8")
    files = [part.split('"')[0] for part in page.split('<img src="')[1:]]
    assert len(files) > 41
    assert all((out / name).is_file() for name in files)
    assert str(out) not in json.dumps(told)


def test_a_stage_out_of_order_says_so(tmp_path):
    project = plan.sample_project(tmp_path)
    request = plan.TourRequest(project=str(project.root), stage="canvas")
    with pytest.raises(BadInputError, match="in order"):
        stages.run(request, Job.detached())
    assert not Path(plan.stage_file(project, "canvas")).exists()


def test_the_facts_of_a_moved_tour_name_files_that_are_there(out, tmp_path):
    """A later stage goes on from them."""
    shutil.copytree(out / "Sample", tmp_path / "moved", ignore=shutil.ignore_patterns(".cache"))
    project = Project.open(tmp_path / "moved")
    facts = [plan.read_facts(project, stage.name) for stage in plan.STAGES]
    assert Path(facts[1]["run"]).is_relative_to(tmp_path)
    assert all(Path(c["file"]).is_file() for c in facts[1]["checkpoints"])
    grid = open_grid(Path(facts[2]["grid"]))
    assert facts[2]["pick"]["checkpoint"] in grid.request.checkpoints
    assert set(grid.request.checkpoints) == {c["file"] for c in facts[1]["checkpoints"]}


def test_the_tour_writes_over_its_own_canvas_but_never_over_what_the_user_made_of_it(tmp_path):
    project = plan.sample_project(tmp_path)
    mine = project.canvas / "tour.kiln"
    assert sheet.free_document(project) == mine
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"made by the tour")
    made = {"sha256": hashlib.sha256(b"made by the tour").hexdigest()}
    (project.root / "tour").mkdir()
    (project.root / "tour" / "sheet.json").write_text(json.dumps(made), encoding="utf-8")
    shelf.shelf_of(mine).write_bytes(b"the tour's candidates")
    assert sheet.free_document(project) == mine
    copy = project.canvas / ".tour.kiln.unsaved"
    copy.write_bytes(b"painted on")
    assert sheet.free_document(project) == project.canvas / "tour-2.kiln"
    copy.unlink()
    mine.write_bytes(b"painted on and saved")
    assert sheet.free_document(project) == project.canvas / "tour-2.kiln"


def test_the_sheet_keeps_its_region_its_candidates_and_which_of_them_was_accepted(out, told):
    file = out / told["stages"]["canvas"]["document"]
    sheet, kept = storage.load(file), shelf.load(file)
    assert sheet.selection_bounds == SKETCH
    assert tuple(sheet.settings["frame"]) == tuple(SKETCH_FIELD)
    assert sheet.settings["repaint"]["strength"] == kept[0].recipe["image"]["strength"]
    assert [one.number for one in kept] == [1, 2, 3, 4]
    accepted = [one for one in kept if one.layer]
    assert [one.layer for one in accepted] == [sheet.layers[-1].id]
    assert accepted[0].seed == told["stages"]["canvas"]["seed"]
    height, width = accepted[0].pixels.shape[:2]
    place = Rect(accepted[0].x, accepted[0].y, width, height)
    assert place == sheet.layers[-1].bounds
    assert (accepted[0].pixels == sheet.layers[-1].pixels(place)).all()


def test_layers_of_the_sheet_name_the_files_they_come_from(out, told):
    sheet = storage.load(out / told["stages"]["canvas"]["document"])
    held_out = told["stages"]["dataset"]["held_out"]
    sources = {layer.source.rpartition(".")[0] for layer in sheet.layers if layer.source}
    assert len(sources) == 5
    assert sources <= {name.rpartition(".")[0] or name for name in held_out}


def test_what_is_painted_lies_on_the_white_of_the_sheet_without_a_square_round_it(out, told):
    """Between the painted thing and the edge of what was selected nothing is off-white."""
    after = load_rgba(out / told["stages"]["canvas"]["after"])
    field = after[SKETCH_FIELD.slices][..., :3].astype(int)
    edge = np.concatenate([field[3:6, :12].reshape(-1, 3), field[-6:-3, -12:].reshape(-1, 3)])
    assert edge.min() >= 250
    assert edge.mean() > 253.5
