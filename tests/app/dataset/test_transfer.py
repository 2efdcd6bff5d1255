from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDragEnterEvent, QDragMoveEvent, QDropEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QStylePainter

from app.dataset.counts import Scope
from app.dataset.transfer_ask import AskCopy
from app.dataset.view import View
from app.i18n import set_language

copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
no_key, ctrl = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def view(qtbot, opened, settle):
    made = View(opened)
    qtbot.addWidget(made)
    made.resize(1532, 934)
    made.show()
    opened.bridge.engine.start()
    settle(opened)
    yield made
    made.thumbnails.close()


@pytest.fixture
def elsewhere(tmp_path):
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    for number, name in enumerate(("fox", "hen")):
        Image.new("RGB", (64, 64), (60 * number, 90, 120)).save(folder / f"{name}.png")
        (folder / f"{name}.txt").write_text(f"{name}, farm", encoding="utf-8")
    return folder


@pytest.fixture
def heard(view):
    found = []
    view.session.notified.connect(found.append)
    return found


def files(*paths):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def drop(view, data, settle, keys=no_key):
    """What the overlay said before it was let go."""
    spot = QPoint(600, 400)
    QApplication.sendEvent(view, QDragEnterEvent(spot, copy, data, left, no_key))
    QApplication.sendEvent(view, QDragMoveEvent(spot, copy, data, left, keys))
    said = view.overlay._text if view.overlay.isVisible() else ""
    QApplication.sendEvent(view, QDropEvent(QPointF(spot), copy, data, left, keys))
    settle(view.session)
    assert not view.overlay.isVisible()
    return said


def names(view):
    return {picture.name for picture in view.state.pictures.values()}


def named(view, name):
    return next(item for item in view.state.pictures.values() if item.name == name)


def answer(view, choice, settle) -> None:
    """Click a button of the question about pictures from elsewhere."""
    asked = view.findChild(AskCopy)
    QTest.mouseClick(getattr(asked, choice), left)
    settle(view.session)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_dropped_pictures_are_copied_with_their_captions(view, elsewhere, settle, heard) -> None:
    said = drop(view, files(elsewhere / "fox.png", elsewhere / "hen.png"), settle, ctrl)
    assert said == "Copy 2 pictures into art"
    assert view.findChild(AskCopy) is None
    fox = named(view, "fox")
    assert fox.caption == "fox, farm"
    assert fox.path.is_relative_to(view.session.project.root)
    assert heard[-1]["key"] == "Copied {n} pictures into the project."
    assert heard[-1]["action"] == "Show the files"
    drop(view, files(elsewhere / "fox.png"), settle, ctrl)
    assert heard[-1]["key"] == "{n} pictures were in the project already."
    assert len(names(view)) == 8


def test_pictures_from_elsewhere_are_asked_about_before_anything_is_copied(
    view, elsewhere, settle
) -> None:
    fox = files(elsewhere / "fox.png")
    said = drop(view, fox, settle)
    assert said == "Add 1 picture to art. Hold Ctrl to copy it into the project"
    assert len(names(view)) == 6
    assert not (view.session.project.root / "pictures").exists()
    answer(view, "cancel", settle)
    assert len(names(view)) == 6
    drop(view, fox, settle)
    answer(view, "copy", settle)
    assert named(view, "fox").path == view.session.project.root / "pictures" / "fox.png"
    assert "hen" not in names(view)


def test_the_folder_of_dropped_pictures_is_added_and_nothing_copied(view, elsewhere, settle):
    drop(view, files(elsewhere / "fox.png"), settle)
    answer(view, "link", settle)
    assert named(view, "fox").path == elsewhere / "fox.png"
    assert named(view, "hen").path == elsewhere / "hen.png"
    assert not (view.session.project.root / "pictures").exists()


def test_pictures_of_the_project_that_come_back_from_a_file_manager_are_not_copied(
    view, art, settle, heard
) -> None:
    shutil.copy(art / "boar.png", art / "sow.png")  # not read yet
    said = drop(view, files(art / "boar.png", art / "sow.png"), settle)
    assert said == "Add 2 pictures to art"
    assert heard[-1]["key"] == "{n} pictures were in the project already."
    assert view.findChild(AskCopy) is None
    assert len(names(view)) == 7
    assert not (view.session.project.root / "pictures").exists()


def test_dropped_pictures_join_the_category_that_is_shown(view, elsewhere, settle) -> None:
    view.session.library.set_category([named(view, "boar").id], "animals")
    view.session.pictures_changed.emit(None)
    settle(view.session)
    view.state.set_scope(Scope("category", "animals"))
    said = drop(view, files(elsewhere / "fox.png"), settle, ctrl)
    assert said == "Copy 1 picture into animals"
    assert named(view, "fox").category == "animals"
    said = drop(view, files(named(view, "crown").path), settle)
    assert said == "Add 1 picture to animals"
    assert named(view, "crown").category == "animals"


