"""Advanced: groups, search, what was changed, what is wrong, and what a setting does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QScrollArea

from app import i18n
from app.training.advanced_fields import SLICE
from app.training.draft import BaseModel
from app.training.settings_column import EXPORTS
from app.training.view import View
from engine.models.family import FAMILIES
from engine.training.traits import starter_traits

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def view(qtbot, opener):
    made = opener(View)
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    made.settings.level._choose(1)
    return made


@pytest.fixture
def advanced(view):
    return view.settings.advanced


@pytest.fixture
def chinese():
    i18n.set_language("zh_CN")
    yield
    i18n.set_language("en")


def quiet(qtbot, advanced) -> None:
    """Until all rows that are to be seen are made and marked."""
    qtbot.waitUntil(lambda: not advanced._slices.isActive())


def shown(advanced) -> list[str]:
    return [name for name in advanced.items if name in advanced.rows
            and advanced.rows[name].isVisible()]  # fmt: skip


def search(qtbot, advanced, text: str) -> list[str]:
    advanced.search.field.setText(text)
    quiet(qtbot, advanced)
    return shown(advanced)


def open_group(qtbot, advanced, title: str) -> None:
    QTest.mouseClick(advanced.groups[title].header, LEFT)
    quiet(qtbot, advanced)


def type_over(field, text: str) -> None:
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)


# Groups


def test_groups_are_shut_and_empty_until_they_are_opened(advanced, qtbot):
    assert advanced.rows == {}
    assert advanced.groups["Objective"].header.count.text() == "0 of 14"
    open_group(qtbot, advanced, "Objective")
    assert shown(advanced) == list(advanced.groups["Objective"].names)
    open_group(qtbot, advanced, "Objective")
    assert shown(advanced) == []


def test_a_large_group_is_made_a_few_rows_at_a_time(advanced, qtbot):
    QTest.mouseClick(advanced.groups["Network"].header, LEFT)
    assert len(advanced.rows) == SLICE
    quiet(qtbot, advanced)
    assert list(advanced.groups["Network"].names) == shown(advanced)


def test_which_groups_are_open_is_remembered(view, advanced, qtbot, settle):
    open_group(qtbot, advanced, "Noise")
    settle(view.session)
    again = View(view.session)
    qtbot.addWidget(again)
    assert [g.is_open for title, g in again.settings.advanced.groups.items() if title == "Noise"] \
        == [True]  # fmt: skip
    assert not again.settings.advanced.groups["Objective"].is_open


def test_tab_follows_the_form_though_rows_were_made_in_another_order(view, advanced, qtbot):
    for name in ("min_snr_gamma", "loss_type", "debiased_estimation_loss"):
        advanced.row(name)
    open_group(qtbot, advanced, "Objective")
    advanced.rows["loss_type"].control.setFocus()
    reached = []
    for _ in range(3):
        QTest.keyClick(view.focusWidget(), Qt.Key.Key_Tab)
        reached.append(view.focusWidget())
    rows = advanced.rows  # what has no effect with this loss is passed over
    assert reached == [rows[name].control for name in
                       ("min_snr_gamma", "debiased_estimation_loss",
                        "scale_v_pred_loss_like_noise_pred")]  # fmt: skip


# One draft


def test_advanced_shows_the_same_draft_and_changes_it(view, advanced, qtbot):
    assert not view.settings.simple.isVisible()
    open_group(qtbot, advanced, "Length")
    type_over(advanced.rows["train_batch_size"].control, "2")
    assert view.state.request().train_batch_size == 2
    view.state.change(train_batch_size=3)
    assert advanced.rows["train_batch_size"].control.text() == "3"


def test_what_is_typed_before_a_click_on_start_is_trained(view, advanced):
    for name, text in {"training_comment": "try", "max_train_epochs": "3",
                       "output_name": "kiln"}.items():  # fmt: skip
        view.settings.reveal(name)
        type_over(advanced.rows[name].control, text)
    QTest.mouseClick(view.settings.start_button, LEFT)
    handle = view.state.live.next_job()
    assert (handle.request.training_comment, handle.request.max_train_epochs) == ("try", 3)
    assert handle.request.output_name == "kiln"
    handle.cancel()


def test_the_base_model_is_chosen_from_the_same_list(view, advanced):
    other = BaseModel("/models/other.safetensors", "other", 512, 1e-4, 2)
    view.state.models = [*view.state.models, other]
    view.state.models_changed.emit()
    base = advanced.row("base_model").control
    names = ["Starter model", "other", "Add a model file…"]
    assert [base.itemText(n) for n in range(base.count())] == names
    base.setFocus()
    QTest.keyClick(base, Qt.Key.Key_Down)
    assert view.state.values["resolution"] == "512"
    assert view.settings.simple.base.value == other.ref


def test_sample_prompts_are_a_line_each(view, advanced):
    prompts = advanced.row("sample_prompts").control
    view.settings.reveal("sample_prompts")
    prompts.selectAll()
    QTest.keyClicks(prompts, "a cat; sitting")
    QTest.keyClick(prompts, Qt.Key.Key_Return)
    QTest.keyClicks(prompts, "a dog --d 4")
    assert view.state.request().sample_prompts == ("a cat; sitting", "a dog --d 4")


# Search


def test_a_search_finds_by_name_of_kohya_help_and_unit_in_all_groups(advanced, qtbot):
    assert search(qtbot, advanced, "min_snr") == ["min_snr_gamma"]
    assert advanced.search.count.text() == "1 of 187 settings"
    assert advanced.groups["Objective"].header.count.text() == "1 of 14"
    assert not advanced.groups["Data"].isVisible()
    assert "ip_noise_gamma" in search(qtbot, advanced, "perturbation robust")
    assert search(qtbot, advanced, "no such thing") == []
    assert advanced.nothing.title.text() == "No setting matches."
    assert not any(group.isVisible() for group in advanced.groups.values())
    QTest.keyClick(advanced.search.field, Qt.Key.Key_Escape)
    quiet(qtbot, advanced)
    assert shown(advanced) == []
    assert advanced.search.count.text() == "187 settings"


def test_what_was_found_is_lifted_in_the_label_or_else_in_the_words_below(advanced, qtbot):
    search(qtbot, advanced, "warm")
    assert ">Warm</span>-up steps" in advanced.rows["lr_warmup_steps"].label.text()
    help_found = search(qtbot, advanced, "outliers")
    assert help_found == ["loss_type"]
    assert ">outliers</span>" in advanced.rows["loss_type"].hint
    search(qtbot, advanced, "")
    assert advanced.rows["lr_warmup_steps"].label.text() == "Warm-up steps"
    assert advanced.rows["loss_type"].hint == ""


def test_a_search_in_chinese_finds_chinese_and_english(advanced, chinese, qtbot):
    assert "lr_warmup_steps" in search(qtbot, advanced, "预热")
    assert ">预热</span>" in advanced.rows["lr_warmup_steps"].label.text()
    assert "lr_warmup_steps" in search(qtbot, advanced, "warm-up")


def test_a_group_without_a_hit_shows_all_of_it_when_it_is_opened(advanced, qtbot):
    advanced.state.change(min_snr_gamma=7.0)
    QTest.mouseClick(advanced.search.only_changed, LEFT)
    open_group(qtbot, advanced, "Masks")
    assert [name for name in shown(advanced) if name != "min_snr_gamma"] \
        == list(advanced.groups["Masks"].names)  # fmt: skip


def test_what_was_found_is_at_the_top_of_a_low_window(view, advanced, qtbot):
    view.resize(1196, 734)
    found = search(qtbot, advanced, "sampler")
    assert found == ["sample_sampler"]
    assert [title for title, group in advanced.groups.items() if group.isVisible()] == ["Samples"]
    row = advanced.rows["sample_sampler"]
    assert row.visibleRegion().boundingRect() == row.rect()


def test_a_few_letters_are_found_where_words_begin_and_nowhere_else(advanced, qtbot):
    found = search(qtbot, advanced, "te lr")
    assert {"text_encoder_lr", "text_encoder_lr2"} <= set(found)
    assert len(found) < 12
    assert search(qtbot, advanced, "min snr")[0] == "min_snr_gamma"
    assert "zero_terminal_snr" not in search(qtbot, advanced, "min snr")
    assert "zero_terminal_snr" in search(qtbot, advanced, "rmin")


def test_names_that_begin_with_it_come_first_also_for_enter(view, advanced, qtbot):
    search(qtbot, advanced, "noise")
    column = [advanced._column.itemAt(n).widget() for n in range(advanced._column.count())]
    order = [one for one in column if one in advanced.groups.values() and one.isVisible()]
    assert order[0] is advanced.groups["Noise"]
    search(qtbot, advanced, "")
    column = [advanced._column.itemAt(n).widget() for n in range(advanced._column.count())]
    groups = list(advanced.groups.values())
    assert [one for one in column if one in groups] == groups


@pytest.mark.parametrize(
    ("language", "words"), [("en", "only with Buckets: off."), ("zh_CN", "仅当“分桶”为关时")]
)
def test_a_switch_that_has_to_be_off_is_called_off(advanced, qtbot, language, words):
    i18n.set_language(language)
    open_group(qtbot, advanced, "Augmentation")
    hint = advanced.rows["face_crop_aug_range"].hint
    i18n.set_language("en")
    assert words in hint


def test_ctrl_f_looks_for_settings_from_simple(view, qtbot):
    view.settings.level._choose(0)
    view.stage.setFocus()
    QTest.keyClick(view.stage, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert view.settings.level.value == "advanced"
    assert view.focusWidget() is view.settings.advanced.search.field


def test_enter_goes_to_the_first_setting_that_was_found(view, advanced, qtbot):
    assert search(qtbot, advanced, "prodigy") == ["optimizer_type"]
    assert ">Prodigy</span>" in advanced.rows["optimizer_type"].hint
    search(qtbot, advanced, "huber")
    QTest.keyClick(advanced.search.field, Qt.Key.Key_Return)
    assert view.focusWidget() is advanced.rows["loss_type"].control


def test_tab_goes_from_the_head_of_the_column_through_search_and_groups(view, advanced, qtbot):
    view.settings.more.setFocus()
    reached = []
    for _ in range(4):
        QTest.keyClick(view.focusWidget(), Qt.Key.Key_Tab)
        reached.append(view.focusWidget())
    headers = [group.header for group in advanced.groups.values()]
    assert reached == [advanced.search.field, advanced.search.only_changed, *headers[:2]]


# What was changed


def test_what_differs_is_marked_counted_and_reset_alone(view, advanced, qtbot):
    open_group(qtbot, advanced, "Objective")
    row = advanced.rows["min_snr_gamma"]
    usual = view.state.values["min_snr_gamma"]
    assert row.reset is None
    type_over(row.control, "7")
    assert row.is_changed
    assert advanced.groups["Objective"].header.count.text() == "1 of 14"
    QTest.mouseClick(row.reset, LEFT)
    assert view.state.values["min_snr_gamma"] == usual
    assert not row.is_changed
    assert not row.reset.isVisible()


def test_only_what_was_changed_is_shown_and_reset_in_one_step(view, advanced, qtbot):
    view.state.change(min_snr_gamma=7.0, seed=5)
    QTest.mouseClick(advanced.search.only_changed, LEFT)
    quiet(qtbot, advanced)
    assert shown(advanced) == ["seed", "min_snr_gamma"]
    assert advanced.search.count.text() == "2 of 187 settings"
    assert view.settings.reset_button.text() == "Reset 2 changed"
    QTest.mouseClick(view.settings.reset_button, LEFT)
    assert view.state.values["seed"] == 0
    assert not view.settings.reset_button.isVisible()
    view.state.undo_replace()
    assert (view.state.values["seed"], view.state.values["min_snr_gamma"]) == (5, 7.0)


# What is wrong, and what has no effect


def test_the_rate_of_a_second_text_encoder_waits_for_a_model_that_has_one(view, advanced):
    row = advanced.row("text_encoder_lr2")
    view.state.change(text_encoder_lr=1e-5)
    assert row.hint == "The model has only one text encoder."
    assert not row.control.isEnabled()
    two = BaseModel(
        "grand", "grand", 1024, 1e-4, 1, traits=replace(starter_traits(), family=FAMILIES["sdxl"])
    )
    view.state.models = [*view.state.models, two]
    view.state.change(base_model="grand")
    assert row.hint == ""
    assert row.control.isEnabled()


@pytest.mark.parametrize(
    ("name", "value", "english", "words"),
    [
        ("bucket_reso_steps", 4, "Must be 8 or more.", "必须不小于 8。"),
        ("bucket_reso_steps", 48, "Use a multiple of 32 with starter.",
         "使用 starter 时请填 32 的倍数。"),
        ("max_timestep", 0, "Must be 1 or more.", "必须不小于 1。"),
        ("resolution", "big", "Write one side such as 512, or width,height such as 512,768.",
         "请写一个边长，例如 512；或写宽,高，例如 512,768。"),
        ("adaptive_noise_scale", 0.5,
         "There is no noise offset that could adapt; set Noise offset too.",
         "没有可自适应的噪声偏移；请同时设置噪声偏移。"),
        ("optimizer_args", "betas", "Write pairs such as betas=0.9,0.99, not betas.",
         "请写成 betas=0.9,0.99 这样的成对形式，而不是 betas。"),
    ],
)  # fmt: skip
def test_what_is_wrong_stands_at_its_field_in_both_languages(
    view, advanced, name, value, english, words
):
    row = advanced.row(name)
    try:
        view.state.change(**{name: value})
        assert row.error == english
        assert row.control.isEnabled()
        assert row.control.property("state") == "error"
        assert not view.settings.start_button.isEnabled()
        i18n.set_language("zh_CN")
        assert row.error == words
        assert words in row.hint
    finally:
        i18n.set_language("en")


def test_all_that_is_wrong_is_named_under_the_settings_and_the_first_is_shown(view, qtbot):
    settings = view.settings
    settings.level._choose(0)
    assert not settings.fix.isVisible()
    view.state.change(bucket_reso_steps=4, max_grad_norm=-1.0, train_batch_size=999)
    words = settings.fix.words.text()
    assert words == "3 fields need a fix: Bucket step, Gradient limit…."
    view.state.change(max_grad_norm=1.0, train_batch_size=2)
    assert settings.fix.words.text() == "1 field needs a fix: Bucket step."
    QTest.mouseClick(settings.fix.show_it, LEFT)
    field = settings.advanced.row("bucket_reso_steps").control
    qtbot.waitUntil(lambda: view.focusWidget() is field)
    assert field.isVisible()
    assert not field.visibleRegion().isEmpty()
    type_over(field, "64")
    assert not settings.fix.isVisible()
    assert settings.start_button.isEnabled()


def test_a_number_out_of_range_is_kept_and_refused_and_its_arrows_come_back(view, advanced, qtbot):
    open_group(qtbot, advanced, "Buckets")
    field = advanced.rows["bucket_reso_steps"].control
    type_over(field, "9999")
    assert view.state.values["bucket_reso_steps"] == 9999
    assert advanced.rows["bucket_reso_steps"].error == "Must be 512 or less."
    assert advanced.groups["Buckets"].alarm.isVisible()
    QTest.keyClick(field, Qt.Key.Key_Down)
    assert view.state.values["bucket_reso_steps"] == 512


def test_what_has_no_effect_is_disabled_and_says_why(view, advanced, qtbot):
    open_group(qtbot, advanced, "Objective")
    row = advanced.rows["huber_c"]
    assert not row.control.isEnabled()
    assert "It has an effect only with Loss: Huber, Smooth L1." in row.hint
    i18n.set_language("zh_CN")
    try:
        assert "Huber" in row.hint
        assert "It has" not in row.hint
    finally:
        i18n.set_language("en")
    view.state.change(loss_type="huber")
    assert row.control.isEnabled()
    assert row.hint == ""


def test_a_rule_over_several_settings_disables_before_anything_is_changed(view, advanced):
    steps = advanced.row("max_train_steps")
    assert "The epochs decide how long is trained." in steps.hint
    view.state.change(max_train_epochs=0)
    assert steps.control.isEnabled()
    assert steps.error.startswith("Epochs and steps are both 0")


# Optimizers that find the rates


def test_an_optimizer_that_finds_the_rates_gets_rates_of_one_and_undo_takes_it_back(
    view, advanced, qtbot
):
    said = []
    view.session.notified.connect(lambda *told: said.append(told[0]))
    view.state.change(text_encoder_lr=0.0, unet_lr=2e-4)
    choice = advanced.row("optimizer_type").control
    choice.set_value("Prodigy")
    choice.changed.emit("Prodigy")
    values = view.state.values
    assert (values["unet_lr"], values["text_encoder_lr"]) == (1.0, 0.0)
    assert "finds the rates itself" in str(said[-1])
    view.state.undo_replace()
    values = view.state.values
    assert (values["optimizer_type"], values["unet_lr"]) == ("AdamW", 2e-4)


def test_going_back_to_a_plain_optimizer_brings_the_usual_rates(view, advanced):
    usual = view.state.values["unet_lr"]
    choice = advanced.row("optimizer_type").control
    for optimizer in ("DAdaptAdam", "Prodigy", "Lion"):
        choice.set_value(optimizer)
        choice.changed.emit(optimizer)
        wanted = usual if optimizer == "Lion" else 1.0
        assert view.state.values["unet_lr"] == wanted


# What a setting does


def test_the_field_with_the_keyboard_tells_its_help_and_kohyas_name(advanced, qtbot):
    open_group(qtbot, advanced, "Objective")
    gamma, threshold = advanced.rows["min_snr_gamma"], advanced.rows["v_pred_like_loss"]
    gamma.control.setFocus()
    assert "5 is usual, 0 is off." in gamma.hint
    assert gamma.hint.endswith("kohya&nbsp;&nbsp;min_snr_gamma")
    threshold.control.setFocus()
    assert gamma.hint == ""
    assert "v_pred_like_loss" in threshold.hint
    assert "min_snr_gamma" in gamma.tip()


def test_a_field_stays_under_the_pointer_when_the_words_above_it_go(view, advanced, qtbot):
    for title in ("Network", "Objective"):
        open_group(qtbot, advanced, title)
    view.settings.reveal("network_dim")
    quiet(qtbot, advanced)
    scroll = view.settings.findChild(QScrollArea)
    scroll.verticalScrollBar().setValue(200)
    below = advanced.rows["layers_include"].control
    place = below.mapTo(view, QPoint())
    QTest.mouseClick(below, LEFT)
    QApplication.processEvents()
    assert view.focusWidget() is below
    assert below.mapTo(view, QPoint()) == place


@pytest.mark.parametrize("road", ["key", "menu"])
def test_what_a_setting_does_is_told_beside_its_field(view, advanced, qtbot, road):
    open_group(qtbot, advanced, "Objective")
    field = advanced.rows["huber_scale"].control
    view.state.change(loss_type="huber", huber_scale=2.0)
    field.setFocus()
    if road == "key":
        QTest.keyClick(field, Qt.Key.Key_F1)
    else:
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, QPoint(4, 4),
                                  field.mapToGlobal(QPoint(4, 4)))  # fmt: skip
        QApplication.sendEvent(field, event)
        menu = advanced.rows["huber_scale"].findChild(QMenu)
        words = [action.text() for action in menu.actions()]
        assert words[:2] == ["What does this do?", "Back to the start value"]
        menu.actions()[0].trigger()
        menu.close()
    facts = advanced.help.facts
    assert facts["Range"] == "0 to 10"
    assert facts["Default"] == "1"
    assert facts["kohya"] == "huber_scale"
    assert not {"Start value", "In a job file"} & facts.keys()  # they would say the same again
    assert facts["Only with"] == "Loss: Huber, Smooth L1"
    advanced.help.asked.emit("loss_type")
    advanced.help.close()
    qtbot.waitUntil(lambda: view.focusWidget() is advanced.rows["loss_type"].control)


def test_the_menu_of_a_row_resets_it(view, advanced, qtbot):
    view.state.change(seed=9)
    advanced.row("seed").menu().actions()[1].trigger()
    assert view.state.values["seed"] == 0


def test_the_help_of_a_choice_names_what_it_decides_about(view, advanced, qtbot):
    view.settings.reveal("loss_type")
    quiet(qtbot, advanced)
    advanced.rows["loss_type"].help_asked.emit("loss_type")
    links = [link.text() for link in advanced.help.findChildren(type(view.settings.start_button))]
    assert links == ["Huber schedule", "Huber threshold", "Huber scale"]
    advanced.help.close()


# The head of the column


def test_the_menu_of_the_column_leads_to_presets_and_kohyas_files(view, qtbot):
    asked = []
    for name in ("import_asked", "export_asked", "save_preset_asked"):
        signal = getattr(view.settings, name)
        signal.disconnect()
        signal.connect(lambda *_, one=name: asked.append(one))
    QTest.mouseClick(view.settings.more, LEFT)
    menu = view.settings.findChild(QMenu)
    entries = {action.text(): action for action in menu.actions() if action.text()}
    assert list(entries) == [
        "Save as preset…", "Import kohya…", "Export kohya", *EXPORTS.values(), "Reset all",
    ]  # fmt: skip
    for entry in [list(entries.values())[place] for place in (0, 1, 3)]:
        entry.trigger()
    menu.close()
    assert asked == ["save_preset_asked", "import_asked", "export_asked"]


def test_every_text_follows_the_language(view, advanced, qtbot):
    open_group(qtbot, advanced, "Objective")
    view.state.change(min_snr_gamma=7.0)
    i18n.set_language("zh_CN")
    try:
        assert advanced.rows["loss_type"].label.text() == "损失"
        assert advanced.groups["Objective"].header.count.text() == "1 / 14"
        assert advanced.search.only_changed.text() == "只看已更改"
        assert advanced.search.count.text() == "187 项设置"
        assert view.settings.reset_button.text() == "恢复 1 项更改"
    finally:
        i18n.set_language("en")


def test_a_long_name_of_kohya_makes_no_row_wider_than_the_column(view, advanced, qtbot):
    (name,) = search(qtbot, advanced, "cache_text_encoder_outputs_to")
    assert advanced.rows[name].hint.endswith("_disk")
    assert advanced.minimumSizeHint().width() <= view.settings._scroll.viewport().width()
