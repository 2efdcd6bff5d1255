from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.dataset.edits import Fill
from engine.dataset.library import Library
from engine.project.project import Project, SourceFolder
from engine.runtime.job import Job
from engine.sampling.request import ImageRequest, LoraUse
from engine.training.config import TrainRequest
from engine.training.run_pictures import Words, note_pictures
from engine.training.runs import Run
from engine.validation.axes import Axis
from engine.validation.evaluating import evaluate
from engine.validation.filling import Filling, Keep
from engine.validation.learned import learned_by
from engine.validation.learned_pictures import learned_with, runs_of
from engine.validation.manifest import open_grid
from engine.validation.planning import PlannedCell, plan
from engine.validation.request import GridRequest
from engine.validation.store import CellStore


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project of two transparent pictures; one of them is held out."""
    art = tmp_path / "art"
    art.mkdir()
    for name in ("a.png", "b.png"):
        Image.new("RGBA", (40, 20), (0, 0, 0, 0)).save(art / name)
    made = Project.create(tmp_path / "project", "Icons", [SourceFolder(path=str(art))])
    made.save(made.file.model_copy(update={"fill": Fill(color="#00FF00")}))
    library = Library(made.database)
    library.scan(made.file.folders)
    held = [one.id for one in library.pictures() if one.path.name == "b.png"]
    library.set_held_out(held, True)
    library.close()
    return made


def run_at(folder: Path, name: str, art: Path, held_out: tuple[str, ...] = ()) -> list[str]:
    """The checkpoint of a run that learned from the pictures in ``art``."""
    root = folder / name
    project = Project.create(root, name, [SourceFolder(path=str(art))])
    with closing(Library(project.database)) as library:
        library.scan(project.file.folders)
        held = [one.id for one in library.pictures() if one.path.stem in held_out]
        library.set_held_out(held, True)
    run = Run.create(root / "runs" / name, TrainRequest(project=str(root), output_name=name))
    file = run.folder / "checkpoints" / f"{name}.safetensors"
    file.write_bytes(name.encode())
    measured = {"loss": 0.1, "held_out_loss": 0.2}
    run.log_event("train.checkpoint", {"epoch": 1, "step": 9, "path": str(file), **measured})
    return [str(file)]


def art_at(folder: Path, *names: str) -> Path:
    folder.mkdir()
    for name in names:
        noise = np.random.default_rng(ord(name[0])).integers(0, 256, (20, 20, 3), np.uint8)
        Image.fromarray(noise).save(folder / f"{name}.png")
    return folder


def test_several_runs_are_compared_with_what_all_of_them_learned(tmp_path: Path) -> None:
    shared = art_at(tmp_path / "one-art", "a", "b", "c")
    first = run_at(tmp_path, "one", shared, held_out=("b", "c"))
    second = run_at(tmp_path, "two", art_at(tmp_path / "two-art", "d", "e"), held_out=("e",))
    third = run_at(tmp_path, "three", shared, held_out=("c",))
    alone = learned_with(["", *first])
    assert [path.name for path in alone.training] == ["a.png"]
    assert alone.notes == ()
    found = learned_with(["", *first, *second, *third])
    assert sorted(path.name for path in found.training) == ["a.png", "b.png", "d.png"]
    # What one of them learned from is held out for none.
    assert sorted(path.name for path in found.held_out) == ["c.png", "e.png"]
    assert "what 3 runs learned from, together: one, two, three." in str(found.notes[0])
    assert set(found.losses) == {*first, *second, *third}
    assert {one.loss.value for one in found.losses.values()} == {0.2}
    assert found.read(found.training[0]).shape == (20, 20, 3)


class Moved:
    """A run that noted four pictures, of a project that holds a fifth out."""

    def __init__(self, folder: Path) -> None:
        self.art = art_at(folder / "art", "a", "b", "c", "d", "e")
        self.files = run_at(folder, "one", self.art, held_out=("e",))
        self.project = Project.open(folder / "one")
        note_pictures(
            Run.open(folder / "one" / "runs" / "one"),
            [self.art / f"{name}.png" for name in "abcd"],
        )

    def mark(self, stems: str, *, rejected: bool = False, held_out: bool = False) -> None:
        with closing(Library(self.project.database)) as library:
            chosen = [one.id for one in library.pictures() if one.path.stem in stems]
            if rejected:
                library.set_flag(chosen, "rejected")
            if held_out:
                library.set_held_out(chosen, True)

    def found(self) -> tuple[str, str, list[str]]:
        learned = learned_with(self.files)
        training, held_out = (
            "".join(sorted(path.stem for path in paths))
            for paths in (learned.training, learned.held_out)
        )
        for path in (*learned.training, *learned.held_out):
            assert learned.read(path).shape == (20, 20, 3)
        return training, held_out, [str(note) for note in learned.notes]


@pytest.mark.parametrize("stems", ["ab", "abcd"])
@pytest.mark.parametrize("how", ["rejected", "held_out"])
def test_what_was_learned_stays_learned_whatever_is_used_today(
    tmp_path: Path, how: str, stems: str
) -> None:
    moved = Moved(tmp_path)
    assert moved.found() == ("abcd", "e", [])
    moved.mark(stems, **{how: True})
    training, held_out, notes = moved.found()
    assert (training, notes) == ("abcd", [])
    assert not set(held_out) & set("abcd")


def test_pictures_that_are_gone_or_changed_are_counted_and_never_held_out(tmp_path: Path) -> None:
    moved = Moved(tmp_path)
    (moved.art / "a.png").unlink()
    Image.new("RGB", (20, 20), "blue").save(moved.art / "b.png")
    moved.mark("b", held_out=True)
    training, held_out, notes = moved.found()
    assert (training, held_out) == ("cd", "e")
    assert [note.partition(";")[0] for note in notes] == [
        "Compared with 2 of the 4 pictures that one learned from"
    ]


def test_a_picture_that_was_moved_within_the_project_is_found_again(tmp_path: Path) -> None:
    moved = Moved(tmp_path)
    (moved.art / "new").mkdir()
    (moved.art / "a.png").rename(moved.art / "new" / "a.png")
    assert moved.found() == ("abcd", "e", [])


def test_without_its_project_a_run_knows_its_pictures_by_its_record(tmp_path: Path) -> None:
    moved = Moved(tmp_path)
    (tmp_path / "one" / "project.toml").rename(tmp_path / "one" / "gone.toml")
    (run,) = runs_of(moved.files)[0]
    assert sorted(path.stem for path in run.training) == ["a", "b", "c", "d"]


def test_a_file_of_no_run_is_named_beside_the_runs(tmp_path: Path) -> None:
    first = run_at(tmp_path, "one", art_at(tmp_path / "art", "a"))
    found = learned_with([*first, "/elsewhere/x.safetensors"])
    assert [path.name for path in found.training] == ["a.png"]
    assert str(found.notes[0]).startswith("x.safetensors belongs to no run here")


def test_a_run_whose_pictures_are_gone_says_so_and_keeps_its_losses(tmp_path: Path) -> None:
    first = run_at(tmp_path, "one", art_at(tmp_path / "art", "a"))
    second = run_at(tmp_path, "two", art_at(tmp_path / "more", "b"))
    (tmp_path / "art").rename(tmp_path / "away")
    gone = learned_with(first)
    assert (gone.training, gone.held_out) == ([], [])
    assert len(gone.notes) == 1
    assert set(gone.losses) == set(first)
    both = learned_with([*first, *second])
    assert [path.name for path in both.training] == ["b.png"]
    assert both.notes == gone.notes


def test_without_a_run_the_pictures_of_the_project_stand_in(project: Project) -> None:
    learned = learned_with(["/elsewhere/x.safetensors"], project)
    assert "compared with the pictures of the open project" in str(learned.notes[0])
    assert [path.name for path in learned.training] == ["a.png"]
    assert [path.name for path in learned.held_out] == ["b.png"]
    assert learned.small(learned.training[0], 10).shape == (5, 10, 3)
    assert learned.read(learned.training[0])[0, 0].tolist() == [0, 255, 0]


def test_with_neither_pictures_are_read_as_they_lie(project: Project) -> None:
    (path,) = learned_with([], project).training
    plain = learned_with([])
    assert (plain.training, plain.held_out) == ((), ())
    assert plain.read(path)[0, 0].tolist() == [255, 255, 255]


def test_a_grid_is_compared_with_what_all_of_its_loras_learned(tmp_path: Path) -> None:
    files = [
        *run_at(tmp_path, "one", art_at(tmp_path / "one-art", "a")),
        *run_at(tmp_path, "two", art_at(tmp_path / "two-art", "b")),
        *run_at(tmp_path, "three", art_at(tmp_path / "three-art", "c")),
        *run_at(tmp_path, "four", art_at(tmp_path / "four-art", "d")),
    ]
    always = (LoraUse(path=files[2], weight=0.5), LoraUse(path=files[3], weight=0.0))
    request = GridRequest(
        folder=str(tmp_path / "grid"),
        checkpoints=("", files[0]),
        prompts=("castle", "apple"),
        seeds=(1, 2),
        axes=(Axis(setting="second_checkpoint", values=("", files[1])),),
        image=ImageRequest(loras=always),
    )
    assert request.lora_files == tuple(files[:3])  # at weight 0 the fourth is not there
    filling = Filling(request, plan(request), CellStore(request.cells_folder), Job.detached())

    def draw(image: ImageRequest, cells: Sequence[PlannedCell], job: Job, keep: Keep) -> None:
        for cell in cells:
            keep(cell, np.full((20, 20, 3), (255, 0, 0), np.uint8), "")

    filling.run(draw)
    verdict = evaluate(open_grid(tmp_path / "grid"))
    assert len(verdict.evidence.training_similarities) == 3
    assert any("what 3 runs learned from" in str(note) for note in verdict.notes)


def test_captions_and_trigger_are_those_learned_with_whatever_the_files_say_today(
    tmp_path: Path,
) -> None:
    art = art_at(tmp_path / "art", "a", "b")
    run_at(tmp_path, "one", art)
    folder = tmp_path / "one" / "runs" / "one"
    words = Words("pxl", ("pxl, a fox", "pxl, an owl"))
    note_pictures(Run.open(folder), [art / "a.png", art / "b.png"], words)
    for name in "ab":
        (art / f"{name}.txt").write_text("a castle")
    with closing(Library(Project.open(tmp_path / "one").database)) as library:
        for one in library.pictures():
            library.set_captions({one.id: "a castle"})
    found = learned_by(folder)
    assert (found.seen, found.trigger) == (words.captions, "pxl")
    for path in art.iterdir():
        path.unlink()
    gone = learned_by(folder)
    assert gone.problem is not None
    assert (gone.seen, gone.trigger) == (words.captions, "pxl")


@pytest.mark.parametrize("text", ["{", '{"captions": 3, "trigger": ""}', "[]", "null"])
def test_a_damaged_record_of_captions_is_none(tmp_path: Path, text: str) -> None:
    run_at(tmp_path, "one", art_at(tmp_path / "art", "a"))
    folder = tmp_path / "one" / "runs" / "one"
    (folder / "pictures.json").write_text(text)
    assert learned_by(folder).seen == ()
