from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QComboBox, QFileDialog

from app.canvas.spoken import in_words
from app.i18n import language, set_language
from engine.canvas import storage
from engine.canvas.export import FORMATS, export_document
from engine.canvas.incoming import load_foreign
from engine.canvas.layer import Group
from engine.canvas.notes import Notes
from tests.engine.canvas.pictures import SIZE, difference, rich

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def sketch(tmp_path):
    export_document(rich(), tmp_path / "sketch.psd")
    return tmp_path / "sketch.psd"


def drop(view, path, at):
    """Let go of a file over a point of the document, as the system tells it."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    spot = view.surface.mapTo(view, view.surface.view.to_screen(QPointF(at)).toPoint())
    how = (Qt.DropAction.CopyAction, data, LEFT, Qt.KeyboardModifier.NoModifier)
    entered = QDragEnterEvent(spot, *how)
    view.dragEnterEvent(entered)
    assert entered.isAccepted()
    view.dropEvent(QDropEvent(QPointF(spot), *how))


@pytest.mark.parametrize("suffix", [".psd", ".psb", ".ora"])
def test_documents_of_other_programs_open_as_a_canvas(view, state, session, tmp_path, suffix):
    path = tmp_path / f"sketch{suffix}"
    export_document(rich(), path)
    before = path.read_bytes()
    session.start(view.keeper.open(path))
    assert state.document.size == SIZE
    assert difference(state.document.composite(), rich().composite()) <= 1
    assert (state.path.name, state.path.parent) == ("sketch.kiln", view.keeper.folder)
    assert state.modified
    assert session.errors == []
    assert not any("Opened" in note for note in session.notes)  # nothing is lost: nothing is said
    session.start(view.keeper.save())
    assert path.read_bytes() == before
    assert storage.load(state.path).layers[0].source == f"sketch{suffix}"


def test_what_is_different_is_told_in_one_message(view, session, tmp_path, monkeypatch):
    from psd_tools import PSDImage
    from psd_tools.constants import BlendMode, Tag

    image = PSDImage.new("RGB", (40, 30))
    image.create_pixel_layer(
        Image.new("RGB", (40, 30)), name="glow"
    ).blend_mode = BlendMode.VIVID_LIGHT
    gone = image.create_pixel_layer(Image.new("RGB", (40, 30)), name="curves")
    gone._record.tagged_blocks.set_data(Tag.INVERT)
    image.save(tmp_path / "a.psd")
    session.start(view.keeper.open(tmp_path / "a.psd"))
    assert session.notes.count("Opened {name}. {notes}") == 1
    told = session.facts["Opened {name}. {notes}"]["notes"]
    assert told() == "Vivid light became Normal: glow. Adjustment layers were left out: curves."
    before = language()
    set_language("zh_CN")
    assert told() == "亮光已改为普通：glow。调整图层已略去：curves。"
    set_language(before)


def test_many_layers_are_named_by_the_first_few():
    notes = Notes()
    for number in range(9):
        notes.add("Damaged layers were left out: {names}.", f"L{number}")
    assert in_words(notes.told()) == "Damaged layers were left out: L0, L1, L2 (+6)."


def test_a_dropped_document_becomes_a_group_where_it_is_dropped(view, state, sketch):
    drop(view, sketch, QPoint(100, 80))
    _background, group = state.document.root.children
    assert isinstance(group, Group)
    assert group.name == "sketch"
    assert len(state.document.layers) == 8
    x, y = 100 - SIZE[0] // 2, 80 - SIZE[1] // 2
    shown = rich().composite()[-y : -y + 160, -x : -x + 200]
    assert difference(state.document.composite(), shown) <= 1
    state.undo()
    assert len(state.document.layers) == 1


def test_a_document_dropped_on_nothing_opens(view, state, sketch):
    state.close()
    drop(view, sketch, QPoint(10, 10))
    assert state.document.size == SIZE


def test_a_damaged_document_is_refused_with_a_sentence(view, state, session, sketch):
    sketch.write_bytes(sketch.read_bytes()[:300])
    path = state.path
    drop(view, sketch, QPoint(10, 10))
    session.start(view.keeper.open(sketch))
    assert len(session.errors) == 2
    assert all("sketch.psd is damaged" in str(error) for error in session.errors)
    assert state.path == path
    assert len(state.document.layers) == 1


def test_the_dialogs_offer_documents_and_the_commands_take_them(view, state, sketch):
    for ask in (view.commands.open_file, view.commands.place_picture):
        ask()
        dialog = view.findChild(QFileDialog)
        for suffix in ("*.psd", "*.psb", "*.ora", "*.png"):
            assert suffix in dialog.nameFilters()[0].replace(")", " ").split(" ")
        dialog.fileSelected.emit(str(sketch))
        dialog.close()
        dialog.setParent(None)
    assert state.document.size == SIZE
    assert len(state.document.layers) == 14


@pytest.mark.parametrize("index", range(len(FORMATS)))
def test_export_writes_the_format_that_is_chosen(qtbot, view, state, session, tmp_path, index):
    session.start(view.keeper.create(64, 48, (255, 0, 0), "Background", "red"))
    view.commands.export()
    dialog = view.commands.exporting
    assert len(dialog.nameFilters()) == len(FORMATS)
    dialog.setDirectory(str(tmp_path))
    kinds = dialog.findChild(QComboBox, "fileTypeCombo")
    kinds.setCurrentIndex(index)
    kinds.activated.emit(index)
    dialog.accept()
    suffix = FORMATS[index].suffixes[0]
    written = tmp_path / f"red{suffix}"
    assert written.is_file()
    assert session.notes[-1] == "Exported {name}."
    if suffix in (".psd", ".psb", ".ora"):
        shown = load_foreign(written).document.composite()
    else:
        shown = np.asarray(Image.open(written).convert("RGBA"))
    assert np.abs(shown.astype(int) - (255, 0, 0, 255)).max() <= 2


def test_what_an_export_changes_is_told(view, state, session, tmp_path):
    state.document.root.children = rich().root.children
    session.start(view.keeper.export(tmp_path / "a.ora"))
    assert session.notes[-1] == "Exported {name}. {notes}"
    assert "Masks became part" in session.facts[session.notes[-1]]["notes"]()
    session.start(view.keeper.export(Path(tmp_path / "a.xcf")))
    assert "is no format" in str(session.errors[-1])
