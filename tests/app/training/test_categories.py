"""Which categories are trained is chosen among the few fields, with real clicks."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app import i18n
from app.dataset.outlook_panel import _counted
from app.dataset.outlook_settings import request_of, spec_of
from tests.app.training.conftest import click, written

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def sorted_out(opened, settle):
    """Two of six pictures are quadrupeds, one is a bird, three are nowhere."""
    ids = [picture.id for picture in opened.library.pictures()]
    opened.library.set_category(ids[:2], "quadruped")
    opened.library.set_category(ids[2:3], "bird")
    settle(opened)
    return ids


@pytest.fixture
def choice(sorted_out, column):
    return column.simple.pictures.choice


@pytest.fixture(params=["en", "zh_CN"])
def tongue(request, column):
    i18n.set_language(request.param)
    return request.param


def tick(choice, *names):
    """Open the list, tick, and shut it with Esc."""
    QTest.mouseClick(choice, LEFT)
    popup = choice.popup
    assert popup.isVisible()
    for name in names:
        click(popup.boxes[name] if name != "all" else popup.everything)
    ticked = [name for name, box in popup.boxes.items() if box.isChecked()]
    everything = popup.everything.isChecked()
    QTest.keyClick(popup, Qt.Key.Key_Escape)
    assert not popup.isVisible()
    return ticked, everything


def test_only_what_is_ticked_is_trained(choice, column, sorted_out, tongue, settle):
    state = column.state
    assert choice.currentText() == {"en": "6 pictures, 2 categories",
                                    "zh_CN": "6 张图片，2 个分类"}[tongue]  # fmt: skip
    assert tick(choice, "quadruped") == (["quadruped"], False)
    assert state.request().categories == ("quadruped",)
    assert state.plan.outlook.train == 2
    members = {key for ids in state.plan.outlook.members.values() for key in ids}
    assert members == set(sorted_out[:2])
    assert choice.currentText() == {"en": "2 pictures of quadruped",
                                    "zh_CN": "2 张图片（quadruped）"}[tongue]  # fmt: skip
    assert tick(choice, "bird") == (["quadruped", "bird"], False)
    assert choice.currentText() == {"en": "3 pictures, 2 of 2 categories",
                                    "zh_CN": "3 张图片，2 个分类中的 2 个"}[tongue]  # fmt: skip
    assert tick(choice, "all") == ([], True)
    assert (state.request().categories, state.plan.outlook.train) == ((), 6)


def test_without_a_tick_all_are_chosen_again(choice, column):
    tick(choice, "bird")
    assert tick(choice, "bird") == ([], True)
    assert column.state.request().categories == ()


def test_what_is_in_no_category_can_be_chosen_and_prompts_follow(choice, column):
    captions = {p.caption for p in column.state.pictures if p.category == "bird"}
    tick(choice, "bird")
    assert set(column.state.values["sample_prompts"]) <= captions
    tick(choice, "bird", "")
    assert column.state.request().categories == ("",)
    assert choice.currentText() == "3 pictures of No category"


def test_advanced_and_dataset_know_what_was_chosen(choice, column, sorted_out, settle):
    tick(choice, "quadruped")
    column.reveal("categories")
    settle(column.state.session)
    row = column.advanced.row("categories")
    assert row.control.value == ("quadruped",)
    assert row.is_changed
    request = request_of(column.state.session)
    spec = spec_of(column.state.session)
    assert _counted(column.state.pictures, request, spec, lambda: None).train == 2
    click(row.reset)
    assert column.state.request().categories == choice.names == ()


def test_categories_that_are_gone_are_told_and_can_be_left(choice, column, settle):
    tick(choice, "bird")
    library = column.state.session.library
    bird = next(p.id for p in library.pictures() if p.category == "bird")
    library.set_category([bird], "quadruped")
    column.state.session.start(column.state.load_pictures())
    settle(column.state.session)
    assert not column.state.can_start
    assert written(column.before.facts[0]).startswith("No picture is in the chosen categories.")
    assert tick(choice, "bird") == ([], True)
    assert column.state.can_start
