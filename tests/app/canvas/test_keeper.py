from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QRect

from app.canvas import keeper
from app.canvas.files import free_name, latest, read, safety_copy
from engine.canvas import records, storage
from engine.project.project import Project
from engine.runtime.errors import StorageError

png = records.png


def project_in(folder):
    return Project.create(folder / "other", "Other")


def paint(state):
    state.begin_stroke((50.0, 50.0, 1.0), erase=False)
    state.stroke_to((90.0, 60.0, 1.0))
    state.end_stroke()


def test_saving_clears_the_unsaved_mark_and_reopening_gives_the_same_picture(view, state, session):
    paint(state)
    state.select(QRect(10, 10, 30, 20))
    view.repainting.change(prompt="castle", strength=0.4)
    before = state.document.composite()
    session.start(view.keeper.save())
    assert not state.modified
    path = state.path
    session.start(view.keeper.open(path))
    assert (state.document.composite() == before).all()
    assert state.selected == QRect(10, 10, 30, 20)
    assert view.repainting.settings.prompt == "castle"
    assert view.panel.prompt.value == "castle"
    assert not state.modified


def test_a_crash_loses_only_what_came_after_the_safety_copy(view, state, session):
    session.start(view.keeper.save())
    path = state.path
    paint(state)
    session.start(view.keeper.write_safety_copy())
    painted = state.document.composite()
    assert (storage.load(path).composite() != painted).any()
    state.close()  # the process is gone: nothing more is written
    session.start(view.keeper.open_latest())
    assert state.path == path
    assert (state.document.composite() == painted).all()
    assert state.modified
    assert "Unsaved changes of {name} were recovered." in session.notes


def test_saving_removes_the_safety_copy(view, state, session):
    paint(state)
    session.start(view.keeper.write_safety_copy())
    assert safety_copy(state.path).is_file()
    session.start(view.keeper.save())
    assert not safety_copy(state.path).exists()


def test_opening_another_document_keeps_the_changes_of_the_first(view, state, session):
    paint(state)
    first, painted = state.path, state.document.composite()
    session.start(view.keeper.create(64, 64, None, "Layer 1"))
    assert state.path != first
    session.start(view.keeper.open(first))
    assert (state.document.composite() == painted).all()


def test_a_stroke_is_kept_when_the_project_is_changed_at_once(view, state, session, tmp_path):
    first = state.path
    paint(state)
    painted = state.document.composite()
    session.project = project_in(tmp_path)
    session.project_changed.emit(session.project)
    assert state.document is None
    session.project = None
    session.project_changed.emit(None)
    assert state.path == first
    assert (state.document.composite() == painted).all()


def test_a_stroke_under_way_is_kept_when_the_project_is_closed(view, state, session, tmp_path):
    session.start(view.keeper.save())
    state.begin_stroke((50.0, 50.0, 1.0), erase=False)
    session.project = project_in(tmp_path)
    session.project_changed.emit(None)
    session.project = None
    session.project_changed.emit(None)
    assert tuple(state.document.composite()[50, 50, :3]) != (255, 255, 255)


def test_paint_while_another_file_is_read_is_kept(view, state, session, monkeypatch):
    session.start(view.keeper.create(64, 64, None, "Layer 1"))
    other = state.path
    session.start(view.keeper.save())
    session.start(view.keeper.create(200, 160, None, "Layer 1"))
    first = state.path

    def slow(path):
        paint(state)
        return read(path)

    monkeypatch.setattr(keeper, "read", slow)
    session.start(view.keeper.open(other))
    monkeypatch.undo()
    assert state.path == other
    session.start(view.keeper.open(first))
    assert state.document.composite()[50, 50, 3] == 255


def test_what_the_guide_hands_over_leaves_the_way_back(view, state, session):
    session.start(view.keeper.create(64, 64, None, "Layer 1"))
    made = state.path
    session.start(view.keeper.create(200, 160, None, "Layer 1"))
    first = state.path
    paint(state)
    painted = state.document.composite()
    view.receive(document=str(made))
    assert state.path == made
    session.offers["Your canvas {name} is kept."]()
    assert state.path == first
    assert (state.document.composite() == painted).all()
    view.receive(document=str(first))  # the same one again: nothing to tell
    assert session.notes.count("Your canvas {name} is kept.") == 1


