"""Backgrounds are separated in a job: by models of the true format, by colors, from mask files."""

from __future__ import annotations

from contextlib import closing

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from engine.dataset.edits import bake, bake_with_mask
from engine.dataset.importing import run as read_folders
from engine.dataset.library import Library
from engine.dataset.masks import MaskStore
from engine.dataset.requests import ImportRequest
from engine.dataset.separation import SeparateRequest
from engine.dataset.separation_job import run
from engine.dataset.separation_onnx import Separator, recognize
from engine.dataset.steps import Crop, Cutout, Mask
from engine.imaging.decode import load_rgba
from engine.project.project import Project, SourceFolder
from engine.runtime.errors import BadInputError, JobCancelled, ModelFileError
from engine.runtime.job import Job
from tests.engine.dataset.onnx_file import HALF, IMAGENET, red_finder

RED, GREY = (220, 40, 40), (90, 100, 95)


def square(path, color=RED, ground=GREY, size=(64, 48)):
    picture = np.full((size[1], size[0], 3), ground, np.uint8)
    picture[12:36, 20:44] = color
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path)


@pytest.fixture
def project(tmp_path):
    """A project of three pictures with a red square each."""
    for name in ("a", "b", "c"):
        square(tmp_path / "art" / f"{name}.png")
    return Project.create(
        tmp_path / "project", "Squares", [SourceFolder(path=str(tmp_path / "art"))]
    )


def request(project, **values):
    return SeparateRequest(project=str(project.root), **values)


def pictures(project):
    with closing(Library(project.database)) as library:
        return library.pictures()


def _is_square(mask):
    inside = np.zeros((48, 64), bool)
    inside[12:36, 20:44] = True
    return bool((mask[inside] > 200).mean() > 0.97 and (mask[~inside] < 50).mean() > 0.97)


@pytest.mark.parametrize(
    ("name", "family"),
    [("u2net", "u2net"), ("u2net_human_seg", "u2net"), ("silueta", "u2net"), ("u2netp", "u2net"),
     ("isnet-general-use", "isnet"), ("isnet-anime", "anime"), ("BiRefNet-general", "birefnet"),
     ("birefnet_lite", "birefnet"), ("RMBG-1.4", "rmbg"), ("bria-rmbg-2.0", "birefnet"),
     ("bria-rmbg", "birefnet"), ("modnet", "modnet"), ("benign", "birefnet")],
)  # fmt: skip
def test_models_are_recognized_by_name(tmp_path, name, family):
    assert recognize(tmp_path / f"{name}.onnx", 1024) == family


def test_a_file_without_a_telling_name_goes_by_its_folder_and_then_by_its_size(tmp_path):
    assert recognize(tmp_path / "IS-Net" / "onnx" / "model.onnx", 320) == "isnet"
    assert recognize(tmp_path / ".u2net" / "isnet-anime.onnx", 1024) == "anime"
    assert recognize(tmp_path / "some" / "model.onnx", 320) == "u2net"
    assert recognize(tmp_path / "some" / "model.onnx", None) == "birefnet"


@pytest.mark.parametrize(
    ("name", "options"),
    [("birefnet", IMAGENET), ("birefnet", {**IMAGENET, "logits": True}), ("isnet", HALF),
     ("birefnet", {**IMAGENET, "classes": 2}), ("modnet", {**HALF, "deviation": (0.5, 0.5, 0.5)}),
     ("birefnet", {**IMAGENET, "shape": ("n", 3, 64, 48)})],
)  # fmt: skip
def test_each_kind_gets_the_colors_it_was_trained_with(tmp_path, name, options):
    square(tmp_path / "a.png")
    model = red_finder(tmp_path / f"{name}.onnx", **options)
    mask = Separator(model).mask(load_rgba(tmp_path / "a.png"))
    assert mask.shape == (48, 64)
    assert _is_square(mask)


def test_u2net_sees_the_brightest_value_as_one(tmp_path):
    square(tmp_path / "a.png", color=(110, 20, 20), ground=(45, 50, 47))
    model = red_finder(tmp_path / "u2net.onnx", **IMAGENET)
    assert _is_square(Separator(model).mask(load_rgba(tmp_path / "a.png")))
    assert not _is_square(Separator(model, "birefnet").mask(load_rgba(tmp_path / "a.png")))


def test_what_is_transparent_stays_outside_and_its_hidden_color_is_not_seen(tmp_path):
    square(tmp_path / "a.png")
    rgba = load_rgba(tmp_path / "a.png")
    rgba[:, :32, 3] = 0
    rgba[:, :32, :3] = RED
    mask = Separator(red_finder(tmp_path / "isnet.onnx", **HALF)).mask(rgba)
    assert not mask[:, :32].any()
    assert mask[24, 38] > 200


@pytest.mark.parametrize("shape", [(1, 4, 32, 32), (2, 3, 32, 32)])
def test_models_of_another_shape_are_refused(tmp_path, shape):
    values = {**HALF, "mean": (0.5,) * 3}
    with pytest.raises(ModelFileError):
        Separator(red_finder(tmp_path / "x.onnx", shape=shape, **values))
    (tmp_path / "y.onnx").write_bytes(b"no model")
    with pytest.raises(ModelFileError):
        Separator(tmp_path / "y.onnx")


