from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from app.i18n import set_language
from app.validation.cell import Checkpoint
from engine.models.approvals import approved_in, read_approval, verdict_path
from engine.runtime.locks import Lock
from engine.training.config import TrainRequest
from engine.training.run_claims import LOCK
from engine.training.runs import Run
from engine.validation.evidence import Undrawn
from tests.app.validation.test_export import choose
from tests.engine.validation.exports import evidence_of, make_grid

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def library(tmp_path, monkeypatch, session):
    monkeypatch.setenv("STYLEKILN_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("app.trash.to_trash", _trash(tmp_path / "trash"))
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
    assert session.facts[session.notes[-1]]["name"] == f"Epoch {_epoch(view)}"
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
    session.offers["The approval of {name} is withdrawn."]()
    assert len(list(approved_in(library))) == 1
    assert foot.approve.text() == "Withdraw approval"


def _epoch(view):
    return view.state.checkpoints[view.state.pick_checkpoint].epoch


def test_what_speaks_against_a_checkpoint_is_said_before_it_is_approved(qtbot, view, sheet):
    other = next(path for path in view.evidence.verdict().words if path != sheet.checkpoint.value)
    choose(qtbot, sheet.checkpoint, other)
    number = view.state.checkpoints[other].epoch
    assert sheet.go.text() == f"Approve epoch {number} all the same"
    found = next(one for one in view.evidence.verdict().rows if one.row.checkpoint == other)
    assert found.flags
    headline, detail = str(found.flags[0].headline), str(found.flags[0].detail)
    assert f"{headline[0].upper()}{headline[1:]}. {detail}." in sheet.verdict.text()
    sheet.weight.set_value(0.35)
    sheet.weight.changed.emit(0.35)
    assert "does not show this weight" in sheet.verdict.text()


def test_another_checkpoint_keeps_the_weight_and_says_where_it_is_best(qtbot, view, sheet):
    weights = sorted({one.row.weight for one in view.evidence.verdict().rows})
    first, before = sheet.checkpoint.value, sheet.weight.value
    other = next(path for path in view.evidence.verdict().words if path != first)
    choose(qtbot, sheet.checkpoint, other)
    assert sheet.weight.value == before
    away = next(weight for weight in weights if weight != before)
    sheet.weight.set_value(away)
    sheet.weight.changed.emit(away)
    assert sheet.best.text() == ""  # it is flagged at every weight: none is best
    choose(qtbot, sheet.checkpoint, first)
    assert sheet.weight.value == away
    assert sheet.best.text() == f"Judged best at weight {before:g}."
    assert sheet.best.isVisible()


def test_a_flag_at_another_weight_is_an_objection_at_this_one(qtbot, view, judged):
    evidence = view.evidence.evidence
    last = judged.request.checkpoints[-1]
    rows = tuple(
        replace(
            row, style_fit=0.9, diversity=0.75, copies=row.count if row.weight == 1 else 0, cells=()
        )
        if row.checkpoint == last
        else row
        for row in evidence.rows
    )
    view.evidence.evidence = replace(evidence, rows=rows)
    view.evidence.judge()
    picked = view.evidence.pick()
    assert (picked.checkpoint, picked.weight, picked.sound) == (last, 0.5, False)
    assert "is memorized; at weight 0.5 it does not show" in view.right.verdict.headline.text()
    assert view.right.verdict.mark._tint == "warn"
    told = {row.key: row.count for row in view.right.epochs.list.rows.items}
    assert told[last] == "copies at 1"
    qtbot.mouseClick(view.right.deeds.approve, LEFT)
    sheet = view.approvals.sheet
    assert (sheet.checkpoint.value, sheet.weight.value) == (last, 0.5)
    assert "4 of 4 above 0.85 at weight 1" in sheet.verdict.text()
    assert "Nothing speaks against it" not in sheet.verdict.text()
    assert sheet.mark._tint == "warn"
    assert sheet.go.text().endswith("all the same")


def test_nothing_that_speaks_against_it_is_cut_off(qtbot, view, sheet):
    other = next(path for path in view.evidence.verdict().words if path != sheet.checkpoint.value)
    choose(qtbot, sheet.checkpoint, other)
    words = sheet.verdict
    qtbot.waitUntil(lambda: words.height() >= words.heightForWidth(words.width()))
    assert sheet.rect().contains(sheet.go.mapTo(sheet, sheet.go.rect().bottomRight()))


def test_what_is_approved_is_marked_on_the_page(qtbot, view, sheet):
    picked = view.evidence.pick()
    panel = view.right.verdict
    assert not panel._approved.isVisibleTo(panel)
    qtbot.mouseClick(sheet.go, LEFT)
    name = view.evidence.names()[picked.checkpoint]
    assert panel.approved.text() == f"Approved for the team: {name} at {picked.weight:g}."
    view.stage.show_verdict()
    told = {row.key: row.count for row in view.right.epochs.list.rows.items}
    assert told[picked.checkpoint].endswith(f", approved at {picked.weight:g}")


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


@pytest.fixture
def judged_run(view, session, library):
    """A finished run of four epochs, judged; another epoch is saved that the grid does not show."""
    request = TrainRequest(project=str(session.project.root), output_name="style")
    run = Run.create(session.project.runs / "style", request)
    paths = [run.folder / "checkpoints" / f"style-e{epoch}.safetensors" for epoch in range(1, 6)]
    for epoch, path in enumerate(paths, 1):
        path.write_bytes(b"lora %d" % epoch)
        told = {"epoch": epoch, "step": 4 * epoch, "path": str(path), "loss": 0.1}
        run.log_event("train.checkpoint", told)
        view.state.checkpoints[str(path)] = Checkpoint(str(path), path.stem, epoch)
    run.end("finished")
    grid = make_grid(
        session.project.grids / "check", side=16, checkpoints=("", *map(str, paths[:4]))
    )
    view.state.open(grid)
    view.evidence.evidence = evidence_of(grid)
    view.evidence.judge()
    return run


def _left(run):
    return [one.epoch for one in run.checkpoints()]


def test_the_rest_of_the_run_goes_to_the_trash_and_comes_back(
    qtbot, view, session, judged_run, tmp_path, library
):
    qtbot.mouseClick(view.right.deeds.approve, LEFT)
    sheet = view.approvals.sheet
    picked = view.state.checkpoints[view.state.pick_checkpoint].epoch
    assert not sheet.tidy.value
    assert sheet.tidy.text() == f"Keep epoch {picked}, delete the rest"
    assert sheet.tidy_hint.text().startswith("3 checkpoints of style go to the trash")
    assert sheet.tidy_hint.text().endswith("1 that was never drawn stays.")
    other = next(path for path in view.evidence.verdict().words if path != sheet.checkpoint.value)
    choose(qtbot, sheet.checkpoint, other)
    epoch = view.state.checkpoints[other].epoch
    low, high = sorted((epoch, picked))
    assert sheet.tidy.text() == f"Keep epoch {low} and epoch {high}, delete the rest"
    qtbot.mouseClick(sheet.tidy, LEFT)
    qtbot.mouseClick(sheet.go, LEFT)
    assert session.errors == []
    assert _left(judged_run) == [low, high, 5]
    assert len(list(approved_in(library))) == 1
    assert len(list((tmp_path / "trash").iterdir())) == 2
    session.offers["1 checkpoint of {name} is in the trash."]()
    assert _left(judged_run) == [1, 2, 3, 4, 5]


def test_without_the_tick_nothing_of_the_run_goes(qtbot, view, judged_run):
    qtbot.mouseClick(view.right.deeds.approve, LEFT)
    qtbot.mouseClick(view.approvals.sheet.go, LEFT)
    assert _left(judged_run) == [1, 2, 3, 4, 5]


def test_a_copy_that_fails_leaves_the_run_as_it_was(qtbot, view, session, judged_run, library):
    qtbot.mouseClick(view.right.deeds.approve, LEFT)
    sheet = view.approvals.sheet
    qtbot.mouseClick(sheet.tidy, LEFT)
    library.parent.mkdir(parents=True)
    library.write_bytes(b"a file where the folder should be")
    qtbot.mouseClick(sheet.go, LEFT)
    assert len(session.errors) == 1
    assert _left(judged_run) == [1, 2, 3, 4, 5]


def test_a_run_that_still_trains_keeps_its_checkpoints(qtbot, view, session, judged_run, tmp_path):
    lock = Lock(judged_run.folder / LOCK)
    assert lock.take()
    qtbot.mouseClick(view.right.deeds.approve, LEFT)
    sheet = view.approvals.sheet
    assert not sheet.tidy.isEnabled()
    assert "The run style is still going on." in sheet.tidy_hint.text()
    lock.release()
    sheet.reject()
    qtbot.mouseClick(view.right.deeds.approve, LEFT)
    qtbot.mouseClick(view.approvals.sheet.tidy, LEFT)
    assert lock.take()  # it was resumed while the sheet was open
    qtbot.mouseClick(view.approvals.sheet.go, LEFT)
    lock.release()
    assert "is still going on" in str(session.errors[-1])
    assert _left(judged_run) == [1, 2, 3, 4, 5]


def test_files_of_no_run_are_not_offered_to_be_tidied(view, sheet):
    assert not sheet.tidy.isVisible()


def test_the_limits_of_the_project_judge_the_report_and_the_approval(
    qtbot, view, judged, session, library, tmp_path
):
    view.evidence.choices.set_limit("least_fit", 0.05)
    view.exports.write_report("html", str(tmp_path / "out.html"))
    text = (tmp_path / "out.html").read_text("utf-8")
    assert re.search(r"Style fit</td>.*?at least 0\.05", text)
    assert "has not learned the style" not in text
    qtbot.mouseClick(view.right.deeds.approve, LEFT)
    qtbot.mouseClick(view.approvals.sheet.go, LEFT)
    (approved,) = approved_in(library)
    assert approved.approval.limits["least_fit"] == 0.05


def test_enter_in_the_weight_takes_the_number_and_does_not_approve(qtbot, sheet, library):
    field = sheet.weight.field
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "1.4")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert sheet.isVisible()
    assert (sheet.weight.value, field.text()) == (1.4, "1.40")
    assert not library.exists()
    assert "does not show this weight" in sheet.verdict.text()


