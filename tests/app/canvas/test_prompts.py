from __future__ import annotations

import json

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QTextCursor

from app.canvas.prompt_dialogs import NameStyleDialog
from app.canvas.tag_rows import TagRow
from app.models.at_hand import LoraChoice, ModelsAtHand
from app.widgets.search_popup import SearchPopup
from engine.project.project import Project
from engine.sampling.styles import load_styles

CONTROL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier


@pytest.fixture
def project(view, session, tmp_path):
    made = Project.create(tmp_path / "isles", "Isles")
    session.project = made
    session.project_changed.emit(made)
    session.start(view.keeper.create(200, 160, (255, 255, 255), "Background"))
    return made


@pytest.fixture
def prompt(view):
    view.panel.prompt.setFocus()
    return view.panel.prompt


def type_in(qtbot, prompt, text):
    qtbot.keyClicks(prompt, text)


def marked(prompt) -> str:
    return prompt.textCursor().selectedText()


def test_control_up_and_down_weigh_the_word_at_the_cursor(qtbot, view, prompt):
    type_in(qtbot, prompt, "a red cat")
    for _ in range(4):
        qtbot.keyClick(prompt, Qt.Key.Key_Left)
    qtbot.keyClick(prompt, Qt.Key.Key_Up, CONTROL)
    assert view.repainting.settings.prompt == "a (red:1.1) cat"
    assert marked(prompt) == "red"
    qtbot.keyClick(prompt, Qt.Key.Key_Up, CONTROL)
    assert view.repainting.settings.prompt == "a (red:1.2) cat"
    prompt.undo()
    assert view.repainting.settings.prompt == "a (red:1.1) cat"
    qtbot.keyClick(prompt, Qt.Key.Key_Down, CONTROL)
    assert view.repainting.settings.prompt == "a red cat"


def test_the_negative_prompt_is_weighed_by_the_same_keys(qtbot, view):
    field = view.panel.negative
    field.setFocus()
    qtbot.keyClicks(field, "fog, text")
    qtbot.keyClick(field, Qt.Key.Key_Up, CONTROL)
    qtbot.keyClick(field, Qt.Key.Key_Up, CONTROL)
    assert view.repainting.settings.negative == "fog, (text:1.2)"
    assert field.selectedText() == "text"
    field.undo()
    assert field.text() == "fog, (text:1.1)"


def offer_loras(view):
    view.repainting.models = ModelsAtHand(
        loras=(
            LoraChoice("/loras/ink-e6.safetensors", "ink", 6, weight=0.8),
            LoraChoice("/loras/gold.safetensors", "gold"),
        )
    )


def test_a_lora_is_offered_behind_a_bracket_and_becomes_a_row(qtbot, view, prompt):
    offer_loras(view)
    type_in(qtbot, prompt, "castle <lo")
    assert [offer.name for offer in prompt.offers.offers] == ["ink-e6", "gold"]
    type_in(qtbot, prompt, "ra:G")
    assert prompt.offers.isVisible()
    assert [offer.name for offer in prompt.offers.offers] == ["gold"]
    qtbot.keyClick(prompt, Qt.Key.Key_Tab)
    assert prompt.value == "castle <lora:gold:1>"
    assert not prompt.offers.isVisible()
    (row,) = view.panel.tags.rows
    assert isinstance(row, TagRow)
    assert row.name.text() == "gold"


def test_the_slider_of_a_tag_changes_the_prompt_and_the_prompt_the_slider(qtbot, view, prompt):
    offer_loras(view)
    view.repainting.change(prompt="castle, <lora:ink-e6:0.8>, <lora:who:1>")
    ink, who = view.panel.tags.rows
    assert ink.weight.value == pytest.approx(0.8)
    ink.weight.changed.emit(0.35)
    assert prompt.value == "castle, <lora:ink-e6:0.35>, <lora:who:1>"
    assert view.panel.tags.rows[0] is ink
    assert who.name.property("tone") == "error"
    assert "who" in who.name.toolTip()
    assert ink.name.property("tone") != "error"
    qtbot.mouseClick(ink.remove, Qt.MouseButton.LeftButton)
    assert prompt.value == "castle, <lora:who:1>"
    assert len(view.panel.tags.rows) == 1


