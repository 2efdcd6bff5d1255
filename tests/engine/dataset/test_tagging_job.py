"""Automatic captions as a job: which pictures, what lands in the files, cancel and undo."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.dataset import tagging_job
from engine.dataset.edits import Fill, Recipe
from engine.dataset.library import Library
from engine.dataset.tagging import CaptionRequest
from engine.project.project import Project, SourceFolder
from engine.runtime.errors import BadInputError, JobCancelled, ModelFileError
from engine.runtime.job import Job, request_from_record
from engine.runtime.thread import Engine
from tests.engine.dataset.onnx_file import color_tagger

ROOT = Path(__file__).parents[3]
COLORS = {"a_red": (255, 0, 0), "b_green": (0, 255, 0), "c_blue": (0, 0, 255)}
SAYS = {
    "a_red": "red rose, ^_^, long hair",
    "b_green": "green grass, ^_^, long hair",
    "c_blue": "hatsune miku, blue sky, ^_^, long hair",
}


@pytest.fixture
def art(tmp_path):
    folder = tmp_path / "art"
    folder.mkdir()
    for name, color in COLORS.items():
        Image.new("RGB", (40, 30), color).save(folder / f"{name}.png")
    return folder


@pytest.fixture
def project(art, tmp_path):
    return Project.create(tmp_path / "project", "Art", [SourceFolder(path=str(art))])


@pytest.fixture
def tagger(tmp_path):
    return color_tagger(tmp_path / "tagger")


@pytest.fixture(autouse=True)
def _nothing_kept():
    tagging_job._KEPT.release()
    yield
    tagging_job._KEPT.release()


def ask(project, tagger, **values):
    return CaptionRequest(project=str(project.root), captioner=str(tagger), **values)


def run(project, tagger, job=None, **values):
    return tagging_job.run(ask(project, tagger, **values), job or Job.detached())


def captions(art):
    return {path.stem: path.read_bytes().decode() for path in sorted(art.glob("*.txt"))}


def opened(project):
    library = Library(project.database)
    library.scan(project.file.folders)
    return library


def test_every_picture_gets_its_own_caption(project, tagger, art):
    job = Job.detached()
    result = run(project, tagger, job, batch_size=2)
    assert captions(art) == SAYS
    assert (result.count, result.skipped, result.problems) == (3, 0, ())
    assert job.handle.progress.fraction == 1.0
    done = [event.data for event in job.handle.take_events() if event.kind == "caption.done"]
    assert [event["text"] for event in done] == [*SAYS.values()]
    assert next(iter(done[2]["probabilities"])) == "hatsune miku"


def test_only_pictures_without_a_caption_are_described(project, tagger, art):
    (art / "b_green.txt").write_text("mine", encoding="utf-8")
    result = run(project, tagger)
    assert captions(art) == SAYS | {"b_green": "mine"}
    assert (result.count, result.skipped) == (2, 1)


def test_what_is_new_is_appended_in_the_encoding_that_is_there(project, tagger, art):
    (art / "a_red.txt").write_bytes("﻿castle,^_^\r\n".encode())
    run(project, tagger, existing="append", prefix="mystyle")
    assert (art / "a_red.txt").read_bytes() == "﻿mystyle, castle,^_^,red rose,long hair\r\n".encode()
    assert captions(art)["b_green"] == f"mystyle, {SAYS['b_green']}"


def test_all_of_it_is_one_step_of_undo(project, tagger, art):
    (art / "a_red.txt").write_text("old", encoding="utf-8")
    run(project, tagger, existing="replace", batch_size=1)
    assert captions(art) == SAYS
    library = opened(project)
    assert library.can_undo == "Write captions"
    library.undo()
    assert captions(art) == {"a_red": "old"}
    assert library.can_undo is None
    library.redo()
    assert captions(art) == SAYS
    library.close()


def test_cancelling_keeps_what_is_written_as_one_step(project, tagger, art):
    job = Job.detached()
    breathe = job.breathe

    def stop_after_two():
        if len(captions(art)) == 2:
            job.handle.cancel()
        breathe()

    job.breathe = stop_after_two
    with pytest.raises(JobCancelled):
        run(project, tagger, job, batch_size=1)
    assert captions(art) == {name: SAYS[name] for name in ("a_red", "b_green")}
    library = opened(project)
    library.undo()
    assert captions(art) == {}
    assert library.can_undo is None
    library.close()


def test_the_rest_is_done_the_next_time(project, tagger, art):
    library = opened(project)
    first = library.pictures()[0].id
    library.close()
    run(project, tagger, pictures=(first,))
    assert captions(art) == {"a_red": SAYS["a_red"]}
    assert run(project, tagger).count == 2
    assert captions(art) == SAYS


def test_nothing_to_do_says_so_before_a_model_is_loaded(project, tagger, art):
    for name in COLORS:
        (art / f"{name}.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(BadInputError, match="All 3 pictures have a caption already"):
        run(project, tagger)
    assert tagging_job._KEPT.model is None


def test_rejected_pictures_are_left_alone(project, tagger, art):
    library = opened(project)
    library.set_flag([library.pictures()[0].id], "rejected")
    library.close()
    run(project, tagger)
    assert "a_red" not in captions(art)


def test_the_model_sees_the_crop_or_the_source(project, tagger, art):
    half = np.zeros((40, 40, 3), np.uint8)
    half[:, :20], half[:, 20:] = (255, 0, 0), (0, 255, 0)
    Image.fromarray(half).save(art / "a_red.png")
    library = opened(project)
    library.set_recipe([library.pictures()[0].id], Recipe(crop=(20, 0, 20, 20)))
    library.close()
    run(project, tagger)
    assert captions(art)["a_red"] == SAYS["b_green"]
    run(project, tagger, existing="replace", shows="source", threshold=0.4)
    assert captions(art)["a_red"] == "^_^, green grass, red rose, long hair"


def test_transparent_parts_are_filled_as_for_training_or_white(project, tagger, art):
    Image.new("RGBA", (40, 30), (255, 0, 0, 0)).save(art / "a_red.png")
    project.save(project.file.model_copy(update={"fill": Fill(color="#00FF00")}))
    run(project, tagger)
    assert captions(art)["a_red"] == SAYS["b_green"]
    run(project, tagger, existing="replace", background="white")
    white = captions(art)["a_red"].split(", ")
    assert {"green grass", "red rose", "blue sky"} <= {*white}


def test_a_picture_that_cannot_be_read_is_named_and_the_others_go_on(project, tagger, art):
    data = (art / "b_green.png").read_bytes()
    (art / "b_green.png").write_bytes(data[:60])
    library = opened(project)
    ids = tuple(picture.id for picture in library.pictures())
    library.close()
    result = run(project, tagger, pictures=ids)
    assert result.count == 2
    assert len(result.problems) == 1
    assert "b_green.png" in result.problems[0]
    assert "b_green" not in captions(art)


def test_a_caption_that_cannot_be_decoded_stays_as_it_is(project, tagger, art):
    (art / "a_red.txt").write_bytes(b"caf\xe9 \xff\x80 cr\xe8me")
    result = run(project, tagger, existing="replace")
    assert (art / "a_red.txt").read_bytes() == b"caf\xe9 \xff\x80 cr\xe8me"
    assert result.count == 2
    assert any("a_red.txt" in problem for problem in result.problems)


def test_a_picture_without_a_likely_tag_is_named(project, tagger, art):
    result = run(project, tagger, threshold=0.9)
    assert {*captions(art)} == {"a_red", "b_green", "c_blue"}
    none = run(project, tagger, existing="replace", categories=("meta",))
    assert none.count == 0
    assert len(none.problems) == 3
    assert "nothing to say of a_red.png" in none.problems[0]
    assert captions(art)["a_red"] == "red rose"
    assert result.count == 3


def test_a_caption_changed_meanwhile_is_merged_or_left(project, tagger, art, monkeypatch):
    (art / "a_red.txt").write_text("castle", encoding="utf-8")
    (art / "b_green.txt").write_text("castle", encoding="utf-8")
    write = tagging_job._write

    def another_program(*args):
        (art / "a_red.txt").write_text("castle, theirs", encoding="utf-8")
        (art / "b_green.txt").write_text("A sentence.\nOf two lines.", encoding="utf-8")
        write(*args)

    monkeypatch.setattr(tagging_job, "_write", another_program)
    result = run(project, tagger, existing="append")
    assert captions(art)["a_red"] == "castle, theirs, red rose, ^_^, long hair"
    assert captions(art)["b_green"] == "A sentence.\nOf two lines."
    assert [p for p in result.problems if "b_green.png" in p and "waits for your choice" in p]


def test_memory_that_runs_out_halves_the_batch(project, tagger, art):
    sizes = []

    class Hungry:
        def describe(self, pictures, request):
            sizes.append(len(pictures))
            if len(pictures) > 1:
                raise MemoryError
            return model.describe(pictures, request)

    run(project, tagger, pictures=())
    model = tagging_job._KEPT.model
    tagging_job._KEPT.model = Hungry()
    for path in art.glob("*.txt"):
        path.unlink()
    assert run(project, tagger, batch_size=4).count == 3
    assert captions(art) == SAYS
    assert sizes == [3, 2, 1, 1, 1]


def test_memory_that_is_not_enough_for_one_picture_ends_the_job(project, tagger, art):
    class Starved:
        def describe(self, pictures, request):
            raise MemoryError

    run(project, tagger)
    tagging_job._KEPT.model = Starved()
    engine = Engine().start()
    handle = engine.submit(ask(project, tagger, existing="replace"))
    error = handle.exception(timeout=60)
    engine.close()
    assert str(error).startswith("Out of memory.")
    assert captions(art) == SAYS


def test_the_model_is_loaded_once_and_again_when_its_files_change(project, tagger):
    run(project, tagger)
    first = tagging_job._KEPT.model
    run(project, tagger, existing="replace")
    assert tagging_job._KEPT.model is first
    color_tagger(tagger, last=False)
    run(project, tagger, existing="replace")
    assert tagging_job._KEPT.model is not first


def test_a_damaged_model_writes_nothing(project, tagger, art):
    (tagger / "model.onnx").write_bytes(b"\x08\x08broken")
    with pytest.raises(ModelFileError, match="cannot be read as an ONNX model"):
        run(project, tagger)
    assert captions(art) == {}
    assert not [path for path in art.iterdir() if path.suffix not in (".png",)]


def test_a_scan_is_shrunk_before_it_waits_in_memory():
    small = tagging_job._handy(np.zeros((3000, 6000, 3), np.uint8))
    assert small.shape == (1024, 2048, 3)
    assert tagging_job._handy(np.zeros((2000, 2048, 3), np.uint8)).shape == (2000, 2048, 3)


def test_a_sentence_model_writes_through_the_same_job(project, tmp_path, art):
    from tests.engine.dataset.small_captioners import WORDS, small_blip

    run(project, small_blip(tmp_path / "blip"), max_tokens=6, prefix="mystyle")
    written = captions(art)
    assert len(written) == 3
    assert all(text.startswith("mystyle, ") for text in written.values())
    assert {word for text in written.values() for word in text[9:].split()} <= {*WORDS}


def test_the_request_survives_the_queue(project, tagger):
    request = ask(project, tagger, categories=("general", "rating"), excluded=("a", "b"))
    assert request_from_record(request.to_record()) == request


def test_asking_imports_no_model_library():
    code = (
        "import sys, engine.dataset.tagging, engine.dataset.captioners, engine.dataset.tagging_job,"
        " engine.dataset.tagging_wd, engine.dataset.tagging_download;"
        "print([n for n in ('torch', 'transformers', 'onnxruntime') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
