from __future__ import annotations

import json
import re

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QFontMetrics, QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QToolTip

from app import i18n
from app.theme import fonts, metrics
from app.training.differences import differences
from app.training.fact_table import elision
from app.training.kohya_cells import NARROW, columns, more_place
from app.training.kohya_rows import Head
from app.training.kohya_words import why_text
from app.training.view import View
from engine.project.settings import data_dir
from engine.training import optimizer_rules
from tests.app.canvas.test_models import write_base
from tests.app.training.conftest import click
from tests.app.training.test_training_view import make_run
from tests.engine.training.kohya.test_header import HEADER, UNET, write_lora

LEFT, NONE, COPY = (
    Qt.MouseButton.LeftButton,
    Qt.KeyboardModifier.NoModifier,
    Qt.DropAction.CopyAction,
)
FORM = {
    "pretrained_model_name_or_path": "D:/models/sd_xl_base_1.0.safetensors", "sdxl": True,
    "train_data_dir": "D:/art/img", "output_dir": "D:/art/model", "output_name": "icons",
    "max_train_steps": 900, "epoch": 12, "network_dim": 48, "network_alpha": 24,
    "max_grad_norm": 0, "min_snr_gamma": 5, "noise_offset": 0.05, "lr_note": "try 8e-5",
    "max_resolution": "512,512", "stop_text_encoder_training": 30, "v_parameterization": False,
    "sample_prompts": "", "optimizer": "AdamW", "seed": 1234,
}  # fmt: skip


@pytest.fixture
def kind():
    return View


@pytest.fixture
def heard(view):
    found = []
    view.session.notified.connect(found.append)
    return found


@pytest.fixture
def take(view, settle, tmp_path):
    """Import a form of these fields."""

    def run(name="style.json", **fields):
        path = tmp_path / name
        path.write_text(json.dumps({**FORM, **fields}), encoding="utf-8")
        view.files.take(path)
        settle(view.session)
        return view.report.page

    return run


def key_of(row):
    return row.status if isinstance(row, Head) else row.key


def keys(page):
    return [key_of(row) for row in page.table.lines.rows]


def choose(page, key):
    """Click the row of a key, or the head of a status."""
    table = page.table
    index = table.lines.index(keys(page).index(key))
    table.scrollTo(index)
    middle = table.visualRect(index).center()
    QTest.mouseClick(table.viewport(), LEFT, pos=middle)
    return table.lines.rows[index.row()] if index.row() < len(table.lines.rows) else None


def segment(page, number):
    rect = page.filter._rects()[number]
    QTest.mouseClick(page.filter, LEFT, pos=rect.center().toPoint())


def said(note):
    return i18n.tr(note["key"], **note["facts"])


def dropped(view, *paths, kind=QDropEvent):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    if kind is QDropEvent:
        event = QDropEvent(QPointF(500, 400), COPY, data, LEFT, NONE)
        event.ignore()
        view.dropEvent(event)
    else:
        event = QDragEnterEvent(QPoint(500, 400), COPY, data, LEFT, NONE)
        event.ignore()
        view.dragEnterEvent(event)
    return event.isAccepted()


@pytest.mark.parametrize(
    ("language", "origin", "untold"),
    [
        ("en", "LoRA, read", "The header of a LoRA does not tell it."),
        ("zh_CN", "LoRA，读取于", "LoRA 的文件头不记录此项"),
    ],
)
def test_a_lora_that_is_dropped_tells_how_it_was_trained(
    view, settle, tmp_path, language, origin, untold
):
    i18n.set_language(language)
    path = write_lora(tmp_path / "hero.safetensors", HEADER, UNET)
    assert dropped(view, path, kind=QDragEnterEvent)
    assert view.drops.overlay.isVisible()
    assert dropped(view, path)
    settle(view.session)
    run = view.state.request()
    assert (run.network_dim, run.conv_dim, run.output_name) == (8, 6, "0042")
    assert (run.unet_lr, run.text_encoder_lr, run.noise_offset) == (1e-4, 0, 0)
    assert run.project == str(view.session.project.root)
    page = view.report.page
    assert page.origin.text().startswith(origin)
    rows = [row for row in page.table.lines.rows if not isinstance(row, Head)]
    line = next(row for row in rows if row.key == "masked_loss")
    assert why_text(line).startswith(untold)


