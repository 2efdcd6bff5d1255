"""An export is a training folder that kohya's tools read, with every edit baked in."""

from __future__ import annotations

import json
import os
import unicodedata

import numpy as np
import pytest
from PIL import Image

from engine.dataset import export, importing
from engine.dataset.edits import Fill, Recipe
from engine.dataset.export import with_trigger
from engine.dataset.formats.target import FORMAT
from engine.dataset.library import Library
from engine.dataset.requests import ExportRequest, ImportRequest
from engine.dataset.samples import training_samples
from engine.imaging.decode import load_rgba
from engine.project.project import Project, SourceFolder
from engine.runtime.errors import BadInputError, JobCancelled, MissingFileError, StorageError
from engine.runtime.job import Job, request_from_record

from .conftest import ids_by_name, paint


@pytest.fixture
def project(art, tmp_path):
    source = SourceFolder(path=str(art), repeats=4, category="props: all")
    return Project.create(tmp_path / "p", "P", [source])


def _export(project, **values):
    return export.run(ExportRequest(project=str(project.root), **values), Job.detached())


def _files(folder):
    return {
        os.path.relpath(os.path.join(place, name), folder).replace("\\", "/")
        for place, _, names in os.walk(folder)
        for name in names
    }


def _library(project):
    library = Library(project.database)
    library.scan(project.file.folders)
    return library


def test_edits_captions_and_repeats_are_baked(project, art, tmp_path):
    rgba = np.zeros((20, 30, 4), np.uint8)
    rgba[5:, :] = (200, 10, 10, 255)
    Image.fromarray(rgba).save(art / "apple.png")
    library = _library(project)
    names = ids_by_name(library)
    recipe = Recipe(crop=(2, 3, 10, 8), fill=Fill(color="#0000FF"))
    library.set_recipe([names["apple"]], recipe)
    library.set_flag([names["crown"]], "rejected")
    library.set_held_out([names["icon_10"]], True)
    library.close()
    result = _export(project, destination=str(tmp_path / "out"), trigger_word="hvisl")
    assert (result.count, result.held_out, result.skipped) == (2, 1, ())
    assert _files(tmp_path / "out") == {
        "manifest.json", "4_props_ all/apple.png", "4_props_ all/apple.txt",
        "4_props_ all/bell_pepper.png", "4_props_ all/bell_pepper.txt",
    }  # fmt: skip
    baked = load_rgba(tmp_path / "out" / "4_props_ all" / "apple.png")
    assert baked.shape == (8, 10, 4)
    assert (baked[:2] == (0, 0, 255, 255)).all()
    assert (baked[2:] == (200, 10, 10, 255)).all()
    caption = (tmp_path / "out" / "4_props_ all" / "apple.txt").read_text(encoding="utf-8")
    assert caption == "hvisl, apple, icon"
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["complete"] is True
    assert manifest["pictures"][0]["source"] == str(art / "apple.png")


def test_what_was_exported_trains_like_the_project(project, tmp_path):
    _export(project, destination=str(tmp_path / "out"))
    ours, theirs = training_samples(project), training_samples(tmp_path / "out")
    assert [(s.path.stem, s.caption, s.repeats, s.size) for s in ours] == [
        (s.path.stem, s.caption, s.repeats, s.size) for s in theirs
    ]


def test_the_sources_are_not_touched(project, art, tmp_path):
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in art.iterdir()}
    _export(project)
    assert {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in art.iterdir()} == before


def test_exporting_again_replaces_only_what_was_exported(project, art):
    first = _export(project)
    folder = project.exports / "training"
    assert first.folder == str(folder)
    (folder / "my notes.md").write_text("keep me")
    (art / "crown.png").unlink()
    paint(art / "new.png", 9)
    _export(project)
    names = {os.path.basename(name) for name in _files(folder)}
    assert {"new.png", "my notes.md"} <= names
    assert not {"crown.png", "crown.txt"} & names


def test_pictures_of_one_name_both_arrive(project, art):
    paint(art / "deeper" / "apple.jpg", 6)
    paint(art / "deeper" / "Apple.webp", 7)
    _export(project)
    names = {name.casefold() for name in _files(project.exports / "training")}
    assert {f"4_props_ all/{n}.png" for n in ("apple", "apple_2", "apple_3")} <= names