@pytest.mark.parametrize("method", ["model", "grabcut", "plain"])
def test_all_pictures_are_cut_out_in_one_undo_step(project, tmp_path, method):
    model = red_finder(tmp_path / "birefnet.onnx", **IMAGENET)
    job = Job.detached()
    result = run(request(project, method=method, model=str(model)), job)
    assert (result.count, result.skipped, result.problems) == (3, 0, ())
    store = MaskStore(project.masks)
    for picture in pictures(project):
        step = picture.recipe.step("cutout")
        assert isinstance(step, Cutout)
        assert _is_square(store.load(step.mask))
        rgb = bake(load_rgba(picture.path), picture.recipe, masks=store)
        assert (rgb[5, 5] == 255).all()
        assert tuple(rgb[24, 32]) == RED
    assert [event.kind for event in job.handle.take_events()] == ["separation.done"] * 3
    with closing(Library(project.database)) as library:
        assert library.can_undo == "Separate backgrounds"
        library.undo()
        assert not library.can_undo
        assert all(not picture.recipe.steps for picture in library.pictures())


def test_a_training_mask_is_made_and_other_edits_stay(project):
    run(request(project, method="plain", into="mask", grow=3), Job.detached())
    with closing(Library(project.database)) as library:
        library.set_recipes({p.id: p.recipe.with_crop((10, 6, 50, 40)) for p in library.pictures()})
    changed = run(request(project, method="plain", into="mask", existing="replace"), Job.detached())
    assert changed.count == 3
    picture = pictures(project)[0]
    assert [step.kind for step in picture.recipe.steps] == ["crop", "mask"]
    baked = bake_with_mask(load_rgba(picture.path), picture.recipe, masks=MaskStore(project.masks))
    assert baked.mask.shape == (40, 50)
    assert baked.mask[6:30, 10:34].min() > 200
    assert baked.mask[:4].max() == 0
    assert tuple(baked.rgb[0, 0]) == GREY


def test_only_chosen_pictures_are_done_and_what_is_done_is_left_alone(project):
    run(request(project, method="plain"), Job.detached())
    first, second, _ = pictures(project)
    with pytest.raises(BadInputError):
        run(request(project, method="plain"), Job.detached())
    with closing(Library(project.database)) as library:
        library.set_recipes({second.id: second.recipe.without("cutout")})
    result = run(request(project, method="plain", pictures=(first.id, second.id)), Job.detached())
    assert (result.count, result.skipped) == (1, 1)


def test_a_cancelled_job_keeps_what_is_done_as_one_step(project):
    job = Job.detached()
    seen = []
    emit = job.emit

    def cancel_after_two(kind, **data):
        emit(kind, **data)
        seen.append(data["id"])
        if len(seen) == 2:
            job.handle.cancel()

    job.emit = cancel_after_two
    with pytest.raises(JobCancelled):
        run(request(project, method="plain"), job)
    done = [p.id for p in pictures(project) if p.recipe.steps]
    assert sorted(done) == sorted(seen)
    with closing(Library(project.database)) as library:
        library.undo()
        assert library.can_undo is None


def test_pictures_that_cannot_be_separated_are_named_and_the_others_are_done(project, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "art" / "noise.png")
    Image.new("RGB", (64, 48), GREY).save(tmp_path / "art" / "flat.png")
    result = run(request(project, method="plain"), Job.detached())
    assert (result.count, result.skipped) == (3, 2)
    assert any("noise.png" in text for text in result.problems)
    assert any("flat.png" in text for text in result.problems)


def test_a_model_must_be_named():
    with pytest.raises((BadInputError, ValidationError)):
        SeparateRequest(project="x", method="model")


def test_masks_beside_new_pictures_are_taken_over_on_import(project, tmp_path):
    mask = np.zeros((24, 32), np.uint8)
    mask[6:18, 10:22] = 255
    Image.fromarray(mask).save(tmp_path / "art" / "b-masklabel.png")
    (tmp_path / "art" / "c-masklabel.png").write_bytes(b"broken")
    Image.fromarray(mask).save(tmp_path / "art" / "a-condlabel.png")
    result = read_folders(ImportRequest(project=str(project.root)), Job.detached())
    assert result.pictures == 3
    assert any("c-masklabel.png" in text for text in result.problems)
    first, second, third = pictures(project)
    assert not first.recipe.steps
    assert not third.recipe.steps
    step = second.recipe.step("mask")
    assert isinstance(step, Mask)
    assert step.source == "painted"
    assert _is_square(np.where(MaskStore(project.masks).load(step.mask) >= 128, 255, 0))
    with closing(Library(project.database)) as library:
        library.set_recipes({second.id: second.recipe.without("mask").with_step(
            Crop(box=(0, 0, 40, 40)))})  # fmt: skip
    read_folders(ImportRequest(project=str(project.root)), Job.detached())
    assert pictures(project)[1].recipe.step("mask") is None
    again = run(request(project, method="file", into="mask"), Job.detached())
    assert again.count == 1
    assert pictures(project)[1].recipe.step("mask") is not None
