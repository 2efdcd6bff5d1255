from __future__ import annotations

import random

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip

from app import i18n
from app.dataset import outlook_panel
from app.dataset.model import DatasetState
from app.dataset.outlook import look_ahead
from app.dataset.outlook_captions import draws
from app.dataset.outlook_panel import OutlookPanel
from app.dataset.outlook_settings import request_of, spec_of
from app.dataset.pixels import hatched, looked_at
from app.dataset.view import View
from app.theme import color
from app.training.model import TrainState
from app.widgets.thumbnails import ThumbnailCache
from engine.dataset.buckets import usual_spec
from engine.dataset.masks import MaskStore
from engine.dataset.samples import training_samples
from engine.dataset.steps import Mask
from engine.project.project import SourceFolder
from engine.runtime.job import Job, JobHandle
from engine.training import update
from engine.training.batches import shelve
from engine.training.captions import draw_caption
from engine.training.categories import chosen
from engine.training.config import TrainRequest
from engine.training.drawing import draw_batch
from engine.training.loop import run
from engine.training.pictures import Sources, find_sources, open_pictures
from engine.training.set_apart import set_apart


@pytest.fixture
def state(opened, settle):
    made = DatasetState(opened)
    settle(opened)
    return made


@pytest.fixture
def panel(qtbot, state, settle):
    made = OutlookPanel(state, ThumbnailCache())
    qtbot.addWidget(made)
    made.resize(332, 900)
    made.show()
    made.refresh()
    settle(state.session)
    return made


def job():
    return Job(JobHandle(TrainRequest(project=".")))


def named(state, name):
    return next(item for item in state.pictures.values() if item.name == name)


def choose(panel, name, settle):
    panel.state.select([named(panel.state, name).id])
    settle(panel.state.session)


def rows(panel):
    return {row.key: row.count for row in panel.warnings.rows.items}


def click_bar(panel, row):
    spot = QPoint(100, row * panel.bars.row + 8)
    QTest.mouseClick(panel.bars, Qt.MouseButton.LeftButton, pos=spot)


def set_setting(panel, name, text, settle):
    field = panel.form.form.controls[name]
    field.selectAll()
    QTest.keyClicks(field, text)
    settle(panel.state.session)


def test_a_bucket_of_the_histogram_names_the_pictures_in_it(panel, state) -> None:
    assert dict(panel.outlook.buckets) == {(128, 128): 5, (160, 96): 1}
    chosen = []
    panel.bucket_chosen.connect(chosen.append)
    click_bar(panel, 1)
    assert chosen == ["160×96"]
    assert panel.ids_of(chosen[0]) == {named(state, "carrot").id}


def test_the_arrow_keys_choose_a_bucket_too(panel) -> None:
    chosen = []
    panel.bucket_chosen.connect(chosen.append)
    panel.bars.setFocus()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Return):
        QTest.keyClick(panel.bars, key)
    assert chosen == ["160×96"]


def test_every_warning_has_its_number_and_its_pictures(session, art, settle, qtbot) -> None:
    hidden = np.zeros((96, 96, 4), np.uint8)
    hidden[24:72, 24:72] = (200, 30, 30, 255)
    hidden[:24, :, :3] = np.random.default_rng(3).integers(0, 255, (24, 96, 3))
    Image.fromarray(hidden).save(art / "ghost.png")
    (art / "ghost.txt").write_text("ghost", encoding="utf-8")
    Image.new("RGB", (400, 60), "red").save(art / "banner.png")
    (art / "banner.txt").write_text(", ".join(["castle"] * 80), encoding="utf-8")
    Image.new("RGB", (128, 128), "blue").save(art / "blossom.jpg")
    (art / "torn.png").write_bytes(b"no picture")
    session.open_folder(art)
    settle(session)
    state = DatasetState(session)
    panel = OutlookPanel(state, ThumbnailCache())
    qtbot.addWidget(panel)
    settle(session)
    panel.refresh()
    settle(session)
    found = {key: {state.pictures[i].name for i in panel.ids_of(key)} for key in rows(panel)}
    assert found == {
        "enlarged": {"crown"},
        "cut": {"banner"},
        "bare": {"boar"},
        "long": {"banner"},
        "stems": {"blossom"},
        "hidden": {"ghost"},
        "unreadable": {"torn"},
    }
    assert rows(panel)["stems"] == "2"
    chosen = []
    panel.warning_chosen.connect(chosen.append)
    panel.show()
    place = [row.key for row in panel.warnings.rows.items].index("long")
    box = panel.warnings.visualRect(panel.warnings.rows.index(place))
    QTest.mouseClick(panel.warnings.viewport(), Qt.MouseButton.LeftButton, pos=box.center())
    assert chosen == ["long"]