def test_a_file_that_is_chosen_becomes_the_next_run_and_its_report_takes_the_stage(
    view, heard, settle, tmp_path
):
    path = tmp_path / "style.json"
    path.write_text(json.dumps(FORM), encoding="utf-8")
    QTest.mouseClick(view.settings.import_button, LEFT)
    view.findChild(QFileDialog).fileSelected.emit(str(path))
    settle(view.session)
    run = view.state.request()
    assert (run.network_dim, run.network_alpha, run.output_name) == (48, 24.0, "icons")
    assert (run.max_train_steps, run.max_train_epochs) == (900, 0)
    assert run.project == str(view.session.project.root)
    assert view.center.currentWidget() is view.report.page
    page = view.report.page
    counts = {status: words.text() for status, words in page.counts.items()}
    report = view.files.last.imported.report
    assert counts == {status: str(count) for status, count in report.counts.items()}
    assert counts["unknown"] == "1"
    assert page.name.text() == "style.json"
    assert re.fullmatch(r"kohya form, read \d\d:\d\d", page.origin.text())
    used = report.counts["used"] + report.counts["converted"]
    assert said(heard[-1]).startswith(f"Imported {used} settings of style.json.")
    QTest.mouseClick(page.back, LEFT)
    assert view.center.currentWidget() is view.stage
    assert view.state.request().network_dim == 48


def test_what_was_set_before_has_no_part_in_an_imported_run(view, take):
    view.state.change(min_snr_gamma=7.0, style_loss_weight=0.5, trigger_word="hvisl")
    take(min_snr_gamma=0)
    run = view.state.request()
    assert (run.min_snr_gamma, run.style_loss_weight, run.trigger_word) == (0.0, 0.0, "")


def test_an_import_is_taken_back_as_one_step(view, take, heard):
    before = dict(view.state.values)

    def by_toast(page):
        heard[-1]["on_action"]()

    def by_button(page):
        view.state.change(network_dim=4)
        QTest.mouseClick(page.undo, LEFT)

    def later(page):
        view.state.replace({"network_dim": 8}, "Preset")
        QTest.mouseClick(page.undo, LEFT)

    for way in (by_toast, by_button, later):
        way(take())
        assert view.state.values == before
        assert view.center.currentWidget() is view.stage
        assert view.files.last is None


def test_the_table_has_what_needs_a_look_first(view, take):
    page = take()
    shown = keys(page)
    assert shown[:4] == ["fix", "pretrained_model_name_or_path", "unknown", "lr_note"]
    assert page.table.current().key == "pretrained_model_name_or_path"
    assert shown.index("max_grad_norm") < shown.index("used")
    assert "network_dim" in shown[shown.index("used") :]
    assert "output_dir" in shown


MENDED = {
    "en": ("Needs a fix", "The file's own model is not here; this one was chosen.",
           "Base model: Starter model", "Changed since the import."),
    "zh_CN": ("需要修正", "此处没有文件中的模型，已选用这个模型。", "基础模型：入门模型",
              "导入后已更改。"),
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_what_needs_a_fix_has_a_group_of_its_own_and_follows_what_is_mended(
    view, take, settle, language
):
    i18n.set_language(language)
    page = take(max_resolution="big")
    assert keys(page)[0] == "fix"
    assert set(keys(page)[1:3]) == {"pretrained_model_name_or_path", "max_resolution"}
    title, own, here, changed = MENDED[language]
    assert page.table.lines.index(0).data() == title
    choose(page, "pretrained_model_name_or_path")
    base = view.settings.simple.base
    base.activated.emit(base.findText(i18n.tr("Starter model")))
    settle(view.session)
    assert keys(page)[:2] == ["fix", "max_resolution"]
    row = page.table.current()
    assert row.key == "pretrained_model_name_or_path"
    assert keys(page).index(row.key) > keys(page).index("no effect")
    assert view.report.detail.why.text() == own
    assert dict(view.report.detail.facts.facts)[i18n.tr("Here")] == here
    view.state.change(resolution="512,512")
    assert "fix" not in keys(page)
    line = view.files.last.imported.report.line("max_resolution")
    assert page.table.lines.why(line) == changed


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Imported 2 settings of form.json. 1 more has no effect here. "
               "1 could not be taken over."),
        ("zh_CN", "已导入 form.json 的 2 项设置。另有 1 项在此处不起作用。有 1 项未能采用。"),
    ],
)  # fmt: skip
def test_the_toast_counts_what_the_file_says_and_no_empty_keys(
    view, heard, settle, tmp_path, language, words
):
    i18n.set_language(language)
    empty = {"additional_parameters": "", "mem_eff_attn": False, "gpu_ids": "", "factor": -1}
    said_by_it = {"network_dim": 8, "seed": 3, "gradient_note": "x", "model_list": "custom"}
    (tmp_path / "form.json").write_text(json.dumps({**empty, **said_by_it}), encoding="utf-8")
    view.files.take(tmp_path / "form.json")
    settle(view.session)
    assert said(heard[-1]) == words


