"""Datasets of other tools: their captions, splits and folders are taken over, the rest is told."""

from __future__ import annotations

import json
import os
from functools import partial

import pytest

from engine.dataset.formats import records_in
from engine.dataset.library import Library
from engine.dataset.requests import ImportDatasetRequest
from engine.project.project import Project, SourceFolder
from engine.runtime.errors import BadInputError, MissingFileError, StorageError
from engine.runtime.job import request_from_record
from tests.engine.dataset.conftest import paint

from .conftest import bring, captions_of, export_to, pictures_of


@pytest.mark.parametrize("kind", ["kohya", "kohya-toml", "metadata-json", "jsonl", "imagefolder"])
def test_what_was_exported_can_be_imported(project, other, tmp_path, kind):
    export_to(project, tmp_path / "out", format=kind)
    result = bring(other, tmp_path / "out")
    assert (result.format, result.pictures, result.unmatched) == (kind, 4, ())
    ours, theirs = pictures_of(project), pictures_of(other)
    assert {n: p.caption for n, p in ours.items()} == {n: p.caption for n, p in theirs.items()}
    if kind.startswith("kohya"):
        assert {p.repeats for p in theirs.values()} == {4}
    assert {p.category for p in theirs.values()} == {"props"}


def test_a_validation_part_is_held_out(project, other, tmp_path):
    library = Library(project.database)
    library.scan(project.file.folders)
    crown = next(p.id for p in library.pictures() if p.name == "crown")
    library.set_held_out([crown], True)
    library.close()
    export_to(project, tmp_path / "out", format="imagefolder")
    bring(other, tmp_path / "out")
    assert [name for name, p in pictures_of(other).items() if p.held_out] == ["crown"]


def test_kohya_regularization_folders_are_known(art, other, tmp_path):
    paint(tmp_path / "reg" / "5_person" / "r.png", 3)
    folders = [SourceFolder(path=str(art)),
               SourceFolder(path=str(tmp_path / "reg"), regularization=True)]  # fmt: skip
    export_to(Project.create(tmp_path / "p", "P", folders), tmp_path / "out")
    bring(other, tmp_path / "out")
    found = pictures_of(other)
    assert [n for n, p in found.items() if p.is_reg] == ["r"]
    assert (found["r"].repeats, found["r"].category) == (5, "person")


TOML = """
[general]
shuffle_caption = true
keep_tokens = 1
num_repeats = 3
[[datasets]]
resolution = 512
batch_size = 4
  [[datasets.subsets]]
  image_dir = "art"
  class_tokens = "prop"
  caption_extension = ".cap"
  caption_prefix = "x, "
  [[datasets.subsets]]
  image_dir = "10_men"
  is_reg = true
  num_repeats = 1
  class_tokens = "man"
[[datasets]]
resolution = 512
  [[datasets.subsets]]
  image_dir = "art"
  [[datasets.subsets]]
  image_dir = "/nowhere/at/all"
"""


def test_a_dataset_toml_brings_its_folders_and_tells_the_rest(art, other, tmp_path):
    paint(tmp_path / "10_men" / "m.png", 5)
    (art / "crown.txt").unlink()
    (art / "crown.cap").write_text("crown, from cap", encoding="utf-8")
    (art / "apple.cap").write_text("apple, from cap", encoding="utf-8")
    (tmp_path / "set.toml").write_text(TOML)
    result = bring(other, tmp_path / "set.toml")
    found = pictures_of(other)
    assert (found["apple"].repeats, found["apple"].category) == (3, "prop")
    assert found["m"].is_reg
    assert (found["crown"].caption, found["apple"].caption) == ("crown, from cap", "apple, icon")
    assert Project.open(other.root).file.resolution == 512
    assert result.captions == 1
    told = "\n".join(result.unplaced)
    for text in ("shuffle_caption = True was not taken over", "keep_tokens = 1", "batch_size = 4",
                 "caption_prefix = x,  has no place", "art is named twice",
                 "10_men has 1 repeat there and 10 here"):  # fmt: skip
        assert text in told
    assert result.unmatched == ("The folder /nowhere/at/all does not exist.",)