def test_a_dropped_folder_is_added_where_it_lies_and_with_ctrl_copied(view, elsewhere, settle):
    said = drop(view, files(elsewhere), settle)
    assert said == "Add elsewhere to art. Hold Ctrl to copy it into the project"
    assert named(view, "fox").path == elsewhere / "fox.png"
    view.undo()
    settle(view.session)
    assert "fox" not in names(view)
    said = drop(view, files(elsewhere), settle, ctrl)
    assert said == "Copy elsewhere into art"
    root = view.session.project.root
    assert named(view, "fox").path == root / "pictures" / "elsewhere" / "fox.png"


def test_the_overlay_counts_a_folder_and_a_toast_says_what_came(view, elsewhere, settle, heard):
    spot, data = QPoint(600, 400), files(elsewhere)
    QApplication.sendEvent(view, QDragEnterEvent(spot, copy, data, left, no_key))
    settle(view.session)
    said = "Add elsewhere with 2 pictures to art. Hold Ctrl to copy it into the project"
    assert view.overlay._text == said
    drop(view, data, settle)
    assert heard[-1]["key"] == "Added {n} pictures from {name}."
    assert heard[-1]["facts"] == {"n": 2, "name": "elsewhere"}
    heard[-1]["on_action"]()
    settle(view.session)
    assert "fox" not in names(view)


def test_what_cannot_be_taken_of_a_drop_is_named_and_captions_are_not(
    view, elsewhere, settle, heard
) -> None:
    (elsewhere / "note.docx").write_text("hello", encoding="utf-8")
    dropped = files(*(elsewhere / name for name in ("fox.png", "fox.txt", "note.docx")))
    assert drop(view, dropped, settle, ctrl) == "Copy 1 picture into art"
    assert named(view, "fox").caption == "fox, farm"
    left_out = [note["facts"] for note in heard if "was not taken" in note["key"]]
    assert left_out == [{"name": "note.docx"}]


def test_a_list_of_tags_is_taken_wherever_it_falls(
    view, tmp_path, settle, heard, monkeypatch
) -> None:
    monkeypatch.setenv("STYLEKILN_HOME", str(tmp_path / "home"))
    source = tmp_path / "booru.csv"
    source.write_text('solo,0,900\nbell_pepper,0,40,"paprika"\n', encoding="utf-8")
    captions = view.inspector.captions
    assert not captions.box.acceptDrops()  # so that it falls through to the page
    assert not captions.entry.acceptDrops()
    assert drop(view, files(source), settle) == "Complete tags from booru.csv"
    assert heard[-1]["key"] == "{n} tags of {name} complete what you type."
    assert (tmp_path / "home" / "tags" / "booru.csv").is_file()
    assert "solo" in [offer.text for offer in captions.words.complete("sol", 5)]


def test_a_list_of_pictures_in_a_csv_file_is_still_imported(view, tmp_path, settle) -> None:
    source = tmp_path / "metadata.csv"
    source.write_text("file_name,text\nboar.png,a boar\n", encoding="utf-8")
    assert drop(view, files(source), settle) == "Import metadata.csv"


def test_a_picture_out_of_a_browser_is_kept_as_its_own_bytes(view, elsewhere, settle) -> None:
    data = QMimeData()
    data.setUrls([QUrl("https://example.org/art/blue_fox.png")])
    data.setData("image/png", (elsewhere / "fox.png").read_bytes())
    assert drop(view, data, settle) == "Add 1 picture to art"
    kept = named(view, "blue_fox").path
    assert kept.read_bytes() == (elsewhere / "fox.png").read_bytes()


def test_pixels_without_a_file_become_a_picture(view, settle) -> None:
    image = QImage(40, 30, QImage.Format.Format_RGB32)
    image.fill(QColor("#336699"))
    data = QMimeData()
    data.setImageData(image)
    assert drop(view, data, settle) == "Add 1 picture to art"
    picture = named(view, "dropped")
    assert (picture.width, picture.height) == (40, 30)
    assert Image.open(picture.path).convert("RGB").getpixel((5, 5)) == (0x33, 0x66, 0x99)


def test_what_is_no_picture_is_not_taken_and_a_broken_one_says_why(view, tmp_path, settle, heard):
    (tmp_path / "notes.md").write_text("hello", encoding="utf-8")
    assert drop(view, files(tmp_path / "notes.md"), settle) == ""
    assert heard == []  # the window says it, wherever it falls
    (tmp_path / "torn.png").write_bytes(b"no picture")
    for keys in (no_key, ctrl):
        heard.clear()
        drop(view, files(tmp_path / "torn.png"), settle, keys)
        assert heard[-1]["error"]
        assert view.findChild(AskCopy) is None
    assert len(names(view)) == 6