def test_the_picture_is_resized_cut_and_filled_as_the_run_does_it(state, panel, settle) -> None:
    project = state.session.project
    samples = training_samples(project, library=state.session.library)
    made = open_pictures(
        Sources(tuple(samples), (), "", (), project), usual_spec(128), job()
    ).training
    for trained in made:
        picture = named(state, trained.sample.path.stem)
        seen = looked_at(picture, project, usual_spec(128), 4096)
        assert np.array_equal(seen.rgb, trained.baked().rgb)
    choose(panel, "carrot", settle)
    assert panel.facts.values[0].text() == "160×96"
    assert (panel.picture.picture.width(), panel.picture.picture.height()) == (160, 96)


@pytest.mark.parametrize("apart", ["nothing", "a share", "a folder", "a category"])
def test_captions_are_those_of_the_runs_own_epochs(state, tmp_path, apart) -> None:
    request = TrainRequest(
        project=str(state.session.project.root),
        resolution="128",
        bucket_reso_steps=32,
        shuffle_caption=True,
        keep_tokens=1,
        caption_dropout_rate=0.3,
        train_batch_size=2,
        trigger_word="hvisl",
        seed=5,
        validation_split=0.3 if apart == "a share" else 0.0,
        reg_data_dir=regular(tmp_path / "reg") if apart == "a folder" else "",
        categories=("plants",) if apart == "a category" else (),
    )
    library, spec = state.session.library, usual_spec(128)
    library.set_captions({p.id: f"{p.name}, a, b, c, d, e" for p in library.pictures()})
    library.set_category([p.id for p in library.pictures()][1:4], "plants")
    pictures = open_pictures(find_sources(request), spec, job()).training
    learned = chosen(library.pictures(), request.categories)
    found = set_apart(learned, request)
    shelf = shelve([p.bucket for p in pictures], [p.repeats for p in pictures], 2)
    for epoch in (1, 2, 7):
        read: dict[str, list[str]] = {}
        for number, batch in enumerate(shelf.epoch(request.seed, epoch)):
            chance = random.Random(f"captions {request.seed} {epoch} {number}")
            for index in batch:
                text = draw_caption(pictures[index].caption, request, "hvisl", chance)
                read.setdefault(pictures[index].sample.path.stem, []).append(text)
        for picture in learned:
            alone = [f"hvisl, {picture.name}, a, b, c, d, e"]
            wanted = read.get(picture.name, alone if apart == "a share" else None)
            assert draws(picture, learned, request, spec, epoch, found) == wanted


