"""The tools of the inspector, clicked; the engine makes the files."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from safetensors.numpy import load_file, save_file

from app import i18n
from app.models.tool_results import words_of
from app.models.tools import BAKE, CONVERT, EXTRACT, MERGE, RESIZE, TOOLS
from engine.models.headers import read_header
from engine.models.inspect import inspect
from engine.models.tools.requests import ToolResult
from engine.runtime.job import JobHandle
from tests.app.canvas.test_models import write_base
from tests.app.models.conftest import NAME, choose, click, names, write_lora


def change(path):
    """What a LoRA file of one layer adds to it."""
    tensors = load_file(path)
    down, up = tensors[f"{NAME}.lora_down.weight"], tensors[f"{NAME}.lora_up.weight"]
    return float(tensors[f"{NAME}.alpha"]) / down.shape[0] * up.astype(np.float64) @ down


def pick(choice, words):
    """Choose the entry of a list that begins with ``words``."""
    row = next(n for n in range(choice.count()) if choice.itemText(n).startswith(words))
    choice.setCurrentIndex(row)
    choice.activated.emit(row)


def write(field, text):
    """Type ``text`` in place of what is there."""
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)


def open_form(models, tool, *files):
    """Choose ``files`` and click the button of a tool."""
    choose(models, *files)
    click(models.inspector.tools.buttons[tool])
    QApplication.processEvents()
    return models.inspector.form


def open_edit(models):
    """Click the pencil."""
    click(models.inspector.edit)
    QApplication.processEvents()
    return models.inspector.form


def errors(form):
    """What is said beside the fields."""
    QApplication.processEvents()
    rows = {**form.subject.rows, **form.settings.rows, "out": form.place}
    return {name: row._error.text() for name, row in rows.items() if row._error.isVisible()}


def told(toasts):
    """The last message in words."""
    return i18n.tr(toasts[-1]["key"], **toasts[-1]["facts"])


def test_two_loras_are_merged_at_their_strengths(shelf, models, at_work, toasts):
    form = open_form(models, "merge", "icons.safetensors", "ink.safetensors")
    assert [row.info.path.name for row in form.subject.loras] == [
        "icons.safetensors", "ink.safetensors"
    ]  # fmt: skip
    write(form.subject.loras[1].strength, "0.5")
    write(form.place.name, "both")
    click(form.go)
    at_work()
    made = shelf / "both.safetensors"
    wanted = change(shelf / "icons.safetensors") + 0.5 * change(shelf / "ink.safetensors")
    np.testing.assert_allclose(change(made), wanted, rtol=1e-4, atol=1e-4)
    assert models.inspector.form is None
    assert models.inspector.info.path == made
    assert told(toasts) == i18n.tr("Merged into {name}: {n} layers.", name="both.safetensors", n=1)


def test_a_lora_is_added_and_taken_out_and_one_is_not_enough(shelf, models, settle, tongue):
    form = open_form(models, "merge", "icons.safetensors")
    click(form.go)
    settle()
    assert errors(form) == {"files": i18n.tr("Choose two LoRAs or more.")}
    pick(form.subject.more, "ink")
    assert errors(form) == {}
    assert form.subject.stem() == "icons+ink"
    cross = form.subject.loras[0].findChildren(type(models.inspector.back))[0]
    click(cross)
    assert form.subject.stem() == "ink+merged"
    assert form.place.name.value == "ink+merged"


def test_what_cannot_be_added_up_says_why_before_anything_starts(shelf, models, tongue):
    choose(models, "woven.safetensors")
    button = models.inspector.tools.buttons["merge"]
    assert not button.isEnabled()
    assert "woven.safetensors" in button.toolTip()
    assert "LoKr" in button.toolTip()
    choose(models, "icons.safetensors", "grand.safetensors")
    assert not button.isEnabled()
    assert "SDXL" in button.toolTip()
    form = open_form(models, "merge", "icons.safetensors")
    options = form.subject.more
    row = next(n for n in range(options.count()) if options.itemText(n) == "grand")
    assert not options.model().item(row).isEnabled()


def test_a_name_that_is_taken_is_not_written_over(shelf, models, settle, tongue):
    before = (shelf / "ink.safetensors").read_bytes()
    form = open_form(models, "resize", "icons.safetensors")
    write(form.place.name, "ink.safetensors")
    click(form.go)
    settle()
    assert errors(form) == {"out": i18n.tr("{name} is there already.", name="ink.safetensors")}
    assert form.handle is None
    assert (shelf / "ink.safetensors").read_bytes() == before


def test_a_rank_is_changed_and_the_name_follows_it(shelf, models, at_work, toasts):
    form = open_form(models, "resize", "ink.safetensors")
    assert form.settings.controls["rank"].value == 4  # half of it
    write(form.settings.controls["rank"], "2")
    assert form.place.name.value == "ink-r2"
    click(form.go)
    at_work()
    made = inspect(shelf / "ink-r2.safetensors")
    assert (made.rank, models.inspector.info.path) == (2, made.path)
    values = np.linalg.svd(change(shelf / "ink.safetensors"), compute_uv=False)
    share = round(100 * np.linalg.norm(values[:2]) / np.linalg.norm(values))
    assert f"{share} %" in told(toasts)


def test_a_value_that_does_not_fit_another_is_told_beside_its_field(shelf, models, settle, tongue):
    form = open_form(models, "resize", "ink.safetensors")
    pick(form.settings.controls["measure"], i18n.tr("By ratio"))
    click(form.go)
    settle()
    assert errors(form) == {"amount": i18n.tr("A ratio is 2 or more.")}


def test_keys_are_converted(shelf, models, at_work):
    form = open_form(models, "convert", "icons.safetensors")
    assert form.settings.controls["naming"].value == "diffusers"  # it has those of kohya
    assert form.place.name.value == "icons-diffusers"
    click(form.go)
    at_work()
    assert models.inspector.info.look.naming == "diffusers"
    assert models.inspector.about.lines["Keys"] == "diffusers, 2"
    form = open_form(models, "convert", "icons-diffusers.safetensors")
    assert form.settings.controls["naming"].value == "kohya"
    form = open_form(models, "convert", "woven.safetensors")
    assert form.settings.controls["naming"].value == "comfyui"  # diffusers has none for it


def test_the_base_that_a_lora_names_is_chosen_and_of_several_others_none(shelf, models, settle):
    write_base(shelf / "own")
    write_lora(shelf / "named.safetensors", ss_sd_model_name="D:\\models\\own")
    models.refresh()
    settle()
    form = open_form(models, "bake", "named.safetensors")
    assert form.subject.base.value == str(shelf / "own")
    assert form.place.name.value == "own-named"
    form = open_form(models, "bake", "icons.safetensors")
    assert not form.subject.base.value
    assert form.place.name.value == "icons-baked"


def test_a_lora_is_baked_into_the_only_model_that_it_fits(shelf, models, at_work, toasts):
    form = open_form(models, "bake", "icons.safetensors")
    assert form.place.name.value == "starter-icons"
    click(form.go)
    at_work()
    info = models.inspector.info
    assert (info.path.name, info.kind, info.layout) == ("starter-icons", "base", "diffusers")
    weights = "unet/diffusion_pytorch_model.safetensors"
    key = "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight"
    starter = inspect("starter").path
    moved = load_file(info.path / weights)[key] - load_file(starter / weights)[key]
    np.testing.assert_allclose(moved, change(shelf / "icons.safetensors"), atol=0.02)
    assert "1" in told(toasts)


def test_a_lora_for_another_family_cannot_be_baked(shelf, models, settle):
    form = open_form(models, "bake", "grand.safetensors")
    base = form.subject.base
    assert not base.model().item(1).isEnabled()
    click(form.go)
    settle()
    assert errors(form) == {"model": i18n.tr("Choose a base model.")}


def test_each_field_of_an_extraction_asks_for_its_own_model(shelf, models, settle, tongue):
    form = open_form(models, "extract", "icons.safetensors")
    click(form.go)
    settle()
    assert errors(form) == {
        "base": i18n.tr("Choose a base model."), "tuned": i18n.tr("Choose a tuned model.")
    }  # fmt: skip
    assert (errors(form)["tuned"] == "Choose a tuned model.") == (tongue == "en")


def test_what_is_extracted_is_asked_of_two_different_models(shelf, models, settle, monkeypatch):
    write_base(shelf / "tuned")
    models.refresh()
    settle()
    form = open_form(models, "extract", "tuned")
    assert form.subject.tuned.value == str(shelf / "tuned")
    assert form.subject.base.findText("tuned") == -1
    pick(form.subject.base, "Starter")
    sent = []

    def begin(tool, request):
        sent.append((tool, request))
        return JobHandle(request)

    monkeypatch.setattr(form.bench, "begin", begin)
    click(form.go)
    settle()
    ((tool, request),) = sent
    assert tool is EXTRACT
    assert (request.base, request.tuned, request.rank) == ("starter", str(shelf / "tuned"), 16)
    assert request.out == str(shelf / "tuned-r16.safetensors")


def test_a_sound_file_is_said_to_be_sound(shelf, models, at_work):
    choose(models, "icons.safetensors")
    click(models.inspector.tools.buttons["verify"])
    at_work()
    assert models.inspector.check.isVisible()
    assert models.inspector.check.lines[0] == i18n.tr("Nothing is wrong with this file.")
    choose(models, "ink.safetensors")
    assert not models.inspector.check.isVisible()


def test_what_is_wrong_with_a_file_is_said_in_sentences(shelf, models, at_work, settle, tongue):
    tensors = load_file(shelf / "icons.safetensors")
    tensors[f"{NAME}.lora_down.weight"][0, 0] = np.nan
    tensors[f"{NAME}.lora_up.weight"][:] = 0
    other = NAME.replace("to_k", "to_v")
    tensors[f"{other}.lora_down.weight"] = np.ones((4, 128), np.float32)
    save_file(tensors, shelf / "bad.safetensors", {"ss_base_model_version": "sd_v1",
                                                   "sshs_model_hash": "00"})  # fmt: skip
    models.refresh()
    settle()
    choose(models, "bad.safetensors")
    click(models.inspector.tools.buttons["verify"])
    at_work()
    expected = [
        i18n.tr("{n} tensor holds what is no number. The file cannot be used.",
                "{n} tensors hold what is no number. The file cannot be used.", n=1),
        i18n.tr("{n} layer lacks a half.", "{n} layers lack a half.", n=1),
        i18n.tr("The weights are not those it was saved with: its hash is another."),
        i18n.tr("{n} layer has learned nothing: it is zero.",
                "{n} layers have learned nothing: they are zero.", n=1),
    ]  # fmt: skip
    assert models.inspector.check.lines[:4] == expected


def test_a_copy_is_told_something_and_the_file_stays_as_it_is(shelf, models, at_work):
    before = (shelf / "icons.safetensors").read_bytes()
    choose(models, "icons.safetensors")
    form = open_edit(models)
    assert form.subject.fields["modelspec.description"].value == "good for props"
    write(form.subject.fields["modelspec.description"], "good for ships")
    click(form.go)
    at_work()
    assert (shelf / "icons.safetensors").read_bytes() == before
    said = read_header(shelf / "icons-edited.safetensors").metadata
    assert said["modelspec.description"] == "good for ships"
    assert said["modelspec.trigger_phrase"] == "icn"
    assert models.inspector.about.lines["Note"] == "good for ships"


def test_a_file_is_changed_itself_when_that_is_ticked_and_it_can_be_taken_back(
    shelf, models, at_work, toasts
):
    file = shelf / "icons.safetensors"
    weights = load_file(file)
    choose(models, "icons.safetensors")
    form = open_edit(models)
    write(form.subject.fields["modelspec.trigger_phrase"], "")
    QTest.keyClick(form.subject.fields["modelspec.trigger_phrase"], Qt.Key.Key_Backspace)
    write(form.subject.fields["modelspec.author"], "Lin")
    click(form.subject.in_place)
    assert not form.place.isVisible()
    click(form.go)
    at_work()
    said = read_header(file).metadata
    assert said["modelspec.author"] == "Lin"
    assert "modelspec.trigger_phrase" not in said
    assert names(models).count("icons-edited.safetensors") == 0
    assert toasts[-1]["action"] == "Undo"
    toasts[-1]["on_action"]()
    at_work()
    said = read_header(file).metadata
    assert "modelspec.author" not in said
    assert said["modelspec.trigger_phrase"] == "icn"
    assert all(np.array_equal(load_file(file)[key], weights[key]) for key in weights)


def test_nothing_is_written_while_nothing_was_changed(shelf, models, settle):
    choose(models, "icons.safetensors")
    form = open_edit(models)
    click(form.go)
    settle()
    assert errors(form) == {"modelspec.description": i18n.tr("Nothing is changed yet.")}
    assert form.handle is None


def test_what_the_engine_refuses_is_said_in_the_form_which_stays(shelf, models, at_work, tongue):
    form = open_form(models, "resize", "icons.safetensors")
    (shelf / "icons.safetensors").write_bytes(b"cut")
    click(form.go)
    at_work()
    assert models.inspector.form is form
    assert form.error.isVisible()
    assert "icons.safetensors" in form.error.text()
    assert any("\u4e00" <= sign <= "\u9fff" for sign in form.error.text()) == (tongue == "zh_CN")
    assert form.go.isEnabled()
    assert not (shelf / "icons-r2.safetensors").exists()


def test_work_whose_form_was_closed_goes_on_and_is_told(shelf, models, at_work, toasts):
    form = open_form(models, "resize", "ink.safetensors")
    begin = form.bench.begin

    def begin_and_leave(*given):
        handle = begin(*given)
        models.inspector.back.click()
        return handle

    form.bench.begin = begin_and_leave
    click(form.go)
    at_work()
    assert (shelf / "ink-r4.safetensors").is_file()
    assert "ink-r4.safetensors" in told(toasts)


def test_the_work_is_stopped_and_leaves_nothing(shelf, models, session, settle, qtbot):
    form = open_form(models, "resize", "ink.safetensors")
    handles = []
    session.job_added.connect(handles.append)
    click(form.go)  # the engine is not started: the work waits
    qtbot.waitUntil(lambda: bool(handles) and form.progress.isVisible())
    assert not form.go.isEnabled()
    click(form.progress._stop)
    settle()
    assert handles[0].cancelled()
    assert form.go.isEnabled()
    assert not form.error.isVisible()
    assert not (shelf / "ink-r4.safetensors").exists()


def test_another_model_closes_the_form_and_reading_again_does_not(shelf, models, settle):
    form = open_form(models, "convert", "icons.safetensors")
    models.refresh()
    settle()
    assert models.inspector.form is form
    choose(models, "ink.safetensors")
    assert models.inspector.form is None
    assert models.inspector.about.isVisible()


def test_a_place_is_chosen_in_the_systems_dialog(shelf, models, tmp_path):
    form = open_form(models, "convert", "icons.safetensors")
    click(form.place.browse)
    (dialog,) = form.place.findChildren(QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "elsewhere.safetensors"))
    dialog.close()
    assert form.place.path == tmp_path / "elsewhere.safetensors"
    assert form.place.name.value == "elsewhere"
    told = i18n.tr("A {suffix} file in {folder}", suffix=".safetensors", folder=tmp_path)
    assert form.place._hint.text() == told


def test_a_name_without_an_ending_gets_it_and_none_is_asked_for(shelf, models, settle):
    form = open_form(models, "convert", "icons.safetensors")
    write(form.place.name, "plain")
    assert form.place.path == shelf / "plain.safetensors"
    write(form.place.name, " ")
    click(form.go)
    settle()
    assert errors(form) == {"out": i18n.tr("Give the new file a name.")}


def test_every_tool_is_in_the_palette_when_it_can_be_used(shelf, models):
    choose(models, "icons.safetensors")
    can = {action.id for action in models.actions() if action.enabled()}
    assert {f"models.{tool.id}" for tool in TOOLS} | {"models.edit"} <= can
    choose(models, "torn.safetensors")
    can = {action.id for action in models.actions() if action.enabled()}
    assert not {f"models.{tool.id}" for tool in TOOLS} & can


RANKS = {"modules": 7, "kept": 1.0, "lowest_rank": 7, "highest_rank": 7}


def test_what_was_done_is_one_sentence(qapp, tongue):
    done = (
        (EXTRACT, {"modules": 7, "unchanged": []}, "x.safetensors holds what 7 layers learned."),
        (EXTRACT, {"modules": 7, "unchanged": ["lora_te"]}, "did not change is left out."),
        (BAKE, {"layers": 7, "left_out": ["a", "b"]}, "2 that the model does not have"),
        (MERGE, {"modules": 7, "left_out": []}, "Merged into x.safetensors: 7 layers."),
        (MERGE, {"modules": 7, "left_out": ["a"]}, "was left out: a."),
        (RESIZE, {**RANKS, "left_out": []}, "keeps 100 % of the effect, rank 7."),
        (RESIZE, {**RANKS, "left_out": ["a", "b"]}, "of the effect of 7 layers, rank 7. 2 parts"),
        (CONVERT, {"modules": 7, "left_out": ["a"]}, "was left out: a."),
    )
    for tool, notes, english in done:
        words = words_of(tool, ToolResult("/there/x.safetensors", notes))
        assert (english in words) == (tongue == "en")
        assert "x.safetensors" in words
        assert "7" in words