def test_rows_are_as_high_as_what_is_said_in_them_also_when_that_changes(view, take):
    view.resize(1212, 734)
    page = take()
    table = page.table

    def heights():
        QApplication.processEvents()
        places = range(len(table.lines.rows))
        assert [table.visualRect(table.lines.index(n)).height() for n in places] == [
            table.sizeHintForRow(n) for n in places
        ]
        return [table.sizeHintForRow(n) for n in places]

    before = heights()
    view.state.change(prediction_type="auto")  # its reason becomes a short one
    assert heights() != before
    i18n.set_language("zh_CN")
    assert heights() != before


@pytest.mark.parametrize(
    ("language", "other", "replaced"),
    [("en", "Use AdamW", "Replace a missing optimizer"), ("zh_CN", "改用 AdamW", "替换")],
)
def test_an_optimizer_that_is_not_here_is_mended_in_the_column(
    view, take, settle, monkeypatch, language, other, replaced
):
    lacking = optimizer_rules.lacking
    monkeypatch.setattr(
        optimizer_rules, "lacking",
        lambda name, path, rule, *, card: lacking(name, path, rule, card=False),
    )  # fmt: skip
    i18n.set_language(language)
    many = {"keep_tokens": 1, "caption_dropout_rate": 0.1, "flip_aug": True, "train_batch_size": 3,
            "lr_warmup": 5, "learning_rate": 2e-4, "unet_lr": 2e-4, "text_encoder_lr": 3e-5,
            "shuffle_caption": True, "weighted_captions": True}  # fmt: skip
    page = take(optimizer="AdamW8bit", **many)
    choose(page, "optimizer")
    fixes = view.report.detail.fixes
    assert fixes.other.text() == other
    assert replaced in fixes.remedy.text()
    assert not fixes.add.isVisible()
    click(fixes.remedy)
    assert view.state.values["optimizer_fallback"]
    assert not fixes.isVisible()
    view.state.change(optimizer_fallback=False)
    click(fixes.other)
    assert view.state.values["optimizer_type"] == "AdamW"
    assert "optimizer" not in keys(page)[: keys(page).index("unknown")]
    assert page.table.current().key == "optimizer"  # where it is now, whatever is cut off there
    assert next(row for row in page.table.lines.rows if key_of(row) == "used").short


def test_a_model_that_is_not_here_is_added_from_the_column(view, take, settle, tmp_path):
    page = take()
    choose(page, "pretrained_model_name_or_path")
    notes = view.settings.before.lines
    assert not notes["prediction"].isVisible()  # nothing is known of a model that is not there
    click(view.report.detail.fixes.add)
    source = write_base(tmp_path / "grand", sdxl=True)
    view.findChild(QFileDialog).filesSelected.emit([str(source)])
    settle(view.session)
    assert view.state.base.label == "grand"
    assert view.state.values["base_model"] == str(data_dir() / "models" / "grand")
    assert view.state.values["network_dim"] == FORM["network_dim"]
    assert not view.report.detail.fixes.isVisible()
    assert page.note.isHidden()
    assert not notes["prediction"].isVisible()  # it predicts noise, as the file does
    view.state.change(base_model="starter")
    assert notes["prediction"].isVisible()


def test_a_path_that_is_too_long_keeps_the_name_of_its_file(qtbot):
    measure = fonts.metrics(12)
    path = FORM["pretrained_model_name_or_path"]
    for text, end in ((path, ".safetensors"), (path.replace("/", "\\"), ".safetensors")):
        shown = measure.elidedText(text, elision(text), 160)
        assert shown != text
        assert shown.endswith(end[-5:])
    assert measure.elidedText("words " * 9, elision("words"), 90).endswith("…")


