"""Every format holds the baked pictures, their captions and masks, and says what it cannot hold."""

from __future__ import annotations

import json
import os
import tomllib

import numpy as np
import pytest
from PIL import Image

from engine.dataset.edits import Recipe
from engine.dataset.formats.target import FORMAT
from engine.dataset.masks import MaskStore
from engine.dataset.steps import Crop, Mask
from engine.imaging.decode import load_rgba
from engine.project.project import Project, SourceFolder
from tests.engine.dataset.conftest import ids_by_name, paint

from .conftest import export_to, files_in

FOLDERS = ("kohya", "kohya-toml", "metadata-json", "jsonl", "imagefolder")


@pytest.fixture
def masked(project, open_library):
    """``apple`` is cropped and has a training mask: its left half."""
    mask = np.zeros((40, 48), np.uint8)
    mask[:, :24] = 255
    steps = (Mask(mask=MaskStore(project.masks).add(mask)), Crop(box=(4, 0, 40, 30)))
    open_library.set_recipes({ids_by_name(open_library)["apple"]: Recipe(steps=steps)})
    return project


@pytest.mark.parametrize("kind", FOLDERS)
def test_edits_and_masks_are_baked_in_every_format(masked, tmp_path, kind):
    result = export_to(masked, tmp_path / "out", format=kind)
    names = files_in(tmp_path / "out")
    (picture,) = [name for name in names if name.endswith("apple.png")]
    assert result.count == 4
    assert load_rgba(tmp_path / "out" / picture).shape == (30, 40, 4)
    mask = load_rgba(tmp_path / "out" / picture.replace(".png", "-masklabel.png"))[..., 0]
    assert mask.shape == (30, 40)
    assert (mask[:, :20] == 255).all()
    assert (mask[:, 20:] == 0).all()


def test_kohyas_masks_are_the_alpha_channel(masked, tmp_path):
    result = export_to(masked, tmp_path / "out", format="kohya-toml", masks="alpha")
    rgba = load_rgba(tmp_path / "out" / "4_props" / "apple.png")
    assert set(np.unique(rgba[..., 3])) == {0, 255}
    assert not any("masklabel" in name for name in files_in(tmp_path / "out"))
    config = tomllib.loads((tmp_path / "out" / "dataset.toml").read_text())
    assert config["datasets"][0]["subsets"][0]["alpha_mask"] is True
    assert result.notes == ()


def test_mask_files_that_kohya_would_train_on_are_told_about(masked, tmp_path):
    assert "mask files" in export_to(masked, tmp_path / "a").notes[0]
    assert export_to(masked, tmp_path / "b", masks="none").notes == ()
    assert not any("masklabel" in name for name in files_in(tmp_path / "b"))


def test_a_dataset_toml_names_every_folder(art, tmp_path):
    paint(tmp_path / "reg" / "5_person" / "r.png", 3)
    folders = [SourceFolder(path=str(art), repeats=4, category="props"),
               SourceFolder(path=str(tmp_path / "reg"), regularization=True)]  # fmt: skip
    project = Project.create(tmp_path / "p", "P", folders)
    out = tmp_path / 'o"ut'
    export_to(project, out, format="kohya-toml")
    config = tomllib.loads((out / "dataset.toml").read_text(encoding="utf-8"))
    assert config["general"] == {"caption_extension": ".txt"}
    (dataset,) = config["datasets"]
    assert (dataset["resolution"], dataset["enable_bucket"]) == (128, True)
    reg = {"image_dir": str(out / "reg" / "5_person"), "num_repeats": 5, "is_reg": True}
    assert dataset["subsets"] == [
        {"image_dir": str(out / "4_props"), "num_repeats": 4, "class_tokens": "props"},
        {**reg, "class_tokens": "person"},
    ]
    assert all(os.path.isdir(subset["image_dir"]) for subset in dataset["subsets"])


def test_metadata_json_tells_tags_from_prose(project, art, tmp_path):
    (art / "crown.txt").write_text("A crown, gold and heavy, on a table.", encoding="utf-8")
    export_to(project, tmp_path / "out", format="metadata-json", trigger_word="hvisl")
    table = json.loads((tmp_path / "out" / "metadata.json").read_text(encoding="utf-8"))
    assert table["props/apple.png"] == {"tags": "hvisl, apple, icon", "image_size": [48, 40]}
    assert table["props/crown.png"]["caption"].endswith("on a table.")