def test_a_json_configuration_and_its_metadata_file_are_read(art, other, tmp_path):
    (art / "apple.txt").unlink()
    table = {"apple": {"tags": "red, round", "caption": "an apple"}, "gone.png": {"tags": "x"}}
    (tmp_path / "meta.json").write_text(json.dumps(table))
    subset = {"image_dir": str(art), "metadata_file": "meta.json"}
    config = {"datasets": [{"subsets": [subset], "resolution": [512, 768]}]}
    (tmp_path / "set.json").write_text(json.dumps(config))
    result = bring(other, tmp_path / "set.json")
    assert captions_of(other)["apple"] == "an apple, red, round"
    assert result.unmatched == ("gone.png is no picture of this project.",)
    assert result.unplaced == ("resolution = 512x768 was not taken over. Set it where you train.",)


@pytest.mark.parametrize(
    ("mode", "apple", "crown"),
    [("keep", "apple, icon", "gold"), ("replace", "red, icon", "gold"),
     ("append", "apple, icon, red, icon", "gold")],
)  # fmt: skip
def test_captions_are_kept_replaced_or_appended_in_one_step(project, art, mode, apple, crown):
    (art / "crown.txt").unlink()
    lines = [{"file_name": "apple.png", "text": "red, icon"},
             {"file_name": "crown.png", "text": "gold"}]  # fmt: skip
    (art / "metadata.jsonl").write_text("\n".join(map(json.dumps, lines)))
    assert bring(project, art, captions=mode).captions == (1 if mode == "keep" else 2)
    assert (captions_of(project)["apple"], captions_of(project)["crown"]) == (apple, crown)
    library = Library(project.database)
    library.undo()
    assert library.can_undo is None
    library.close()
    assert captions_of(project)["apple"] == "apple, icon"
    assert not (art / "crown.txt").exists()


def test_one_undo_takes_a_whole_dataset_back(project, other, art, tmp_path):
    """Its folders, its captions, its splits and its categories."""
    line = {"file_name": "apple.png", "text": "red", "category": "fruit", "held_out": True}
    (art / "metadata.jsonl").write_text(json.dumps(line))
    assert bring(other, art, captions="replace").folders == (str(art),)
    found = pictures_of(other)["apple"]
    assert (found.caption, found.category, found.held_out) == ("red", "fruit", True)
    project = Project.open(other.root)
    library = Library(project.database, project)
    assert library.can_undo == "Import a dataset"
    library.undo()
    (apple,) = [p for p in library.pictures() if p.name == "apple"]
    assert (apple.caption, apple.category, apple.held_out) == ("apple, icon", "", False)
    assert library.can_undo is None
    library.close()
    assert Project.open(other.root).file.folders == ()


def test_importing_twice_changes_nothing(project, art):
    (art / "metadata.jsonl").write_text('{"file_name": "apple.png", "text": "red"}')
    assert bring(project, art, captions="append").captions == 1
    assert bring(project, art, captions="append").captions == 0
    assert captions_of(project)["apple"] == "apple, icon, red"


def test_captions_do_not_go_into_a_folder_that_cannot_be_written(project, art, monkeypatch):
    (art / "crown.txt").unlink()
    before = {path.name: path.read_bytes() for path in art.iterdir()}
    (art.parent / "m.json").write_text(json.dumps({f"{art}/crown.png": "gold"}))
    access = os.access
    monkeypatch.setattr(os, "access", lambda p, mode: mode != os.W_OK and access(p, mode))
    result = bring(project, art.parent / "m.json")
    assert "cannot be written; 1 captions were left out" in result.unmatched[0]
    assert {path.name: path.read_bytes() for path in art.iterdir()} == before


def test_a_disk_that_is_full_is_one_sentence(project, art, monkeypatch):
    (art / "metadata.jsonl").write_text('{"file_name": "apple.png", "text": "red"}')

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(StorageError, match="disk is full"):
        bring(project, art, captions="replace")
    assert (art / "apple.txt").read_text() == "apple, icon"