def test_a_picture_without_any_words_gets_no_caption_file(art, tmp_path):
    project = Project.create(tmp_path / "p", "P", [SourceFolder(path=str(art))])
    (art / "apple.txt").unlink()
    _export(project)
    names = _files(project.exports / "training")
    assert "1_P/apple.png" in names
    assert "1_P/apple.txt" not in names


def test_regularization_pictures_go_beside_the_others(art, tmp_path):
    paint(tmp_path / "reg" / "5_person" / "r.png", 3)
    folders = [SourceFolder(path=str(art)),
               SourceFolder(path=str(tmp_path / "reg"), regularization=True)]  # fmt: skip
    project = Project.create(tmp_path / "p", "P", folders)
    _export(project)
    assert "reg/5_person/r.png" in _files(project.exports / "training")


def test_a_corrupt_picture_is_skipped_with_a_sentence(project, art):
    (art / "apple.png").write_bytes((art / "apple.png").read_bytes()[:-30])
    (art / "crown.png").write_bytes(b"")
    result = _export(project)
    assert result.count == 2
    assert len(result.skipped) == 2
    assert any("crown.png is empty" in sentence for sentence in result.skipped)


def test_folders_with_other_things_in_them_are_refused(project, art, tmp_path):
    (tmp_path / "fine" / ".project").mkdir(parents=True)
    assert _export(project, destination=str(tmp_path / "fine")).count == 4
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.docx").touch()
    for place, sentence in {tmp_path / "full": "is not empty", art: "inside the art folder",
                            art / "out": "inside the art folder",
                            art / "apple.png": "inside the art folder",
                            tmp_path / "full" / "thesis.docx": "is a file"}.items():  # fmt: skip
        with pytest.raises(BadInputError, match=sentence):
            _export(project, destination=str(place))


def test_nothing_to_export_is_one_sentence(project):
    library = _library(project)
    library.set_flag(list(ids_by_name(library).values()), "rejected")
    library.close()
    with pytest.raises(BadInputError, match="No picture is left to export"):
        _export(project)
    assert not project.exports.exists()


def test_a_manifest_cannot_make_the_export_delete_other_files(project, tmp_path):
    precious = tmp_path / "p" / "precious.txt"
    precious.write_text("keep")
    folder = project.exports / "training"
    folder.mkdir(parents=True)
    files = ["../../precious.txt", str(precious)]
    (folder / "manifest.json").write_text(
        json.dumps({"format": FORMAT, "pictures": [{"files": files}]})
    )
    _export(project)
    assert precious.read_text() == "keep"


def test_a_manifest_of_another_program_makes_no_folder_an_earlier_export(project, tmp_path):
    place = tmp_path / "web extension"
    place.mkdir()
    (place / "important.psd").write_text("precious")
    theirs = json.dumps({"name": "an extension", "files": ["important.psd"]})
    (place / "manifest.json").write_text(theirs)
    with pytest.raises(BadInputError, match="is not empty"):
        _export(project, destination=str(place))
    assert (place / "important.psd").read_text() == "precious"
    assert (place / "manifest.json").read_text() == theirs


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_into_the_art_is_the_art(project, art, tmp_path):
    (tmp_path / "link").symlink_to(art)
    with pytest.raises(BadInputError, match="inside the art folder"):
        _export(project, destination=str(tmp_path / "link" / "out"))
    assert not (art / "out").exists()


def test_a_cancelled_or_failed_export_can_be_done_again(project, monkeypatch):
    job = Job.detached()
    job.handle.cancel()
    with pytest.raises(JobCancelled):
        export.run(ExportRequest(project=str(project.root)), job)
    sync, calls = os.fsync, []

    def fill_up(descriptor):
        calls.append(descriptor)
        if len(calls) > 4:
            raise OSError(28, "No space left on device")
        sync(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fill_up)
        with pytest.raises(StorageError, match="disk is full"):
            _export(project)
    manifest = project.exports / "training" / "manifest.json"
    assert json.loads(manifest.read_text())["complete"] is False
    assert _export(project).count == 4
    assert json.loads(manifest.read_text())["complete"] is True


