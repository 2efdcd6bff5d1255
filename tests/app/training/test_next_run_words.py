"""What the few fields say of the next run: its name, its length, the room it takes."""

from __future__ import annotations

import pytest
from PySide6.QtTest import QTest

from app import i18n
from app.training.kohya_words import setting_text
from app.training.story import read
from engine.training.runs import Run
from tests.app.training.conftest import written
from tests.app.training.runs_at_hand import make_run, request_for


@pytest.mark.parametrize(
    ("language", "words"), [("en", "45 steps are given."), ("zh_CN", "已指定 45 步。")]
)
def test_a_wrong_field_takes_neither_length_nor_pictures_away(column, language, words):
    state, simple = column.state, column.simple
    i18n.set_language(language)
    state.change(max_train_epochs=0, max_train_steps=45, train_batch_size=2)
    length, pictures = simple.epochs.value, setting_text("project", state)
    assert length > 1
    state.change(resolution="big")
    assert state.plan is None
    assert simple.epochs.value == length
    assert written(simple.rows["epochs"]._hint) == words
    assert setting_text("project", state) == pictures


def test_one_epoch_is_no_epochs(column):
    column.state.change(max_train_epochs=1)
    assert written(column.simple.rows["epochs"]._hint) == "One epoch."


def load(column, settle):
    column.state.session.start(column.state.load_runs())
    settle(column.state.session)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Another run has this name: the next one becomes pixel first-v2."),
        ("zh_CN", "已有同名的训练：下一次将命名为 pixel first-v2。"),
    ],
)
def test_a_second_run_of_a_name_is_counted_on_and_says_so_before_it_starts(
    column, settle, language, words
):
    i18n.set_language(language)
    state, name = column.state, column.simple.name
    make_run(state.session, "pixel first")
    load(column, settle)
    name.selectAll()
    QTest.keyClicks(name, "pixel first")
    name.editingFinished.emit()
    assert written(column.simple.rows["name"]._hint) == words
    request = state.start().request
    assert request.output_name == "pixel first-v2"
    assert request.output_dir.endswith("pixel first-v2")
    state.change(output_name="Pixel First-V2")  # waits in the queue; a disk may not tell them apart
    assert state.start().request.output_name == "Pixel First-V3"
    state.change(output_name="another")
    assert not written(column.simple.rows["name"]._hint)


def test_runs_that_were_called_alike_are_told_apart_by_their_folders(column, settle):
    session = column.state.session
    request = request_for(session, "pixel")
    folders = [Run.create(session.project.runs / "2026-11-23-pixel", request) for _ in range(2)]
    assert [read(run.folder).name for run in folders] == ["pixel", "pixel-2"]
    for run in folders:
        run.end("finished")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "{n} checkpoints will be kept, about {size} in all."),
        ("zh_CN", "将保留 {n} 个检查点，共约 {size}。"),
    ],
)
def test_the_room_of_the_checkpoints_is_told_by_those_of_a_run_like_it(
    column, settle, language, words
):
    state = column.state
    i18n.set_language(language)
    shape = {name: state.values[name] for name in ("network_dim", "conv_dim", "text_encoder_lr")}
    make_run(state.session, "before", **shape)  # with checkpoints of 7,000 bytes
    load(column, settle)
    state.change(max_train_epochs=10, save_every_n_epochs=1)
    fact = column.before.facts[2]
    assert written(fact) == words.format(n=10, size="70 kB")
    column.simple.strength.changed.emit(2 * shape["network_dim"])
    assert written(fact) == words.format(n=10, size="140 kB")
    state.change(save_precision="fp16")
    assert written(fact) == words.format(n=10, size="70 kB")
    state.change(text_encoder_lr=1e-4)  # other layers, of which none are known
    assert "kB" not in written(fact)