def test_captions_are_those_that_a_real_run_reads(opened, settle, tmp_path, monkeypatch) -> None:
    library = opened.library
    library.set_captions({p.id: f"{p.name}, {{a|b}}, c, d;e, f, g" for p in library.pictures()})
    library.set_category([p.id for p in library.pictures()][:2], "plants")
    library.set_category_repeats("plants", 2)
    train = TrainState(opened)
    settle(opened)
    train.change(
        output_dir=str(tmp_path / "run"), resolution="64", min_bucket_reso=32, max_bucket_reso=128,
        train_batch_size=2, gradient_accumulation_steps=2, max_train_epochs=3,
        shuffle_caption=True, keep_tokens=1, caption_prefix="P,", caption_suffix=", S",
        enable_wildcard=True, secondary_separator=";", caption_tag_dropout_rate=0.2,
        caption_dropout_every_n_epochs=2, token_warmup_step=0.9, sample_prompts=(), seed=3,
        trigger_word="hvisl",
    )  # fmt: skip
    read: dict[tuple[int, str], list[str]] = {}

    def listened(pictures, word, name, **when):
        looks, captions = draw_batch(pictures, word, name, **when)
        for picture, text in zip(pictures, captions, strict=True):
            read.setdefault((when["epoch"], picture.sample.path.stem), []).append(text)
        return looks, captions

    monkeypatch.setattr(update, "draw_batch", listened)
    run(train.request(), job())
    request, pictures = request_of(opened), opened.library.pictures()
    drawn = {
        (epoch, picture.name): draws(picture, pictures, request, spec_of(opened), epoch)
        for epoch in (1, 2, 3)
        for picture in pictures
    }
    assert drawn == read
    assert {text for (epoch, _), texts in drawn.items() if epoch == 2 for text in texts} == {""}


def test_a_long_caption_is_one_that_the_run_cuts_off(opened, settle, qtbot) -> None:
    cactus = next(p for p in opened.library.pictures() if p.name == "cactus")
    opened.library.set_captions({cactus.id: ", ".join(["castle"] * 45)})  # 89 tokens
    panel = OutlookPanel(DatasetState(opened), ThumbnailCache())
    qtbot.addWidget(panel)
    settle(opened)
    panel.refresh()
    seen = []
    for changes in ({}, {"max_token_length": "150"}, {"caption_prefix": "castle, " * 40}):
        opened.run_settings.put(None, **changes)
        settle(opened)
        seen.append([row.text for row in panel.warnings.rows.items if row.key == "long"])
    assert seen == [["Caption longer than 75 tokens"], [], ["Caption longer than 150 tokens"]]


@pytest.mark.parametrize("resizing", ["nearest", "auto"])
def test_the_picture_is_resized_as_the_next_run_does_it(panel, state, settle, resizing) -> None:
    state.session.run_settings.put(None, resize_interpolation=resizing)
    request, spec = request_of(state.session), spec_of(state.session)
    made = open_pictures(find_sources(request), spec, job()).training
    trained = next(one for one in made if one.sample.path.stem == "cactus")
    project = state.session.project
    seen = looked_at(named(state, "cactus"), project, spec, 4096, request)
    assert np.array_equal(seen.rgb, trained.baked().rgb)
    plain = looked_at(named(state, "cactus"), project, spec, 4096)
    assert np.array_equal(seen.rgb, plain.rgb) == (resizing == "auto")


def regular(folder) -> str:
    place = folder / "2_thing"
    place.mkdir(parents=True)
    for number in range(3):
        Image.new("RGB", (96, 96 + number), "gray").save(place / f"{number}.png")
        (place / f"{number}.txt").write_text(f"thing, x, y, {number}", encoding="utf-8")
    return str(folder)


@pytest.mark.parametrize("apart", ["a share", "a folder"])
def test_what_settings_set_apart_is_counted_as_before_a_start(
    panel, state, settle, tmp_path, apart
):
    train = TrainState(state.session)
    settle(state.session)
    before = panel.outlook
    if apart == "a share":
        train.change(validation_split=0.4)
    else:
        train.change(reg_data_dir=regular(tmp_path / "reg"))
    settle(state.session)
    assert panel.outlook == train.plan.outlook != before
    words = panel.summary.text()
    assert ("held out" in words) == (apart == "a share")
    assert panel.outlook.steps > before.steps or apart == "a share"


@pytest.mark.parametrize(("language", "words"), [("en", "does not exist"), ("zh_CN", "不存在")])
def test_a_regularization_folder_that_is_gone_is_named(
    panel, state, settle, tmp_path, language, words
):
    before = panel.outlook
    state.session.run_settings.put(None, reg_data_dir=str(tmp_path / "gone"))
    settle(state.session)
    i18n.set_language(language)
    assert words in panel.summary.text()
    assert panel.outlook == before
    state.session.run_settings.put(None, reg_data_dir="")
    settle(state.session)
    assert panel.summary.text().startswith("6")
    i18n.set_language("en")


