"""What is decided on the page is kept when things change meanwhile, and errors leave it usable."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.validation import marks as marks_module
from app.validation import verdict_choices
from engine.runtime.errors import JobCancelled, PictureError, StorageError
from engine.validation import limits as limits_file
from engine.validation.manifest import open_grid
from engine.validation.marks import Marks, read_marks, write_marks
from tests.app.validation.conftest import FakeProject
from tests.app.validation.grids import LEFT, axes_of, draw


@pytest.fixture
def shown(view, session, run):
    """The page with a drawn grid."""
    view.state.open(open_grid(draw(session, axes_of(run))))
    view.state.choose(next(key for key, _ in view.state.finished()))
    return view


@pytest.fixture
def other(session, run):
    """A second grid, with a star."""
    folder = draw(session, axes_of(run), name="other")
    write_marks(folder, Marks(starred=("f" * 64,)))
    return folder


def test_marks_reach_their_own_grid_though_another_is_shown_by_then(
    shown, session, other, monkeypatch
):
    folder, marks = Path(shown.state.request.folder), shown.state.marks
    written = []

    def slowly(place, found):
        if not written:
            written.append(place)
            marks.toggle("pinned", "b" * 64)
            shown.state.open(open_grid(other))
        write_marks(place, found)

    monkeypatch.setattr(marks_module, "write_marks", slowly)
    marks.toggle("starred", "a" * 64)
    assert read_marks(folder) == Marks(starred=("a" * 64,), pinned=("b" * 64,))
    assert read_marks(other) == Marks(starred=("f" * 64,))
    assert marks.now == Marks(starred=("f" * 64,))


def test_marks_of_a_newer_version_are_not_written_over(shown, session, other):
    newer = json.dumps({"format_version": 99, "starred": {"a": "much"}})
    (other / "marks.json").write_text(newer)
    shown.state.open(open_grid(other))
    assert "newer version" in str(session.errors[-1])
    session.errors.clear()
    shown.state.marks.toggle("starred", "a" * 64)
    assert (other / "marks.json").read_text() == newer
    assert "newer version" in str(session.errors[-1])


def test_marks_that_were_not_written_are_told_and_written_with_the_next(
    shown, session, monkeypatch
):
    folder, marks = Path(shown.state.request.folder), shown.state.marks

    def full(place, found):
        raise StorageError("The disk is full; {name} was not written.", name=place)

    with monkeypatch.context() as disk:
        disk.setattr(marks_module, "write_marks", full)
        marks.toggle("starred", "a" * 64)
    assert "disk is full" in str(session.errors[-1])
    marks.toggle("starred", "b" * 64)
    assert read_marks(folder).starred == ("a" * 64, "b" * 64)


def test_limits_reach_their_own_project_though_another_is_open_by_then(
    view, session, tmp_path, monkeypatch
):
    choices, first = view.evidence.choices, session.project
    first.root.mkdir(exist_ok=True)
    session.start(choices.follow())
    second = FakeProject(tmp_path / "second")
    second.root.mkdir()
    real, calls = verdict_choices._write, []

    def slowly(folder, before, chosen):
        if not calls:
            calls.append(folder)
            choices.set_limit("least_fit", 0.9)
            session.project = second
            session.start(choices.follow())
            monkeypatch.setattr(choices, "_folder", second.root)
        real(folder, before, chosen)

    monkeypatch.setattr(verdict_choices, "_write", slowly)
    choices.set_limit("least_fit", 0.8)
    assert limits_file.load(first.root)[0].least_fit == 0.9
    assert limits_file.load(second.root)[0].least_fit == 0.5


@pytest.mark.parametrize(
    "error",
    [
        StorageError("The disk is full; {name} was not written.", name="features"),
        PictureError("{name} is damaged.", name="a.png"),
        JobCancelled(),
    ],
)
def test_the_page_is_not_left_measuring(qtbot, shown, session, monkeypatch, error):
    def fail(measuring, watch):
        raise error

    monkeypatch.setattr("app.validation.evidence_work.Measuring.run", fail)

    class Library:
        def pictures(self):
            return []

    session.library = Library()
    shown.measure()
    assert not shown.evidence.measuring
    said = shown.right.verdict
    assert not said._progress.isVisibleTo(said)
    assert said._again.isVisibleTo(said)
    if not isinstance(error, JobCancelled):
        assert shown.evidence.problem is error


@pytest.fixture
def clicked(qtbot, shown, session, monkeypatch):
    """The sheet of an export after a double click, and what that wants to start."""
    qtbot.mouseClick(shown.bar.export, LEFT)
    sheet, waiting = shown.exports.sheet, []
    with monkeypatch.context() as busy:
        busy.setattr(session, "start", waiting.append)
        qtbot.mouseClick(sheet.go, LEFT)
        qtbot.mouseClick(sheet.go, LEFT)
    assert len(waiting) > 1
    return sheet, waiting


def test_a_double_click_exports_a_grid_once(session, clicked):
    for one in clicked[1]:
        session.start(one)
    assert len(session.bridge.submitted) == 1
    assert session.errors == []


def test_what_was_cancelled_is_not_exported(qtbot, session, clicked):
    clicked[0].reject()
    qtbot.wait(20)
    for one in clicked[1]:
        session.start(one)
    assert session.bridge.submitted == []
    assert session.errors == []
