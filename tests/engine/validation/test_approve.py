from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from engine.models.approvals import (
    Said,
    approved_in,
    preview_path,
    read_approval,
    verdict_path,
)
from engine.models.catalogue import model_folders
from engine.models.hashes import file_sha256
from engine.project.settings import Settings, library_folder
from engine.runtime.errors import BadInputError, JobCancelled, MissingFileError, StorageError
from engine.runtime.job import Job
from engine.validation import approve
from engine.validation.approve import ApproveRequest, run
from engine.validation.marks import Marks, read_marks, write_marks
from tests.engine.validation.exports import make_grid


@pytest.fixture
def grid(tmp_path: Path):
    return make_grid(tmp_path / "check")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "team" / "图库"


@pytest.fixture
def request_of(grid, library: Path):
    def made(number: int = 1, **values) -> ApproveRequest:
        known = {
            "grid": str(grid.folder),
            "checkpoint": grid.request.checkpoints[number],
            "library": str(library),
            "name": "第 2 轮",
            "weight": 0.8,
            "note": "Good for props.\n建筑需要 house。",
            "said": (Said(template="Use {name} at weight {weight}.", facts={"name": "epoch 2"}),),
            "measures": {"copying": 0.31, "diversity": None},
            "limits": {"least_fit": 0.5},
        }
        return ApproveRequest(**known | values)

    return made


def test_the_checkpoint_is_copied_whole_with_its_verdict(grid, library, request_of) -> None:
    source = Path(grid.request.checkpoints[1])
    approved = run(request_of(), Job.detached())
    assert approved.path == library / source.name
    assert approved.path.read_bytes() == source.read_bytes()
    told = json.loads(verdict_path(approved.path).read_text("utf-8"))
    assert told["weight"] == 0.8
    assert told["note"].endswith("建筑需要 house。")
    assert told["said"][0]["facts"] == {"name": "epoch 2"}
    assert told["sha256"] == file_sha256(source)
    assert told["grid"] == "check"
    assert read_approval(approved.path) == approved.approval
    assert list(approved_in(library)) == [approved]


def test_another_file_of_that_name_is_kept_and_the_same_content_is_one_entry(
    grid, library, request_of
) -> None:
    name = Path(grid.request.checkpoints[1]).name
    library.mkdir(parents=True)
    (library / name).write_bytes(b"somebody else's")
    first = run(request_of(), Job.detached())
    assert first.path.name == "style-e1-2.safetensors"
    again = run(request_of(weight=0.7), Job.detached())
    assert again.path == first.path
    assert again.approval.copied
    assert (library / name).read_bytes() == b"somebody else's"
    assert [one.approval.weight for one in approved_in(library)] == [0.7]
    assert read_approval(library / name) is None


def test_a_file_that_was_in_the_library_before_is_not_said_to_be_copied(
    grid, library, request_of
) -> None:
    source = Path(grid.request.checkpoints[1])
    library.mkdir(parents=True)
    (library / source.name).write_bytes(source.read_bytes())
    assert not run(request_of(), Job.detached()).approval.copied


def test_a_checkpoint_that_changed_since_it_was_judged_is_refused(
    grid, library, request_of
) -> None:
    Path(grid.request.checkpoints[1]).write_bytes(b"trained on")
    with pytest.raises(BadInputError, match=r"style-e1.safetensors or its base model has changed"):
        run(request_of(), Job.detached())
    assert not library.exists()
    assert run(request_of(2), Job.detached()).path.is_file()


def test_a_checkpoint_that_is_gone_or_was_not_drawn_is_refused(grid, request_of, tmp_path) -> None:
    other = tmp_path / "other.safetensors"
    other.write_bytes(b"other")
    with pytest.raises(BadInputError, match=r"The grid shows no picture of other\.safetensors"):
        run(request_of(checkpoint=str(other)), Job.detached())
    Path(grid.request.checkpoints[1]).unlink()
    with pytest.raises(MissingFileError, match=r"does not exist\. Choose another checkpoint\."):
        run(request_of(), Job.detached())


def test_what_is_changed_in_the_library_is_approved_no_longer(library, request_of) -> None:
    approved = run(request_of(), Job.detached())
    size = approved.path.stat().st_size
    approved.path.write_bytes(b"x" * size)
    os.utime(approved.path, (1, 1))
    assert read_approval(approved.path) is None
    verdict_path(approved.path).write_text("{damaged", "utf-8")
    assert read_approval(approved.path) is None
    assert list(approved_in(library)) == []