def test_shuffle_draws_the_captions_of_the_next_epoch(panel, state, settle) -> None:
    session = state.session
    cactus = named(state, "cactus")
    session.library.set_captions({cactus.id: "cactus, one, two, three, four, five"})
    session.pictures_changed.emit(None)
    settle(session)
    panel.adjust.click()
    check = panel.form.form.controls["shuffle_caption"]
    QTest.mouseClick(check, Qt.MouseButton.LeftButton, pos=check.rect().center())
    set_setting(panel, "keep_tokens", "1", settle)
    choose(panel, "cactus", settle)
    shown = set()
    for epoch in range(1, 5):
        assert panel.captions.title.text() == f"Captions of epoch {epoch}"
        line = panel.captions.lines[0].text()
        assert line.startswith("cactus, ")
        assert sorted(line.split(", ")) == sorted(["cactus", "one", "two", "three", "four", "five"])
        shown.add(line)
        QTest.mouseClick(panel.shuffle, Qt.MouseButton.LeftButton)
        settle(session)
    assert len(shown) > 1


def test_a_picture_without_a_caption_has_none_to_drop(panel, settle) -> None:
    choose(panel, "boar", settle)
    assert panel.captions.lines[0].text() == "No caption"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "It has no caption: the name of its category is used."),
        ("zh_CN", "此图片没有描述：使用其分类的名称。"),
    ],
)
def test_it_is_said_that_a_category_stands_in_for_a_caption(
    panel, state, settle, language, words
) -> None:
    i18n.set_language(language)
    choose(panel, "boar", settle)
    assert not panel.captions.note.isVisible()
    food = [named(state, "boar").id, named(state, "cactus").id]
    state.session.library.set_category(food, "Food")
    state.session.pictures_changed.emit(food)
    settle(state.session)
    choose(panel, "boar", settle)
    assert panel.captions.lines[0].text() == "Food"
    assert panel.captions.note.isVisible()
    assert panel.captions.note.text() == words
    choose(panel, "cactus", settle)  # it has a caption of its own
    assert not panel.captions.note.isVisible()


def test_buckets_and_warnings_narrow_the_grid(opened, settle, qtbot) -> None:
    view = View(opened)
    qtbot.addWidget(view)
    view.resize(1532, 934)
    view.show()
    settle(opened)
    outlook = view.inspector.outlook
    spot = QPoint(100, outlook.bars.row + 8)
    QTest.mouseClick(outlook.bars, Qt.MouseButton.LeftButton, pos=spot)
    settle(opened)
    assert [picture.name for picture in view.state.shown] == ["carrot"]
    place = [row.key for row in outlook.warnings.rows.items].index("enlarged")
    box = outlook.warnings.visualRect(outlook.warnings.rows.index(place))
    QTest.mouseClick(outlook.warnings.viewport(), Qt.MouseButton.LeftButton, pos=box.center())
    settle(opened)
    assert [picture.name for picture in view.state.shown] == ["crown"]
    view.thumbnails.close()


def test_a_dropped_caption_is_said_to_be_none(panel, settle) -> None:
    panel.adjust.click()
    set_setting(panel, "caption_dropout_rate", "1", settle)
    choose(panel, "cactus", settle)
    assert panel.captions.lines[0].text() == "no caption this time"


def test_settings_move_pictures_to_other_buckets_and_reach_the_next_run(panel, settle) -> None:
    session = panel.state.session
    train = TrainState(session)
    settle(session)
    panel.adjust.click()
    assert panel.form.isVisible()
    set_setting(panel, "resolution", "96", settle)
    assert dict(panel.outlook.buckets) == {(96, 96): 5, (128, 64): 1}
    assert train.values["resolution"] == "96"
    assert session.project.file.resolution == 96
    train.change(bucket_reso_steps=64, train_batch_size=1)
    settle(session)
    assert panel.form.form.controls["bucket_reso_steps"].value == 64
    assert panel.summary.text() == "6 train · 6 steps per epoch"