@pytest.mark.parametrize(
    ("caption", "trigger", "result"),
    [("a, b", "", "a, b"), ("a, b", "t", "t, a, b"), ("t, a", "t", "t, a"), ("", "t", "t"),
     ("table, a", "t", "t, table, a")],
)  # fmt: skip
def test_the_trigger_comes_first_and_once(caption, trigger, result):
    assert with_trigger(caption, trigger) == result


def test_importing_reads_and_measures(project, art):
    (art / "crown.png").write_bytes(b"oops")
    job = Job.detached()
    result = importing.run(ImportRequest(project=str(project.root)), job)
    assert (result.pictures, result.added) == (4, 4)
    assert "crown.png is not a picture" in result.problems[0]
    assert [event.kind for event in job.handle.take_events()] == ["import.done"]
    library = Library(project.database)
    assert sum(p.sharpness is not None for p in library.pictures()) == 3
    library.close()


def test_importing_nothing_is_one_sentence(tmp_path):
    (tmp_path / "empty").mkdir()
    folders = [SourceFolder(path=str(tmp_path / "empty"))]
    project = Project.create(tmp_path / "p", "P", folders)
    with pytest.raises(MissingFileError, match=r"no pictures in .*empty"):
        importing.run(ImportRequest(project=str(project.root)), Job.detached())


def test_requests_survive_being_stored():
    for request in (ImportRequest(project="a"), ExportRequest(project="a", destination="b")):
        assert request_from_record(request.to_record()) == request


def test_what_an_interrupted_export_left_is_cleaned_up_by_the_next(project, art, monkeypatch):
    sync, calls = os.fsync, []

    def fill_up(descriptor):
        calls.append(descriptor)
        if len(calls) > 4:
            raise OSError(28, "No space left on device")
        sync(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fill_up)
        with pytest.raises(StorageError):
            _export(project)
    (art / "apple.png").unlink()
    _export(project)
    assert not any("apple" in name for name in _files(project.exports / "training"))


def test_captions_that_cannot_be_read_and_missing_folders_are_noted(art, tmp_path):
    (art / "apple.txt").write_bytes(b"caf\xe9")
    named = [SourceFolder(path=str(art), category="icons"), SourceFolder(path=str(tmp_path / "x"))]
    project = Project.create(tmp_path / "p", "P", named)
    result = _export(project)
    missing, caption = result.notes
    assert missing.startswith(f"The folder {tmp_path / 'x'} does not exist.")
    assert caption.startswith("apple.txt is in an unknown text encoding.")
    assert caption.endswith("The category icons is written instead.")
    told = []
    training_samples(project, on_problem=told.append)
    assert sum("apple.txt" in text or str(tmp_path / "x") in text for text in told) == 2


def test_an_unread_caption_without_a_category_leaves_no_caption(art, tmp_path):
    (art / "apple.txt").write_bytes(b"caf\xe9")
    result = _export(Project.create(tmp_path / "p", "P", [SourceFolder(path=str(art))]))
    assert result.notes[0].endswith("It has none now.")


def test_names_that_differ_in_how_accents_are_put_do_not_meet(project, art):
    for number, form in enumerate(("NFC", "NFD")):
        paint(art / form / f"{unicodedata.normalize(form, 'café')}.png", number)
    _export(project)
    found = [name for name in _files(project.exports / "training") if name.endswith(".png")]
    assert len({unicodedata.normalize("NFC", name).casefold() for name in found}) == 6


def test_the_time_left_goes_by_pixels(project, art):
    paint(art / "zebra.png", 5, (480, 400))
    job = Job.detached()
    told = []
    job.breathe = lambda: told.append(job.handle.progress)
    export.run(ExportRequest(project=str(project.root)), job)
    last = next(one for one in reversed(told) if one.facts)
    assert (last.step, last.total) == (3, 5)  # told before the fifth is begun
    assert last.fraction == pytest.approx(3 / 104)