def export(view, settle, kind, **values):
    QTest.mouseClick(view.inspector.export, left)
    sheet = _sheet(view)
    sheet.format.set_value(kind)
    sheet.format.changed.emit(kind)
    for name, value in values.items():
        sheet.form.controls[name].set_value(value)
    place = Path(sheet.place.value)
    QTest.mouseClick(sheet.go, left)
    settle(view.session)
    return place


def _sheet(view):
    from app.dataset.transfer_export import ExportSheet

    return view.findChild(ExportSheet)


def test_the_export_sheet_writes_what_it_says(view, settle, heard) -> None:
    place = export(view, settle, "kohya", trigger_word="hvisl")
    assert place == view.session.project.exports / "training"
    assert (place / "1_art" / "boar.png").is_file()
    assert (place / "1_art" / "cactus.txt").read_text("utf-8") == "hvisl, cactus, icon"
    assert heard[-1]["key"] == "Exported {n} pictures to {folder}."
    assert heard[-1]["action"] == "Show the files"


def test_what_an_export_left_out_is_only_shown_when_asked_for(
    view, art, settle, heard, elsewhere
) -> None:
    (art / "torn.png").write_bytes(b"no picture")
    view.session.start(view.session.rescan())
    settle(view.session)
    export(view, settle, "kohya")
    done, left_out = heard[-2:]
    assert (done["key"], done["facts"]["n"]) == ("Exported {n} pictures to {folder}.", 6)
    assert (left_out["key"], left_out["action"]) == ("1 note about the export.", "Show")
    assert view.transfer.report is None
    left_out["on_action"]()
    assert view.transfer.report.isVisible()
    assert "torn.png" in view.transfer.report.lines.toPlainText()
    view.transfer.report.accept()


def test_the_button_of_the_sheet_counts_what_the_format_takes(
    view, settle, heard, elsewhere
) -> None:
    view.operations.add_folders([elsewhere])
    settle(view.session)
    reg = str(elsewhere)
    folders = tuple(
        one.model_copy(update={"regularization": True}) if one.path == reg else one
        for one in view.session.project.file.folders
    )
    view.operations.change(lambda library: library.set_folders(folders))
    settle(view.session)
    view.operations.flag([named(view, "boar")], "rejected")
    settle(view.session)
    QTest.mouseClick(view.inspector.export, left)
    sheet = _sheet(view)
    said = {}
    for kind in ("jsonl", "zip", "kohya"):
        sheet.format.set_value(kind)
        sheet.format.changed.emit(kind)
        said[kind] = sheet.go.text()
    assert said == {
        "jsonl": "Export 5 pictures",
        "zip": "Export 8 pictures",
        "kohya": "Export 7 pictures",
    }
    QTest.mouseClick(sheet.go, left)
    settle(view.session)
    assert heard[-1]["facts"]["n"] == 7


def test_sheets_have_a_title_and_labels_beside_their_fields(view, settle) -> None:
    QTest.mouseClick(view.inspector.export, left)
    for sheet, row in ((_sheet(view), "place_row"), (view.transfer.ask_import(), "captions_row")):
        sheet.show()
        settle(view.session)
        titles = [one.text() for one in sheet.findChildren(QLabel) if one.isVisible()]
        assert sheet.windowTitle() in titles
        found = getattr(sheet, row)
        middles = [
            one.mapTo(sheet, one.rect().center()).y() for one in (found.label, found.control)
        ]
        assert abs(middles[0] - middles[1]) <= 2
        sheet.reject()


@pytest.mark.parametrize(
    ("language", "folders", "from_alpha"),
    [
        ("en", "Pictures with caption files, in folders", "masks from there."),
        ("zh_CN", "图片与描述文件", "从这里读取蒙版。"),
    ],
)
def test_masks_go_where_the_format_reads_them(view, settle, language, folders, from_alpha) -> None:
    set_language(language)
    QTest.mouseClick(view.inspector.export, left)
    sheet = _sheet(view)
    hint = sheet.form.rows["format"]._hint
    assert hint.text().startswith(folders)
    assert sheet.masks.value == "alpha"
    assert sheet.form.rows["masks"]._hint.text().endswith(from_alpha)
    pick(sheet.format, "jsonl")
    assert sheet.masks.value == "beside"
    assert folders not in hint.text()
    pick(sheet.format, "kohya-toml")
    assert sheet.masks.value == "alpha"
    pick(sheet.masks, "none")  # what the user chose stays
    pick(sheet.format, "jsonl")
    assert sheet.masks.value == "none"
    sheet.reject()