def test_a_second_save_encodes_only_what_changed(view, state, session, monkeypatch):
    state.add_layer("Sketch")
    session.start(view.keeper.save())
    encoded = []
    monkeypatch.setattr(records, "png", lambda pixels: encoded.append(pixels) or png(pixels))
    paint(state)
    session.start(view.keeper.save())
    assert len(encoded) == 1


def test_strokes_after_a_snapshot_do_not_reach_the_file(view, state):
    snapshot = state.document.frozen()
    before = snapshot.composite()
    paint(state)
    assert (snapshot.composite() == before).all()


def test_a_full_disk_leaves_the_document_unsaved_and_says_so(view, state, session, monkeypatch):
    def full(document, path):
        raise StorageError("The disk is full; {name} was not written.", name=path)

    paint(state)
    monkeypatch.setattr(storage, "save", full)
    session.start(view.keeper.save())
    assert state.modified
    assert "disk is full" in str(session.errors[-1])


def test_a_dropped_picture_becomes_a_layer_where_it_was_dropped(view, state, session, tmp_path):
    Image.new("RGB", (20, 10), (255, 0, 0)).save(tmp_path / "roof.png")
    session.start(view.drops.take([tmp_path / "roof.png"], QPoint(100, 50)))
    assert state.layer.name == "roof"
    assert (state.layer.x, state.layer.y) == (90, 45)
    assert tuple(state.document.composite()[50, 100]) == (255, 0, 0, 255)


def test_a_broken_picture_is_refused_with_a_sentence(view, state, session, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nxx")
    session.start(view.drops.take([tmp_path / "broken.png"]))
    assert len(state.document.layers) == 1
    assert "broken.png" in str(session.errors[-1])


def test_a_picture_dropped_on_nothing_opens_as_a_canvas(view, state, session, tmp_path):
    Image.new("RGBA", (30, 20), (0, 0, 255, 255)).save(tmp_path / "sea.png")
    state.close()
    session.start(view.drops.take([tmp_path / "sea.png"]))
    assert state.document.size == (30, 20)
    assert state.path.suffix == storage.SUFFIX


def test_export_writes_the_picture_as_seen(view, state, session, tmp_path):
    paint(state)
    session.start(view.keeper.export(tmp_path / "out.png"))
    with Image.open(tmp_path / "out.png") as image:
        assert (np.asarray(image) == state.document.composite()).all()


def test_names_of_unsaved_documents_are_not_given_twice(tmp_path):
    first = free_name(tmp_path, "canvas")
    safety_copy(first).write_bytes(b"x")
    assert free_name(tmp_path, "canvas") != first
    assert latest(tmp_path) == first


@pytest.mark.parametrize("there", [True, False])
def test_an_empty_folder_has_no_latest_document(tmp_path, there):
    assert latest(tmp_path if there else tmp_path / "none") is None


def test_a_damaged_safety_copy_is_kept_and_the_file_opens(view, state, session):
    session.start(view.keeper.save())
    path = state.path
    saved = state.document.composite()
    safety_copy(path).write_bytes(b"PK half a copy")
    session.start(view.keeper.open(path))
    assert (state.document.composite() == saved).all()
    assert "The unsaved changes of {name} are damaged and were kept as {file}." in session.notes
    assert (path.parent / f"{path.name}.unsaved.broken").read_bytes() == b"PK half a copy"
    assert not safety_copy(path).exists()


def test_a_safety_copy_older_than_the_file_does_not_take_its_place(view, state, session):
    paint(state)
    session.start(view.keeper.write_safety_copy())
    path, older = state.path, safety_copy(state.path).read_bytes()
    state.add_layer("Sketch")
    session.start(view.keeper.save())
    safety_copy(path).write_bytes(older)  # as if the process had ended before it was removed
    session.start(view.keeper.open(path))
    assert state.document.layers[-1].name == "Sketch"
    assert not state.modified
    assert len(storage.load(path.with_name(f"{path.stem}-earlier.kiln")).layers) == 1


def test_a_damaged_latest_document_leaves_no_document_of_another_project(view, state, session):
    session.start(view.keeper.save())
    state.path.write_bytes(b"")
    session.start(view.keeper.open_latest())
    assert state.document is None
    assert "is damaged" in str(session.errors[-1])