def test_jsonl_has_a_line_per_picture(project, tmp_path):
    export_to(project, tmp_path / "out", format="jsonl")
    text = (tmp_path / "out" / "captions.jsonl").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert lines[0] == {"image_path": "props/apple.png", "caption": "apple, icon",
                        "image_size": [48, 40], "category": "props", "repeats": 4}  # fmt: skip
    assert len(lines) == 4


def test_an_imagefolder_has_the_held_out_pictures_as_validation(project, open_library, tmp_path):
    open_library.set_held_out([ids_by_name(open_library)["crown"]], True)
    result = export_to(project, tmp_path / "out", format="imagefolder")
    assert (result.count, result.held_out) == (4, 1)
    rows = (tmp_path / "out" / "validation" / "metadata.jsonl").read_text().splitlines()
    assert [json.loads(row)["file_name"] for row in rows] == ["props/crown.png"]
    assert (tmp_path / "out" / "validation" / "props" / "crown.png").is_file()
    assert not (tmp_path / "out" / "train" / "props" / "crown.png").exists()


@pytest.mark.parametrize("kind", ["metadata-json", "jsonl", "imagefolder"])
def test_regularization_pictures_are_left_out_where_they_have_no_place(art, tmp_path, kind):
    paint(tmp_path / "reg" / "5_person" / "r.png", 3)
    folders = [SourceFolder(path=str(art)),
               SourceFolder(path=str(tmp_path / "reg"), regularization=True)]  # fmt: skip
    project = Project.create(tmp_path / "p", "P", folders)
    result = export_to(project, tmp_path / "out", format=kind)
    assert result.count == 4
    assert result.notes[0].startswith("1 regularization pictures were left out")


def test_another_format_in_the_same_folder_leaves_nothing_of_the_first(project, tmp_path):
    for kind in FOLDERS:
        export_to(project, tmp_path / "out", format=kind)
    export_to(project, tmp_path / "out")
    assert {name.partition("/")[0] for name in files_in(tmp_path / "out")} == {
        "4_props", "manifest.json"
    }  # fmt: skip
    assert [path.name for path in (tmp_path / "out").iterdir() if path.is_dir()] == ["4_props"]


def test_what_is_there_and_still_right_is_not_written_again(project, art, tmp_path):
    export_to(project, tmp_path / "out")
    folder = tmp_path / "out" / "4_props"
    before = {path.name: path.stat().st_ino for path in folder.iterdir()}
    paint(art / "crown.png", 9, size=(20, 20))
    (art / "apple.txt").write_text("apple, red", encoding="utf-8")
    Image.new("RGB", (9, 9)).save(folder / "icon_10.png")  # touched by hand: made anew
    export_to(project, tmp_path / "out")
    after = {path.name: path.stat().st_ino for path in folder.iterdir()}
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"crown.png", "apple.txt", "icon_10.png"}
    assert load_rgba(folder / "crown.png").shape == (20, 20, 4)
    assert load_rgba(folder / "icon_10.png").shape == (40, 48, 4)


def test_an_interrupted_export_goes_on_where_it_stopped(project, tmp_path, monkeypatch):
    from engine.dataset.samples import Sample

    baked, bake = [], Sample.bake

    def crash(sample):
        if len(baked) == 2:
            raise KeyboardInterrupt
        baked.append(sample.path.stem)
        return bake(sample)

    with monkeypatch.context() as patch:
        patch.setattr(Sample, "bake", crash)
        with pytest.raises(KeyboardInterrupt):
            export_to(project, tmp_path / "out")
    with open(tmp_path / "out" / ".export-journal", "a") as journal:
        journal.write('{"files": ["4_pro')  # torn by the kill
    again = []
    monkeypatch.setattr(Sample, "bake", lambda s: again.append(s.path.stem) or bake(s))
    assert export_to(project, tmp_path / "out").count == 4
    assert sorted(baked + again) == ["apple", "bell_pepper", "crown", "icon_10"]
    assert not (tmp_path / "out" / ".export-journal").exists()


def test_a_manifest_cannot_reach_through_a_link(project, tmp_path):
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "a.txt").write_text("keep")
    out = tmp_path / "out"
    out.mkdir()
    (out / "link").symlink_to(precious)
    files = [{"files": ["link/a.txt"]}, {"files": 5}, "odd", {"files": [None, ".", ""]}]
    (out / "manifest.json").write_text(
        json.dumps({"format": FORMAT, "pictures": files, "files": "odd"})
    )
    export_to(project, out)
    assert (precious / "a.txt").read_text() == "keep"