def pick(choice, value):
    """Choose an option of a list with the keys."""
    place = [option for option, _ in choice.options].index(value)
    while choice.currentIndex() != place:
        QTest.keyClick(choice, Qt.Key.Key_Down if choice.currentIndex() < place else Qt.Key.Key_Up)


def test_a_long_destination_shows_both_of_its_ends(view, settle, monkeypatch) -> None:
    QTest.mouseClick(view.inspector.export, left)
    sheet = _sheet(view)
    sheet.show()
    settle(view.session)
    sheet.go.setFocus()
    written = []
    monkeypatch.setattr(
        QStylePainter, "drawText", lambda _self, _area, _flags, text: written.append(text)
    )
    long = "/home/ann/" + "very/deep/" * 20 + "exports/training"
    sheet.place.set_value(long)
    sheet.place.grab()
    assert written
    assert written[-1].startswith("/home/ann")
    assert "…" in written[-1]
    assert written[-1].endswith("exports/training")
    sheet.reject()


def test_every_format_has_its_place_and_its_note(view, settle) -> None:
    QTest.mouseClick(view.inspector.export, left)
    sheet = _sheet(view)
    notes = set()
    for kind in ("kohya", "kohya-toml", "metadata-json", "jsonl", "imagefolder", "zip"):
        sheet.format.set_value(kind)
        sheet.format.changed.emit(kind)
        notes.add(sheet.form.rows["format"]._hint.text())
        assert sheet.form.rows["originals"].isVisible() == (kind == "zip")
    assert len(notes) == 6
    assert Path(sheet.place.value).suffix == ".zip"
    sheet.reject()
    place = export(view, settle, "jsonl")
    assert any(path.suffix == ".jsonl" for path in place.iterdir())


def test_a_zip_for_a_colleague_comes_back_as_a_project(view, settle) -> None:
    view.session.library.set_stars([named(view, "boar").id], 4)
    place = export(view, settle, "zip")
    assert zipfile.is_zipfile(place)
    target = place.parent / "sent.zip"
    shutil.move(place, target)
    sheet = view.transfer.ask_import(target)
    QTest.mouseClick(sheet.go, left)
    settle(view.session)
    assert view.session.project.root.name == "sent"
    assert named(view, "boar").stars == 4
    assert "6 pictures" in view.transfer.report.facts.text()


def test_metadata_is_imported_and_what_found_no_picture_is_told(view, art, settle) -> None:
    listed = {
        str(art / "boar"): {"caption": "a wild boar"},
        str(art / "cactus"): {"caption": "other words"},
        str(art / "unicorn"): {"caption": "nobody"},
    }
    source = art.parent / "meta.json"
    source.write_text(json.dumps(listed), encoding="utf-8")
    sheet = view.transfer.ask_import(source)
    assert sheet.captions.value == "keep"
    QTest.mouseClick(sheet.go, left)
    settle(view.session)
    assert (named(view, "boar").caption, named(view, "cactus").caption) == (
        "a wild boar",
        "cactus, icon",
    )
    report = view.transfer.report
    assert report.isVisible()
    assert "1 caption written" in report.facts.text()
    assert "unicorn" in report.lines.toPlainText()
    QTest.mouseClick(report.close_button, left)
    view.undo()
    settle(view.session)
    assert named(view, "boar").caption == ""


def test_imported_captions_replace_or_are_appended(view, art, settle) -> None:
    source = art.parent / "meta.json"
    source.write_text(json.dumps({str(art / "cactus"): {"caption": "green"}}), encoding="utf-8")
    for mode, wanted in (("append", "cactus, icon, green"), ("replace", "green")):
        sheet = view.transfer.ask_import(source)
        sheet.captions.set_value(mode)
        QTest.mouseClick(sheet.go, left)
        settle(view.session)
        view.transfer.report.accept()
        assert named(view, "cactus").caption == wanted


def test_a_dropped_list_opens_the_import_sheet(view, art, settle) -> None:
    from app.dataset.transfer_import import ImportSheet

    source = art.parent / "meta.jsonl"
    source.write_text("{}", encoding="utf-8")
    assert drop(view, files(source), settle) == "Import meta.jsonl"
    sheet = view.findChild(ImportSheet)
    assert sheet.source.value == str(source)
    sheet.source.set_value("/nowhere/at all.json")
    sheet._follow()
    assert not sheet.go.isEnabled()


def test_pictures_dragged_within_the_window_are_not_taken_in(view, settle) -> None:
    rows = [view.stage.model.index(0)]
    data = view.stage.model.mimeData(rows)
    assert [url.fileName() for url in data.urls()] == ["bell_pepper.png"]
    before = len(names(view))
    drop(view, data, settle)
    assert len(names(view)) == before
