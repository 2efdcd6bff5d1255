from __future__ import annotations

import pytest
from PIL import Image
from PySide6.QtCore import Qt

from app.i18n import set_language
from app.validation.cell import Checkpoint
from tests.engine.validation.exports import evidence_of, make_grid

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def grid(view, tmp_path):
    """A grid that is shown in the window; its second seed is on the next page."""
    made = make_grid(tmp_path / "project" / "grids" / "check", side=16)
    for epoch, path in enumerate(made.request.checkpoints[1:], 1):
        view.state.checkpoints[path] = Checkpoint(path, "style", epoch)
    view.state.open(made)
    return made


@pytest.fixture
def sheet(qtbot, view, grid):
    """The sheet that a click on Export opens."""
    qtbot.mouseClick(view.bar.export, LEFT)
    return view.exports.sheet


def choose(qtbot, control, value):
    """Choose with the keyboard, as a user does."""
    values = [option for option, _ in control.options]
    while control.value != value:
        down = values.index(value) > values.index(control.value)
        qtbot.keyClick(control, Qt.Key.Key_Down if down else Qt.Key.Key_Up)


def test_a_click_exports_the_picture_beside_the_engine_and_tells_where(qtbot, view, session, sheet):
    qtbot.mouseClick(sheet.go, LEFT)
    path = session.project.exports / "check.png"
    with Image.open(path) as image:
        assert image.width > 4 * 16
    assert session.bridge.submitted[-1].interactive
    assert session.notes[-1] == "Exported {name}."
    assert session.offers["Exported {name}."] is not None
    assert not sheet.isVisible()


@pytest.mark.parametrize("kind", ["pdf", "html", "csv", "psd"])
def test_every_format_is_written_with_its_own_ending(qtbot, session, sheet, kind):
    choose(qtbot, sheet.format, kind)
    assert sheet.place.value.endswith(f"check.{kind}")
    qtbot.mouseClick(sheet.go, LEFT)
    assert (session.project.exports / f"check.{kind}").stat().st_size > 100


def test_only_what_matters_to_the_format_is_asked(qtbot, sheet):
    rows = sheet.form.rows
    assert (rows["cell"].isVisible(), rows["paper"].isVisible()) == (True, False)
    choose(qtbot, sheet.format, "pdf")
    assert (rows["cell"].isVisible(), rows["paper"].isVisible()) == (True, True)
    choose(qtbot, sheet.format, "csv")
    assert (rows["cell"].isVisible(), rows["paper"].isVisible()) == (False, False)


def test_what_is_shown_can_be_exported_alone(qtbot, view, session, sheet, grid):
    assert [text for _, text in sheet.cells.options] == ["All 20", "Shown, 10"]
    choose(qtbot, sheet.cells, "shown")
    choose(qtbot, sheet.format, "csv")
    qtbot.mouseClick(sheet.go, LEFT)
    text = (session.project.exports / "check.csv").read_text("utf-8-sig")
    assert len(text.splitlines()) == 1 + 12  # ten pictures at twelve places
    assert "Epoch 1" in text


def test_the_metrics_go_with_the_table(qtbot, view, session, grid):
    view.evidence.evidence = evidence_of(grid)
    qtbot.mouseClick(view.bar.export, LEFT)
    sheet = view.exports.sheet
    choose(qtbot, sheet.format, "csv")
    qtbot.mouseClick(sheet.go, LEFT)
    assert "0.95" in (session.project.exports / "check.csv").read_text("utf-8-sig")
    assert (session.project.exports / "check-checkpoints.csv").is_file()


def test_a_file_that_is_there_is_written_over_only_on_a_second_click(qtbot, session, sheet):
    path = session.project.exports / "check.png"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"precious")
    qtbot.mouseClick(sheet.go, LEFT)
    assert path.read_bytes() == b"precious"
    assert sheet.problem.text() == "check.png is there already."
    assert sheet.go.text() == "Write over it"
    choose(qtbot, sheet.side, 128)
    assert sheet.go.text() == "Export"
    qtbot.mouseClick(sheet.go, LEFT)
    assert path.read_bytes() == b"precious"
    qtbot.mouseClick(sheet.go, LEFT)
    assert path.read_bytes() != b"precious"


def test_an_export_that_fails_is_told_in_one_sentence(qtbot, session, sheet):
    folder = session.project.exports / "check.png"
    folder.mkdir(parents=True)
    qtbot.mouseClick(sheet.go, LEFT)
    qtbot.mouseClick(sheet.go, LEFT)
    assert "is a folder, not a file. Choose another name." in str(session.errors[-1])


def test_without_a_grid_there_is_nothing_to_export(view):
    assert not view.bar.export.isEnabled()
    action = next(one for one in view.actions() if one.id == "validate.export")
    assert not action.enabled()
    view.exports.ask_grid()
    assert view.exports.sheet is None


def test_the_button_wakes_with_the_first_cell(view, grid):
    key, cell = next(iter(view.state.finished()))
    view.state.clear()
    view.state.begin(grid.request)
    assert not view.bar.export.isEnabled()
    view.state.put(key, cell.path)
    assert view.bar.export.isEnabled()


def test_the_sheet_speaks_chinese(qtbot, view, session, grid):
    set_language("zh_CN")
    try:
        qtbot.mouseClick(view.bar.export, LEFT)
        sheet = view.exports.sheet
        assert view.bar.export.text() == "导出"
        assert sheet.cells.options[0][1] == "全部 20"
        choose(qtbot, sheet.format, "html")
        qtbot.mouseClick(sheet.go, LEFT)
    finally:
        set_language("en")
    page = (session.project.exports / "check.html").read_text("utf-8")
    assert "基础模型" in page
    assert "第 1 轮" in page
