from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from app.i18n import set_language
from app.validation.model import Checkpoint
from engine.models.approvals import approved_in, read_approval, verdict_path
from tests.app.validation.test_export import choose
from tests.engine.validation.exports import evidence_of, make_grid

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def library(tmp_path, monkeypatch, session):
    monkeypatch.setenv("STYLEKILN_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("app.models.withdrawal.to_trash", _trash(tmp_path / "trash"))
    return tmp_path / "home" / "models" / "approved"


def _trash(folder):
    """Where a test has no trash of the system, a folder is one."""

    def move(path):
        folder.mkdir(exist_ok=True)
        return Path(path).rename(folder / path.name)

    return move


@pytest.fixture
def judged(view, tmp_path, library):
    """A grid that was measured: the second checkpoint is the pick."""
    grid = make_grid(tmp_path / "project" / "grids" / "check", side=16)
    for epoch, path in enumerate(grid.request.checkpoints[1:], 1):
        view.state.checkpoints[path] = Checkpoint(path, "style", epoch)
    view.state.open(grid)
    view.evidence.evidence = evidence_of(grid)
    view.evidence.judge()
    return grid


@pytest.fixture
def sheet(qtbot, view, judged):
    qtbot.mouseClick(view.right.deeds.approve, LEFT)
    return view.approvals.sheet


def test_the_pick_is_approved_with_its_weight_and_a_note(qtbot, view, session, sheet, library):
    picked = view.evidence.pick()
    assert sheet.checkpoint.value == picked.checkpoint
    assert sheet.weight.value == picked.weight
    qtbot.keyClicks(sheet.note, "Good for props.")
    qtbot.mouseClick(sheet.go, LEFT)
    (approved,) = approved_in(library)
    assert approved.path.read_bytes() == Path(picked.checkpoint).read_bytes()
    assert (approved.approval.weight, approved.approval.note) == (picked.weight, "Good for props.")
    assert approved.approval.said[0].template == picked.headline.template
    assert approved.approval.measures["copying"] == 0.5
    assert approved.approval.limits["least_fit"] == 0.5
    assert session.notes[-1] == "{name} is approved for the team."
    session.offers["{name} is approved for the team."]()
    assert session.gone[-1] == ("models", {"path": str(approved.path)})


def test_an_approval_is_withdrawn_and_brought_back(qtbot, view, session, sheet, library):
    qtbot.mouseClick(sheet.go, LEFT)
    foot = view.right.deeds
    assert foot.approve.text() == "Withdraw approval"
    assert (foot.approve.property("kind"), foot.canvas.property("kind")) == ("normal", "primary")
    qtbot.mouseClick(foot.approve, LEFT)
    assert list(library.iterdir()) == []
    assert foot.approve.text() == f"Approve epoch {_epoch(view)}"
    session.offers["{name} is approved no longer."]()
    assert len(list(approved_in(library))) == 1
    assert foot.approve.text() == "Withdraw approval"


def _epoch(view):
    return view.state.checkpoints[view.state.pick_checkpoint].epoch


def test_what_speaks_against_a_checkpoint_is_said_before_it_is_approved(qtbot, view, sheet):
    other = next(path for path in view.evidence.verdict().words if path != sheet.checkpoint.value)
    choose(qtbot, sheet.checkpoint, other)
    assert sheet.go.text() == f"Approve epoch {view.state.checkpoints[other].epoch}"
    found = next(one for one in view.evidence.verdict().rows if one.row.checkpoint == other)
    assert found.flags
    assert str(found.flags[0].headline) in sheet.verdict.text()
    sheet.weight.set_value(0.35)
    sheet.weight.changed.emit(0.35)
    assert "does not show this weight" in sheet.verdict.text()


def test_a_checkpoint_that_changed_is_not_approved_and_one_sentence_says_so(
    qtbot, view, session, sheet, library
):
    Path(sheet.checkpoint.value).write_bytes(b"trained on")
    qtbot.mouseClick(sheet.go, LEFT)
    assert "has changed since it was judged" in str(session.errors[-1])
    assert not library.exists()
    assert view.right.deeds.approve.text().startswith("Approve")


def test_another_library_is_remembered(qtbot, session, sheet, tmp_path):
    sheet.take_library(str(tmp_path / "share"))
    qtbot.mouseClick(sheet.go, LEFT)
    assert session.settings.team_library == str(tmp_path / "share")
    assert len(list(approved_in(tmp_path / "share"))) == 1


def test_a_changed_copy_counts_as_not_approved(qtbot, view, session, sheet, library):
    qtbot.mouseClick(sheet.go, LEFT)
    (approved,) = approved_in(library)
    approved.path.write_bytes(b"something else")
    assert read_approval(approved.path) is None
    assert verdict_path(approved.path).is_file()
    session.start(view.approvals.read())
    assert view.right.deeds.approve.text().startswith("Approve")


def test_without_evidence_nothing_can_be_approved(view):
    foot = view.right.deeds
    assert not foot.approve.isVisible()
    assert not foot.canvas.isEnabled()
    view.approvals.ask()
    assert view.approvals.sheet is None


def test_the_sheet_speaks_chinese(qtbot, view, judged):
    set_language("zh_CN")
    try:
        picked = view.evidence.pick()
        view.state.set_pick(picked.checkpoint, picked.weight)
        assert view.right.deeds.approve.text() == f"批准第 {_epoch(view)} 轮"
        qtbot.mouseClick(view.right.deeds.approve, LEFT)
        assert "第" in view.approvals.sheet.checkpoint.options[0][1]
    finally:
        set_language("en")


def test_the_report_is_offered_and_written_with_the_note(qtbot, view, session, sheet, tmp_path):
    qtbot.keyClicks(sheet.note, "Good for props.")
    qtbot.mouseClick(sheet.go, LEFT)
    deeds = view.right.deeds
    qtbot.mouseClick(deeds.report, LEFT)
    assert [one.text() for one in deeds.menu.actions()] == [
        "Report as a page (HTML)…",
        "Report to print (PDF)…",
    ]
    deeds.menu.close()
    for kind in ("html", "pdf"):
        view.exports.write_report(kind, str(tmp_path / f"out.{kind}"))
    text = (tmp_path / "out.html").read_text("utf-8")
    assert "Good for props." in text
    assert view.evidence.verdict().pick.headline.facts["name"] in text
    assert (tmp_path / "out.pdf").read_bytes().startswith(b"%PDF")
    assert session.notes[-1] == "Exported {name}."