def test_one_paints_with_what_is_approved_whichever_cell_is_chosen(
    qtbot, view, session, sheet, library
):
    picked, foot = view.evidence.pick(), view.right.deeds
    name = view.evidence.names()[picked.checkpoint]
    assert foot.canvas.text() == f"Paint with {name} at {picked.weight:g}"
    sheet.weight.set_value(0.75)
    qtbot.mouseClick(sheet.go, LEFT)
    other = next(key for key, _ in view.state.finished() if key.checkpoint != picked.checkpoint)
    view.state.choose(other)
    assert foot.canvas.text() == f"Paint with {name} at 0.75"
    qtbot.mouseClick(foot.canvas, LEFT)
    assert session.gone[-1][0] == "canvas"
    assert session.gone[-1][1]["loras"] == ((picked.checkpoint, 0.75),)
    told = {row.key: row.count for row in view.right.epochs.list.rows.items}
    assert told[picked.checkpoint].endswith("approved at 0.75")


def test_a_grid_that_is_not_drawn_to_the_end_recommends_nothing(view, judged):
    last = judged.request.checkpoints[-1]
    view.evidence.evidence = replace(view.evidence.evidence, undrawn=Undrawn(48, 456, (last,)))
    view.evidence.judge()
    said = view.right.verdict
    assert said.headline.text() == "Not drawn to the end"
    assert "Only 48 of 456 pictures are drawn. Checkpoints not looked at: 1." in said.reasons.text()
    assert said.complete.text() == "Draw the rest"
    assert not said.complete.isHidden()
    foot = view.right.deeds
    assert not foot.approve.isEnabled()
    assert foot.approve.property("kind") != "primary"


def test_checkpoints_of_the_run_that_the_grid_leaves_out_are_named(view, judged):
    other = str(Path(judged.request.checkpoints[-1]).parent / "style-e9.safetensors")
    view.state.checkpoints[other] = Checkpoint(other, "style", 9)
    view.evidence.judge()
    assert "Not in this grid: epoch 9." in view.right.verdict.notes.text()
