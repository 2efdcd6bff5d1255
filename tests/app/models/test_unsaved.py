"""Words typed for a file wait, with a sign on its row, until they are saved or dropped."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt

from app import i18n
from app.models.words import NOTE
from engine.models.headers import read_header
from tests.app.models.conftest import choose, click
from tests.app.models.test_tools import errors, open_edit, open_form, write


def typed(models, text="for ships"):
    """The form of the icons with another note."""
    choose(models, "icons.safetensors")
    form = open_edit(models)
    write(form.subject.fields[NOTE], text)
    return form


def row_of(models, file):
    """The row of a file in the table."""
    shown = next(info for info in models.list.shown if info.path.name == file)
    return models.list.index(models.list.row_of(str(shown.path)))


def tip(models, file):
    """What the row of a file says on hover."""
    return row_of(models, file).data(Qt.ItemDataRole.ToolTipRole)


def sign(models, file):
    """The pixels at the left end of the row of a file, where signs are."""
    place = models.table.visualRect(row_of(models, file))
    shot = models.table.viewport().grab(QRect(0, place.top() + 2, 30, place.height() - 4))
    image = shot.toImage()
    return {image.pixel(x, y) for x in range(image.width()) for y in range(image.height())}


def test_a_typed_note_waits_while_other_rows_are_looked_at(shelf, models, settle, tongue):
    plain = tip(models, "icons.safetensors")
    form = typed(models)
    write(form.place.name, "ships")
    choose(models, "ink.safetensors")
    assert models.inspector.form is None
    assert models.inspector.about.isVisible()
    waits = i18n.tr("What was typed for it is not saved yet.")
    assert tip(models, "icons.safetensors") == f"{waits}\n{plain}"
    assert waits not in tip(models, "ink.safetensors")
    assert len(sign(models, "icons.safetensors")) > len(sign(models, "grand.safetensors")) == 1
    models.refresh()
    settle()
    choose(models, "icons.safetensors")
    form = models.inspector.form
    assert form.isVisible()
    assert form.foot.isVisible()
    assert form.subject.fields[NOTE].value == "for ships"
    assert form.place.name.value == "ships"


def test_what_waits_can_be_saved_and_then_waits_no_more(shelf, models, at_work):
    typed(models)
    choose(models, "ink.safetensors")
    choose(models, "icons.safetensors")
    click(models.inspector.form.subject.in_place)
    click(models.inspector.form.go)
    at_work()
    assert read_header(shelf / "icons.safetensors").metadata[NOTE] == "for ships"
    assert models.inspector.form is None
    assert models.inspector.unsaved.paths == frozenset()
    assert tip(models, "icons.safetensors") == str(shelf / "icons.safetensors")
    choose(models, "ink.safetensors")
    choose(models, "icons.safetensors")
    assert models.inspector.form is None


def test_cancel_drops_what_was_typed_and_back_does_not(shelf, models):
    typed(models)
    click(models.inspector.back)
    assert models.inspector.about.isVisible()
    form = open_edit(models)
    assert form.subject.fields[NOTE].value == "for ships"
    click(form.cancel)
    assert models.inspector.unsaved.paths == frozenset()
    assert open_edit(models).subject.fields[NOTE].value == "good for props"


def test_every_file_has_words_of_its_own_and_typing_them_back_is_no_change(shelf, models):
    form = typed(models)
    choose(models, "ink.safetensors")
    other = open_edit(models)
    write(other.subject.fields[NOTE], "for letters")
    assert models.inspector.unsaved.paths == {
        shelf / "icons.safetensors", shelf / "ink.safetensors"
    }  # fmt: skip
    choose(models, "icons.safetensors")
    assert models.inspector.form is form
    write(form.subject.fields[NOTE], "good for props")
    assert models.inspector.unsaved.paths == {shelf / "ink.safetensors"}
    choose(models, "ink.safetensors")
    assert models.inspector.form is other


def test_another_tool_takes_the_place_of_what_waits(shelf, models, settle):
    typed(models)
    click(models.inspector.back)
    open_form(models, "convert", "icons.safetensors")
    click(models.inspector.form.cancel)
    assert open_edit(models).subject.fields[NOTE].value == "for ships"


def test_what_could_not_be_saved_while_another_row_was_looked_at_still_waits(
    shelf, models, at_work, toasts
):
    form = typed(models)
    begin = form.bench.begin

    def begin_and_leave(*given):
        handle = begin(*given)
        choose(models, "ink.safetensors")
        return handle

    form.bench.begin = begin_and_leave
    (shelf / "icons.safetensors").write_bytes(b"cut")
    click(form.go)
    at_work()
    assert form.error.text()
    assert form.go.isEnabled()
    assert models.inspector.unsaved.form_of(shelf / "icons.safetensors") is form
    assert errors(form) == {}