def test_the_name_of_the_file_is_read_in_a_narrow_window_too(view, take):
    view.resize(956, 640)
    page = take(name="cozyprops_v4.json")
    QApplication.processEvents()
    assert page.name.text() == "cozyprops_v4.json"
    assert not page.name.elided


def test_segments_and_the_switch_filter(view, take):
    page = take()
    segment(page, 2)
    assert keys(page)[0] == "converted"
    assert set(keys(page)[1:]) >= {"max_grad_norm", "v_parameterization"}
    segment(page, 4)
    assert keys(page) == ["unknown", "lr_note"]
    segment(page, 3)
    assert keys(page)[:3] == ["fix", "pretrained_model_name_or_path", "no effect"]
    segment(page, 0)
    QTest.mouseClick(page.only_changes, LEFT)
    assert "network_dim" in keys(page)
    assert "sdxl" not in keys(page)
    # Of what has no effect only the model is left, which is still to be chosen.
    assert keys(page)[:2] == ["fix", "pretrained_model_name_or_path"]
    assert "no effect" not in keys(page)


def test_groups_fold_and_show_all(view, take):
    page = take()
    head = next(row for row in page.table.lines.rows if isinstance(row, Head) and row.short)
    place = page.table.lines.rows.index(head)
    total = head.count + head.filled_in
    link = more_place(head, page.table.visualRect(page.table.lines.index(place)))
    QTest.mouseClick(page.table.viewport(), LEFT, pos=link.center())
    status = head.status
    in_group = [row for row in page.table.lines.rows if getattr(row, "status", "") == status]
    assert len(in_group) == total + 1
    choose(page, status)
    in_group = [row for row in page.table.lines.rows if getattr(row, "status", "") == status]
    assert [row.shut for row in in_group] == [True]


def test_keys_fold_a_group_and_walk_the_rows(view, take):
    page = take()
    page.table.setFocus()
    page.table.choose(page.table.lines.rows[2])
    QTest.keyClick(page.table, Qt.Key.Key_Left)
    assert keys(page)[2:4] == ["unknown", "no effect"]
    QTest.keyClick(page.table, Qt.Key.Key_Right)
    QTest.keyClick(page.table, Qt.Key.Key_Down)
    assert page.table.current().key == "lr_note"
    assert view.report.detail.title.text() == "lr_note"


def test_the_right_column_tells_of_the_chosen_row_and_leads_to_its_field(view, take, qtbot):
    page = take()
    choose(page, "max_grad_norm")
    detail = view.report.detail
    assert detail.title.text() == "max_grad_norm"
    facts = dict(detail.facts.facts)
    assert facts["In the file"] == "0"
    assert facts["Here"].endswith(" 1")
    assert facts["Usual here"] == "1"
    assert detail.why.text() == "kohya drops a 0 here and trains with 1.0."
    QTest.mouseClick(detail.go, LEFT)
    assert view.settings.level.value == "advanced"
    field = view.settings.advanced.rows["max_grad_norm"].control
    qtbot.waitUntil(lambda: view.focusWidget() is field)


def test_what_the_file_may_have_meant_is_one_click(view, take):
    page = take()
    choose(page, "max_grad_norm")
    detail = view.report.detail
    assert detail.instead.text() == "Turn the limit off"
    QTest.mouseClick(detail.instead, LEFT)
    assert view.state.request().max_grad_norm == 0
    assert dict(detail.facts.facts)["Here"].endswith(" 0")
    assert not detail.instead.isVisible()
    segment(page, 3)
    choose(page, "stop_text_encoder_training")
    QTest.mouseClick(detail.instead, LEFT)
    assert view.state.request().stop_text_encoder_training == 30