@pytest.mark.parametrize(
    "wrong", [{"weight": float("nan")}, {"weight": float("inf")}, {"when": 1e300}, {"when": -1}]
)
def test_a_verdict_with_numbers_that_mean_nothing_approves_nothing(
    library, request_of, wrong
) -> None:
    approved = run(request_of(), Job.detached())
    path = verdict_path(approved.path)
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | wrong), "utf-8")
    assert read_approval(approved.path) is None


def test_marks_that_are_nested_without_end_are_damaged(tmp_path: Path) -> None:
    (tmp_path / "marks.json").write_text("[" * 100_000)
    with pytest.raises(BadInputError, match="is damaged"):
        read_marks(tmp_path)


def test_a_copy_that_came_out_different_is_refused(library, request_of, monkeypatch) -> None:
    monkeypatch.setattr(approve, "_sha256", lambda *_: "0" * 64)
    with pytest.raises(StorageError, match="was not copied whole"):
        run(request_of(), Job.detached())
    assert list(library.iterdir()) == []


def test_cancel_and_a_full_disk_leave_the_library_as_it_was(
    library, request_of, monkeypatch
) -> None:
    job = Job.detached()
    job.handle.cancel()
    with pytest.raises(JobCancelled):
        run(request_of(), job)
    assert list(library.iterdir()) == []

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("engine.runtime.files.os.fsync", full)
    with pytest.raises(StorageError, match=r"The disk is full; .* was not written"):
        run(request_of(), Job.detached())
    assert list(library.iterdir()) == []


def test_a_verdict_that_cannot_be_written_takes_its_copy_along(
    library, request_of, monkeypatch
) -> None:
    def refuse(*_: object) -> None:
        raise StorageError("The disk is full.")

    monkeypatch.setattr(approve, "write_approval", refuse)
    with pytest.raises(StorageError):
        run(request_of(), Job.detached())
    assert list(library.iterdir()) == []


def test_the_library_is_among_the_users_models_unless_another_is_chosen(
    tmp_path, monkeypatch
) -> None:
    monkeypatch.setenv("STYLEKILN_HOME", str(tmp_path / "home"))
    assert library_folder(Settings()) == tmp_path / "home" / "models" / "approved"
    Settings(team_library=str(tmp_path / "share")).save()
    assert library_folder(Settings.load()) == tmp_path / "share"
    assert model_folders()[-1] == tmp_path / "share"


# The picture it is shown by


def test_a_picture_drawn_at_its_weight_is_laid_beside_it_the_starred_one_first(
    grid, request_of
) -> None:
    checkpoint = grid.request.checkpoints[1]
    drawn = [cell for cell in grid.cells if cell.position.checkpoint == checkpoint]
    at_weight = [cell for cell in drawn if cell.position.weight == 1.0]
    approved = run(request_of(weight=1.0), Job.detached())
    preview = preview_path(approved.path)
    assert approved.approval.preview == preview.name
    assert preview.read_bytes() == at_weight[0].path.read_bytes()
    starred = Marks(starred=(drawn[0].id, at_weight[2].id), rejected=(at_weight[0].id,))
    write_marks(grid.folder, starred)
    run(request_of(weight=1.0), Job.detached())
    assert preview.read_bytes() == at_weight[2].path.read_bytes()
    at_weight[2].path.unlink()
    run(request_of(weight=1.0), Job.detached())
    assert preview.read_bytes() == at_weight[1].path.read_bytes()


def test_a_picture_of_somebody_else_is_not_written_over(grid, library, request_of) -> None:
    library.mkdir(parents=True)
    preview = preview_path(library / Path(grid.request.checkpoints[1]).name)
    preview.write_bytes(b"painted by hand")
    approved = run(request_of(), Job.detached())
    assert preview.read_bytes() == b"painted by hand"
    assert approved.approval.preview == ""
    assert preview not in approved.brought()


def test_without_room_for_the_picture_it_is_approved_all_the_same(request_of, monkeypatch) -> None:
    def full(path, data):
        raise StorageError("The disk is full.")

    monkeypatch.setattr("engine.validation.approve_preview.write_bytes", full)
    approved = run(request_of(), Job.detached())
    assert approved.approval.preview == ""
    assert read_approval(approved.path) is not None
    assert not preview_path(approved.path).exists()