def test_settings_at_odds_say_so_and_keep_the_numbers(panel, settle) -> None:
    panel.adjust.click()
    before = panel.outlook
    set_setting(panel, "min_bucket_reso", "512", settle)
    assert panel.form.problem.isVisible()
    assert "min_bucket_reso" in panel.form.problem.text()
    assert panel.outlook == before


def test_steps_per_epoch_count_regularization_as_the_run_does(session, art, tmp_path, settle):
    other = tmp_path / "reg"
    other.mkdir()
    for name in "ab":
        Image.new("RGB", (96, 96), "gray").save(other / f"{name}.png")
        (other / f"{name}.txt").write_text(name, encoding="utf-8")
    session.open_folder(art)
    settle(session)
    folders = (
        *session.project.file.folders,
        SourceFolder(path=str(other), regularization=True),
    )
    session.library.set_folders(folders)
    session.library.scan(folders)
    pictures = session.library.pictures()
    sources = Sources(
        tuple(training_samples(session.project, library=session.library)),
        (),
        "",
        (),
        session.project,
    )
    run = open_pictures(sources, usual_spec(128), job()).training
    shelf = shelve([p.bucket for p in run], [p.repeats for p in run], 2)
    found = look_ahead(pictures, usual_spec(128), 2)
    assert (found.train, found.draws, found.steps) == (6, 6, shelf.batches)
    assert shelf.draws == 12


def test_a_mask_lies_over_the_picture_as_a_hatch(panel, state, settle) -> None:
    session = state.session
    picture = named(state, "cactus")
    mask = np.zeros((picture.height, picture.width), np.uint8)
    mask[:, : picture.width // 2] = 255
    key = MaskStore(session.project.masks).add(mask)
    recipe = picture.recipe.with_step(Mask(mask=key))
    session.library.set_recipe([picture.id], recipe)
    session.pictures_changed.emit(None)
    settle(session)
    choose(panel, "cactus", settle)
    assert panel.facts.values[3].text() == "learns 50 %"
    fresh = named(state, "cactus")
    plain = looked_at(
        type(fresh).of_row((*fresh.row[:16], "", *fresh.row[17:])),
        session.project,
        usual_spec(128),
        192,
    ).rgb
    seen = looked_at(fresh, session.project, usual_spec(128), 192).rgb
    assert np.array_equal(seen[:, 70:], plain[:, 70:])
    assert not np.array_equal(seen[:, :58], plain[:, :58])


def test_a_hatch_has_a_light_and_a_dark_line_every_nine_pixels() -> None:
    gray = np.full((18, 18, 3), 128, np.uint8)
    row = hatched(gray, np.full((18, 18), 255, np.uint8))[0, :, 0]
    assert (row > 128).nonzero()[0].tolist() == [0, 9]
    assert (row < 128).nonzero()[0].tolist() == [1, 10]
    assert np.array_equal(hatched(gray, np.zeros((18, 18), np.uint8)), gray)


@pytest.fixture
def view(opened, settle, qtbot):
    made = View(opened)
    qtbot.addWidget(made)
    made.resize(1532, 934)
    made.show()
    settle(opened)
    yield made
    made.thumbnails.close()


def write(view, settle, text):
    words = view.stage.bar.words
    words.setFocus()
    words.selectAll()
    QTest.keyClicks(words, text)
    settle(view.session)


def shown(view):
    return [picture.name for picture in view.state.shown]


def test_the_filter_finds_a_bucket_and_offers_those_that_are_used(view, settle) -> None:
    words = view.stage.bar.words
    write(view, settle, "bucket:")
    offered = [(item.text, item.count) for item in words.popup.items.found]
    assert offered == [("128x128", 5), ("160x96", 1)]
    QTest.keyClicks(words, "16")
    settle(view.session)
    QTest.keyClick(words, Qt.Key.Key_Tab)
    QTest.keyClick(words, Qt.Key.Key_Return)
    settle(view.session)
    assert words.text() == "bucket:160x96 "
    assert shown(view) == ["carrot"]


def test_a_crop_and_other_settings_move_pictures_to_other_buckets_of_the_filter(
    view, settle
) -> None:
    write(view, settle, "bucket:160x96")
    QTest.keyClick(view.stage.bar.words, Qt.Key.Key_Return)
    settle(view.session)
    assert shown(view) == ["carrot"]
    outlook = view.inspector.outlook
    outlook.adjust.click()
    set_setting(outlook, "resolution", "96", settle)
    assert shown(view) == []
    set_setting(outlook, "resolution", "128", settle)
    assert shown(view) == ["carrot"]
    carrot = named(view.state, "carrot")
    view.session.library.set_recipe([carrot.id], carrot.recipe.with_crop((0, 0, 96, 96)))
    view.session.pictures_changed.emit({carrot.id})
    settle(view.session)
    assert shown(view) == []


def bar_colors(panel, row):
    image = panel.bars.grab().toImage()
    y = row * panel.bars.row + panel.bars.row // 2
    return [image.pixelColor(x, y).name() for x in range(panel.bars.label, image.width())]


def test_bars_draw_the_shape_of_their_bucket_and_what_it_is_hard_on(panel) -> None:
    assert panel.outlook.hard == {(128, 128): 1}  # the crown, of 40 pixels
    colors = bar_colors(panel, 0)
    bar, warns = colors.count(color("line_control").name()), colors.count(color("warn").name())
    assert warns / (bar + warns) == pytest.approx(1 / 5, abs=0.03)
    assert color("warn").name() not in bar_colors(panel, 1)
    shapes = [shape_of(panel, row) for row in (0, 1)]
    assert shapes == [(13, 13), (13, 8)]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Amber: 1 of 5 is enlarged more than 1.5× or cut by more than 20 %"),
        ("zh_CN", "琥珀色：5 张中有 1 张放大超过 1.5 倍或裁去超过 20%"),
    ],
)
def test_a_bar_says_what_its_amber_part_is(panel, monkeypatch, language, words) -> None:
    i18n.set_language(language)
    shown = []
    monkeypatch.setattr(QToolTip, "showText", lambda _at, text, _widget: shown.append(text))
    for row in (0, 1):
        spot = QPoint(panel.bars.label + 4, row * panel.bars.row + 5)
        event = QHelpEvent(QEvent.Type.ToolTip, spot, panel.bars.mapToGlobal(spot))
        QApplication.sendEvent(panel.bars, event)
    assert shown[0].endswith(words)
    assert words in panel.bars.accessibleDescription()
    assert len(shown[1].splitlines()) == 1