def test_a_value_that_cannot_be_is_marked_until_it_is_mended(view, take):
    page = take(max_resolution="big", network_dim="many", lr_scheduler="wavy", max_token_length=150)
    line = view.files.last.imported.report.line("max_resolution")
    assert page.table.lines.problem(line).startswith("Write one side")
    assert not page.note.isHidden()
    assert page.note.words.text() == "2 fields need a fix: Base model, Resolution."
    view.state.change(base_model="starter")
    assert page.note.words.text() == "1 field needs a fix: Resolution."
    assert not view.state.can_start
    assert view.state.values["max_token_length"] == "150"  # a choice, which forms have as a number
    # What no field could show stays as a new run has it.
    assert view.state.values["lr_scheduler"] == view.state.start_values()["lr_scheduler"]
    QTest.mouseClick(page.note.show_button, LEFT)
    assert page.table.current() is line
    assert view.report.detail.problem.text().startswith("Write one side")
    view.state.change(resolution="512,512")
    assert page.table.lines.problem(line) == ""
    assert view.state.can_start
    assert view.report.detail.problem.isHidden()


def test_a_model_that_is_not_here_is_asked_for(view, take):
    page = take()
    assert page.note.words.text() == (
        "The file trains on sd_xl_base_1.0.safetensors. There is no such model here."
        " Choose one for SDXL."
    )
    QTest.mouseClick(page.note.show_button, LEFT)
    assert page.table.current().key == "pretrained_model_name_or_path"
    assert not view.state.can_start
    view.state.change(base_model="/models/other.safetensors")
    assert page.note.isHidden()


def test_a_model_outside_the_folders_joins_those_at_hand(view, take, monkeypatch, tmp_path):
    from app.training import kohya_files
    from engine.models.inspect import ModelInfo

    model = tmp_path / "mine.safetensors"
    model.write_bytes(b"")
    info = ModelInfo(model, "base", "single-file", 1, family="sd1", prediction_type="epsilon")
    monkeypatch.setattr(kohya_files, "described", lambda ref: info)
    take(pretrained_model_name_or_path=str(model), sdxl=False)
    assert view.state.base.ref == str(model)
    assert view.state.request().base_model == str(model)


REFUSED = [
    ("a.json", "{", "is not valid JSON"),
    ("a.json", "{}", "holds no training settings of kohya's"),
    ("a.json", json.dumps({"flux1_checkbox": True}), "FLUX.1"),
    ("a.toml", "[[datasets]]\n", "describes a dataset"),
    ("a.json", json.dumps({"a/1": {"caption": "x"}}), "describes a dataset"),
    ("a.toml", "[settings", "is not valid TOML"),
    ("a.json", "[1]", "holds no sample prompts"),
]


def test_other_files_are_refused_in_one_sentence(view, heard, settle, tmp_path):
    before = dict(view.state.values)
    for name, text, words in REFUSED:
        (tmp_path / name).write_text(text, encoding="utf-8")
        view.files.take(tmp_path / name)
        settle(view.session)
        assert words in said(heard[-1])
        assert heard[-1]["error"]
        assert heard[-1]["remedy"]
    assert len(heard) == len(REFUSED)
    assert view.state.values == before
    assert not view.shows_report


def test_a_drop_says_what_it_does_and_imports(view, settle, tmp_path):
    path = tmp_path / "style.json"
    path.write_text(json.dumps(FORM), encoding="utf-8")
    assert dropped(view, path, kind=QDragEnterEvent)
    assert view.drops.overlay._text == "Use the settings of style.json"
    assert dropped(view, path)
    settle(view.session)
    assert view.shows_report
    assert not view.drops.overlay.isVisible()
    # Other drops are left to the window.
    two = [tmp_path / "a.json", tmp_path / "b.json"]
    assert not dropped(view, *two, kind=QDragEnterEvent)
    assert not dropped(view, tmp_path / "a.png", kind=QDragEnterEvent)
    assert not dropped(view, tmp_path / "a.png")


def test_sample_prompts_come_from_a_file_of_their_own(view, heard, settle, tmp_path):
    (tmp_path / "p.txt").write_text("# mine\ncastle, icon --d 4\n\nkey\n", encoding="utf-8")
    assert dropped(view, tmp_path / "p.txt")
    settle(view.session)
    assert view.state.request().sample_prompts == ("castle, icon --d 4", "key")
    assert said(heard[-1]) == "2 sample prompts of p.txt."
    heard[-1]["on_action"]()
    assert view.state.request().sample_prompts != ("castle, icon --d 4", "key")
    (tmp_path / "p.json").write_text(json.dumps([{"prompt": "boar", "seed": 3}]))
    view.files.ask_prompts().fileSelected.emit(str(tmp_path / "p.json"))
    settle(view.session)
    assert view.state.request().sample_prompts == ("boar --d 3",)