def test_wildcards_of_the_project_are_offered_and_reach_the_request(
    qtbot, view, state, session, project, prompt
):
    folder = project.root / "wildcards"
    folder.mkdir()
    (folder / "animals.txt").write_text("cat\ndog\n", "utf-8")
    session.start(view.panel.shelf.load())
    type_in(qtbot, prompt, "a __ani")
    qtbot.keyClick(prompt, Qt.Key.Key_Return)
    assert prompt.value == "a __animals__"
    state.select(QRect(70, 60, 20, 20))
    qtbot.mouseClick(view.panel.start, Qt.MouseButton.LeftButton)
    image = session.bridge.submitted[-1].request.image
    assert image.wildcards == str(folder)
    assert image.lora_folders == (str(project.runs),)
    assert {shot.prompt for shot in image.shots()} <= {"a cat", "a dog"}


def test_escape_closes_the_offers_and_nothing_else(qtbot, view, prompt):
    offer_loras(view)
    type_in(qtbot, prompt, "<")
    assert prompt.offers.isVisible()
    qtbot.keyClick(prompt, Qt.Key.Key_Escape)
    assert not prompt.offers.isVisible()
    assert prompt.hasFocus()
    type_in(qtbot, prompt, "x")
    assert prompt.value == "<x"


def paint(qtbot, view, state, session, prompt, negative=""):
    view.repainting.change(prompt=prompt, negative=negative)
    state.select(QRect(70, 60, 20, 20))
    view.repainting.start()
    session.end(session.bridge.submitted[-1])


def test_prompts_that_were_painted_with_are_searched_and_put_back(
    qtbot, view, state, session, project
):
    for words in ("red castle", "blue whale", "red whale"):
        paint(qtbot, view, state, session, words, "fog")
    lines = (project.root / "prompts.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)[1] for line in lines] == ["red castle", "blue whale", "red whale"]
    view.repainting.change(prompt="something else", negative="")
    qtbot.mouseClick(view.panel.earlier, Qt.MouseButton.LeftButton)
    popup = view.panel.popups.popup
    assert [row.text for row in popup.rows.rows.items] == ["red whale", "blue whale", "red castle"]
    qtbot.keyClicks(popup.field, "whale")
    assert [row.text for row in popup.rows.rows.items] == ["red whale", "blue whale"]
    qtbot.keyClick(popup.field, Qt.Key.Key_Down)
    qtbot.keyClick(popup.field, Qt.Key.Key_Return)
    assert view.repainting.settings.prompt == "blue whale"
    assert view.repainting.settings.negative == "fog"
    view.panel.prompt.undo()
    assert view.repainting.settings.prompt == "something else"


def test_alt_up_walks_back_and_alt_down_comes_home(qtbot, view, state, session, prompt):
    for words in ("one", "two"):
        paint(qtbot, view, state, session, words)
    view.repainting.change(prompt="mine")
    said = []
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Down):
        qtbot.keyClick(prompt, key, ALT)
        said.append(view.repainting.settings.prompt)
    assert said == ["two", "one", "one", "two", "mine"]


def open_styles(qtbot, view) -> SearchPopup:
    qtbot.mouseClick(view.panel.styles, Qt.MouseButton.LeftButton)
    return view.panel.popups.popup


def test_a_style_is_saved_applied_undone_and_kept_with_the_project(qtbot, view, session, project):
    repaint = view.repainting
    repaint.change(prompt="{prompt}, glossy", negative="text", steps=30, guidance=7.0)
    repaint.add_lora("/loras/gold.safetensors", 0.4)
    popup = open_styles(qtbot, view)
    qtbot.mouseClick(popup.links[0], Qt.MouseButton.LeftButton)
    dialog = view.panel.popups.dialog
    assert isinstance(dialog, NameStyleDialog)
    assert not dialog.save.isEnabled()
    qtbot.keyClicks(dialog.name, "Gloss")
    qtbot.mouseClick(dialog.save, Qt.MouseButton.LeftButton)
    (kept,) = load_styles(project.root / "styles.json")
    assert (kept.name, kept.steps, kept.loras[0].weight) == ("Gloss", 30, 0.4)

    repaint.remove_lora("/loras/gold.safetensors")
    repaint.change(prompt="a cat", negative="", steps=12, guidance=3.0)
    popup = open_styles(qtbot, view)
    qtbot.keyClicks(popup.field, "glo")
    qtbot.keyClick(popup.field, Qt.Key.Key_Return)
    settings = repaint.settings
    assert (settings.prompt, settings.negative) == ("a cat, glossy", "text")
    assert (settings.steps, settings.guidance) == (30, 7.0)
    assert settings.loras == (("/loras/gold.safetensors", 0.4),)
    session.offers["Applied the style {name}."]()
    settings = repaint.settings
    assert (settings.prompt, settings.negative, settings.steps) == ("a cat", "", 12)
    assert settings.loras == ()