def test_keys_are_matched_by_as_much_of_the_path_as_is_needed(project, art, tmp_path):
    paint(art / "a" / "one.png", 11)
    paint(art / "b" / "one.png", 12)
    paint(art / "café.png", 13)
    keys = {"D:\\train\\a\\one.png": "first", "/home/you/b/one": "second", "one.png": "which?",
            "cafe\u0301.png": "composed", "train/b/one.png": "again",
            "x/apple.jpg": "other"}  # fmt: skip
    (tmp_path / "m.json").write_text(json.dumps(keys))
    result = bring(project, tmp_path / "m.json", captions="replace")
    found = pictures_of(project)
    library = Library(project.database)
    texts = {p.path.relative_to(art).as_posix(): p.caption for p in library.pictures()}
    library.close()
    assert (texts["a/one.png"], texts["b/one.png"]) == ("first", "second")
    assert found["café"].caption == "composed"
    assert set(result.unmatched) == {
        "one.png fits several pictures.",
        "train/b/one.png names one.png a second time.",
        "x/apple.jpg is no picture of this project.",
    }


def test_a_csv_and_odd_lines_are_read_as_far_as_they_go(project, art, tmp_path):
    (art / "metadata.csv").write_bytes(
        'file_name,text,artist\r\napple.png,"red, ""round""\nsecond line",me\r\n,lost,\r\n'.encode(
            "utf-8-sig"
        )
    )
    result = bring(project, art, captions="replace")
    assert captions_of(project)["apple"] == 'red, "round"\nsecond line'
    assert result.unmatched == ("metadata.csv, line 3 names no picture.",)
    assert result.unplaced == ("artist has no place in a project.",)
    (tmp_path / "m.jsonl").write_text(
        '{"image": "crown.png", "tags": ["a", "b", 5]}\n{"torn\n[1]\n5\n'
    )
    result = bring(project, tmp_path / "m.jsonl", captions="replace")
    assert captions_of(project)["crown"] == "a, b"
    assert len(result.unmatched) == 3


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.toml", "datasets = 5", "no dataset configuration"),
        ("a.toml", "[[datasets]]\n[[datasets.subsets]]\nnum_repeats = 2", "no dataset config"),
        ("a.toml", "general = 1\ndatasets = []", "no dataset configuration"),
        ("a.toml", "x = [", "not valid TOML"),
        ("a.json", "[1]", "not valid JSON"),
        ("a.json", "[" * 100_000, "not valid JSON"),
        ("a.csv", "name,text\na,b", "it has no column file_name"),
        ("a.txt", "apple", "no dataset that can be imported"),
        ("a.toml", "[[datasets]]\n[[datasets.subsets]]\nimage_dir = 'gone'", "does not exist"),
    ],
)
def test_what_is_no_dataset_is_one_sentence(other, tmp_path, name, text, told):
    (tmp_path / name).write_text(text)
    before = (other.root / "project.toml").read_bytes()
    with pytest.raises((BadInputError, MissingFileError), match=told):
        bring(other, tmp_path / name)
    assert (other.root / "project.toml").read_bytes() == before


def test_a_source_that_is_not_there_is_one_sentence(other, tmp_path):
    for name in ("gone", "gone.toml", "gone.zip"):
        with pytest.raises(MissingFileError, match="does not exist"):
            bring(other, tmp_path / name)


def test_the_request_survives_being_stored():
    request = ImportDatasetRequest(project="a", source="b", captions="append")
    assert request_from_record(request.to_record()) == request


def test_undo_gives_the_resolution_back_with_the_folders(art, other, tmp_path):
    subset = {"image_dir": str(art)}
    config = {"datasets": [{"subsets": [subset], "resolution": 768}]}
    (tmp_path / "set.json").write_text(json.dumps(config))
    bring(other, tmp_path / "set.json")
    project = Project.open(other.root)
    library = Library(project.database, project)
    assert (project.file.resolution, len(project.file.folders)) == (768, 1)
    library.undo()
    assert (project.file.resolution, project.file.folders) == (128, ())
    assert library.can_undo is None
    library.redo()
    assert (project.file.resolution, len(project.file.folders)) == (768, 1)
    library.close()


def test_a_list_that_would_fill_the_memory_is_one_sentence(other, tmp_path, monkeypatch):
    monkeypatch.setattr(records_in, "parse", partial(records_in.parse, most=100))
    for name, told in (("m.json", "it holds too much"), ("m.jsonl", "")):
        (tmp_path / name).write_text("[" + "[]," * 100 + "[]]")
        if told:
            with pytest.raises(BadInputError, match=told):
                bring(other, tmp_path / name)
        else:
            with pytest.raises(BadInputError, match="line 1 names no picture"):
                bring(other, tmp_path / name)