def test_a_job_of_this_app_is_taken_over_for_this_project(view, settle, tmp_path):
    (tmp_path / "job.toml").write_text(
        '[network]\nnetwork_type = "loha"\nnetwork_dim = 6\n[data]\ntrain_data_dir = "D:/x"\n',
        encoding="utf-8",
    )
    view.files.take(tmp_path / "job.toml")
    settle(view.session)
    run = view.state.request()
    assert (run.network_type, run.network_dim) == ("loha", 6)
    assert run.project == str(view.session.project.root)
    assert not view.shows_report


def test_a_script_is_called_a_script(view, settle, tmp_path):
    (tmp_path / "s.toml").write_text("network_dim = 12\nmax_train_steps = 70\n")
    view.files.take(tmp_path / "s.toml")
    settle(view.session)
    assert view.report.page.origin.text().startswith("kohya script, read")
    assert view.state.request().network_dim == 12
    heads = [row for row in view.report.page.table.lines.rows if isinstance(row, Head)]
    assert any(head.filled_in for head in heads)


def test_the_report_goes_to_the_clipboard_and_to_a_file(view, take, settle, tmp_path):
    page = take()
    QTest.mouseClick(page.copy, LEFT)
    settle(view.session)
    text = QApplication.clipboard().text()
    assert text.startswith("style.json\n\nLeft out (1)\nlr_note\ttry 8e-5\t–\t")
    assert all(key in text for key in FORM)
    choose(page, "lr_note")
    QTest.mouseClick(view.report.detail.copy, LEFT)
    assert QApplication.clipboard().text().startswith("lr_note\ttry 8e-5")
    QApplication.clipboard().clear()
    QTest.keyClick(page.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text().startswith("lr_note\ttry 8e-5")
    view.files.ask_save_report().fileSelected.emit(str(tmp_path / "report.json"))
    settle(view.session)
    record = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert record["source"] == "style.json"
    assert len(record["keys"]) >= len(FORM)


def test_the_report_can_be_shown_again_until_another_project_is_opened(view, take):
    page = take()
    entries = {action.id: action for action in view.actions()}
    assert not entries["train.report"].enabled()
    view.show_run()
    assert entries["train.report"].enabled()
    entries["train.report"].run()
    assert view.shows_report
    page.table.setFocus()
    QTest.keyClick(page.table, Qt.Key.Key_Escape)
    assert not view.shows_report
    view.show_last_report()
    view.session.project_changed.emit(view.session.project)
    assert not view.shows_report
    assert not entries["train.report"].enabled()


def test_it_is_compared_with_the_newest_run_and_gives_way_to_another_one(view, take, loop, qtbot):
    make_run(view.session, "icons-v3", 1)
    loop.run_until_complete(view.state.load_runs())
    take()
    panel = view.report.detail.against
    assert panel.header.title.text() == "Against icons-v3"
    request = view.state.runs[0].request
    assert panel.header.count.text() == str(
        len(differences(request.model_dump(), view.state.values))
    )
    panel.table.chosen.emit("network_dim")
    field = view.settings.advanced.rows["network_dim"].control
    qtbot.waitUntil(lambda: view.focusWidget() is field)
    view.state.story_changed.emit()  # the run under the report has ended
    assert view.shows_report
    make_run(view.session, "icons-v4", 1)
    loop.run_until_complete(view.state.load_runs())
    view.receive(run=view.state.runs[-1].folder)
    view.receive(run=view.state.runs[0].folder)
    assert not view.shows_report


def test_the_file_can_be_read_again(view, take, settle, tmp_path):
    page = take()
    (tmp_path / "style.json").write_text(json.dumps({**FORM, "network_dim": 7}))
    page.again_asked.emit()
    settle(view.session)
    assert view.state.request().network_dim == 7


def test_in_a_narrow_window_the_row_is_a_tab_and_the_reason_a_second_line(view, take):
    page = take()
    note = keys(page).index("lr_note")
    wide = page.table.sizeHintForRow(note)
    view.resize(956, 640)
    QApplication.processEvents()
    assert page.table.sizeHintForRow(note) > wide
    assert not view.report.detail.isVisible()
    view.tabs._choose(1)
    assert view.report.detail.isVisible()
    choose(page, "lr_note")
    assert view.report.detail.title.text() == "lr_note"


def test_a_reason_that_is_wider_than_its_column_goes_on_in_the_next_line(view, take):
    page = take()
    table = page.table
    view.resize(1212, 734)
    QApplication.processEvents()
    assert table.viewport().width() >= NARROW
    wide = columns(table.viewport().width())[-1][1]
    measure = QFontMetrics(fonts.font(12))
    for place, row in enumerate(table.lines.rows):
        if not isinstance(row, Head):
            words = table.lines.why(row)
            fits = measure.horizontalAdvance(words) < wide
            assert (table.sizeHintForRow(place) == metrics.ROW) == fits, words
    assert any(table.sizeHintForRow(n) > metrics.ROW + 10 for n in range(len(table.lines.rows)))


def test_everything_is_said_in_chinese(view, take):
    i18n.set_language("zh_CN")
    page = take(max_resolution="big")
    choose(page, "max_grad_norm")
    detail = view.report.detail
    words = [page.back.text(), page.copy.text(), page.undo.text(), page.origin.text(),
             page.note.words.text(), detail.why.text(), detail.go.text(), detail.instead.text(),
             *(name for name, _ in detail.facts.facts)]  # fmt: skip
    report = view.files.last.imported.report
    words += [page.table.lines.problem(report.line("max_resolution"))]
    for line in page.report_text().splitlines():
        cells = line.split("\t")
        if len(cells) == 4:
            words += [cell for cell in cells[3:] if cell]
    assert "梯度上限 1" in page.report_text()
    english = [text for text in words if not re.search("[一-鿿]", text)]
    assert english == []


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Imported 3 settings of script.toml. 1 could not be taken over."),
        ("zh_CN", "值未采用"),
    ],
)
def test_a_value_that_cannot_be_taken_stands_first_and_is_not_counted_as_taken(
    view, heard, settle, tmp_path, language, words
):
    i18n.set_language(language)
    path = tmp_path / "script.toml"
    path.write_text('network_dim = "eight"\nnetwork_alpha = 4\nseed = 3\nclip_skip = 2\n')
    view.files.take(path)
    settle(view.session)
    page = view.report.page
    assert page.counts["refused"].text() == "1"
    assert page.cells["refused"].isVisible()
    assert keys(page)[:2] == ["refused", "network_dim"]
    row = page.table.lines.rows[1]
    assert why_text(row) == i18n.tr("Write a whole number.")
    assert words in (said(heard[-1]), i18n.tr("Value not taken"))
    assert view.state.values["network_dim"] == view.state.start_values()["network_dim"]
    segment(page, 4)
    assert keys(page) == ["refused", "network_dim"]