def shape_of(panel, row):
    image, ink = panel.bars.grab().toImage(), color("t2").name()
    top, room = row * panel.bars.row, range(14)
    spots = [
        (x, y)
        for x in room
        for y in range(top, top + panel.bars.row)
        if image.pixelColor(x, y).name() == ink
    ]
    across, down = zip(*spots, strict=True)
    return max(across) - min(across) + 1, max(down) - min(down) + 1


def test_who_walks_on_has_nothing_baked_of_what_was_passed(panel, settle, monkeypatch) -> None:
    baked = []
    look = outlook_panel.looked_at
    monkeypatch.setattr(
        outlook_panel, "looked_at", lambda *args: (baked.append(args[0].name), look(*args))[1]
    )
    for name in ("bell_pepper", "blossom", "boar", "cactus"):
        panel.state.select([named(panel.state, name).id])
    settle(panel.state.session)
    assert baked == ["cactus"]


def test_a_library_that_changes_again_and_again_is_counted_one_at_a_time(
    panel, settle, monkeypatch
) -> None:
    at_once, most = [], []
    count = outlook_panel._counted

    def counted(*args):
        at_once.append(1)
        most.append(len(at_once))
        found = count(*args)
        at_once.pop()
        return found

    monkeypatch.setattr(outlook_panel, "_counted", counted)
    for _ in range(20):
        panel.state.reloaded.emit()
    settle(panel.state.session)
    assert max(most) == 1
    assert len(most) <= 2