def test_styles_are_renamed_removed_and_brought_back(qtbot, view, session, project):
    shelf, popups = view.panel.shelf, view.panel.popups
    popups.keep("One")
    popups.keep("Two")
    popup = open_styles(qtbot, view)
    popup.menu_asked.emit("One", QPoint(0, 0))
    entries = {action.text(): action for action in popups.menu.actions()}
    entries["Rename…"].trigger()
    popups.dialog.name.setText("Uno")
    qtbot.mouseClick(popups.dialog.save, Qt.MouseButton.LeftButton)
    assert [style.name for style in shelf.styles] == ["Uno", "Two"]
    popups.remove("Uno")
    assert [style.name for style in load_styles(project.root / "styles.json")] == ["Two"]
    session.offers["Removed the style {name}."]()
    assert [style.name for style in load_styles(project.root / "styles.json")] == ["Uno", "Two"]


def test_styles_of_a1111_come_in_and_no_file_of_styles_is_told(view, session, project, tmp_path):
    path = tmp_path / "styles.csv"
    path.write_text('name,prompt,negative_prompt\nIcon,"{prompt}, icon",text\n', "utf-8")
    session.start(view.panel.popups.import_csv(path))
    assert [style.prompt for style in view.panel.shelf.styles] == ["{prompt}, icon"]
    path.write_bytes(b"\x89PNG\0")
    session.start(view.panel.popups.import_csv(path))
    assert "styles.csv is not a file of styles." in str(session.errors[-1])
    assert len(view.panel.shelf.styles) == 1


def test_damaged_styles_are_told_and_never_written_over(view, session, project):
    (project.root / "styles.json").write_text("{", "utf-8")
    session.start(view.panel.shelf.load())
    view.panel.popups.keep("New")
    assert len(session.errors) == 2
    assert (project.root / "styles.json").read_text("utf-8") == "{"


def test_the_length_is_told_in_windows(qtbot, view):
    view.repainting.change(prompt="a red cat")
    qtbot.waitUntil(lambda: view.panel.box.tokens.text() == "3 / 75")
    view.repainting.change(prompt=", ".join(["a red cat"] * 30))
    qtbot.waitUntil(lambda: view.panel.box.tokens.text().endswith(" / 150"))
    view.repainting.change(prompt="[a red cat:dog:0.5] BREAK x")
    qtbot.waitUntil(lambda: view.panel.box.tokens.text() == "76 / 150")


def test_how_brackets_act_is_chosen_and_asked(qtbot, view, state, session):
    view.panel.sampling.toggle()
    view.panel.sampling.emphasis.changed.emit("comfy")
    paint(qtbot, view, state, session, "((red:1.3))")
    assert session.bridge.submitted[-1].request.image.emphasis == "comfy"
    assert state.document.settings["repaint"]["emphasis"] == "comfy"


def test_typing_goes_on_at_the_cursor_after_a_slider(qtbot, view, prompt):
    view.repainting.change(prompt="a <lora:x:1> b")
    cursor = prompt.textCursor()
    cursor.movePosition(QTextCursor.MoveOperation.End)
    prompt.setTextCursor(cursor)
    view.panel.tags.rows[0].weight.changed.emit(0.5)
    qtbot.keyClicks(prompt, "c")
    assert prompt.value == "a <lora:x:0.5> bc"


def test_a_panel_with_much_in_it_scrolls_and_nothing_is_squeezed(qtbot, view):
    view.resize(1212, 634)
    view.repainting.change(prompt=" ".join(f"<lora:x{n}:1>" for n in range(6)))
    view.panel.sampling.toggle()
    qtbot.waitUntil(lambda: view.tall.verticalScrollBar().maximum() > 0)
    assert view.height() == 634
    assert view.beneath.isVisible()
    box = view.panel.box
    assert box.negative.geometry().top() >= box.prompt.geometry().bottom()
    view.panel.sampling.toggle()
    view.repainting.change(prompt="")
    qtbot.waitUntil(lambda: view.tall.verticalScrollBar().maximum() == 0)
    assert view.tall.height() == view.panel.height()