def test_of_keys_without_end_only_some_become_rows(view, take):
    page = take(**{f"strange_{number}": 1 for number in range(2000)})
    assert page.counts["unknown"].text() == "2,001"
    assert not page.cells["refused"].isVisible()
    assert len(page.table.lines.rows) < 80
    page.table.more_asked.emit("unknown")
    assert 300 < len(page.table.lines.rows) < 400
    head = page.table.lines.index(keys(page).index("unknown"))
    assert "the first 300" in head.data(Qt.ItemDataRole.AccessibleTextRole)
    assert page.report_text().count("strange_") == 2000


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_a_cell_that_is_cut_off_is_told_in_full(view, take, qapp, language):
    i18n.set_language(language)
    view.resize(1280, 800)
    long = "castle & <tower>, " * 20
    page = take(caption_prefix=long.strip(", "), network_dim=0)
    table, rows = page.table, keys(page)

    def tip(key, column):
        place = table.visualRect(table.lines.index(rows.index(key)))
        left, wide = columns(place.width())[column]
        at = place.topLeft() + QPoint(left + wide // 4, 8)
        QToolTip.hideText()
        qapp.sendEvent(
            table.viewport(), QHelpEvent(QEvent.Type.ToolTip, at, table.viewport().mapToGlobal(at))
        )
        return QToolTip.text()

    assert "castle &amp; &lt;tower&gt;, castle" in tip("caption_prefix", 1)
    assert i18n.tr("Caption prefix") in tip("caption_prefix", 2)
    assert "max_grad_norm" not in tip("max_grad_norm", 0)
