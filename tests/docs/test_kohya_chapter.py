"""The chapter for kohya users names settings, commands and entries that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.commands import cli
from engine.training.config import TrainRequest
from engine.training.kohya.defaults import FORM
from engine.training.sources_files import HELD
from tests.app.i18n.collector import tables

GUIDE = Path(__file__).parents[2] / "docs" / "guide"


@pytest.fixture(params=["en", "zh_CN"])
def chapter(request):
    return (GUIDE / request.param / "kohya.md").read_text("utf-8")


def code_of(chapter):
    text = re.sub(r"```.*?```", "", chapter, flags=re.DOTALL)
    return set(re.findall(r"`([^`\n]+)`", text))


def test_settings_it_names_exist(chapter) -> None:
    named = {code for code in code_of(chapter) if re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", code)}
    known = TrainRequest.model_fields.keys() | FORM.keys() | {HELD}
    assert len(named) > 7
    assert named - known == set()


def test_both_languages_name_the_same_things() -> None:
    english, chinese = (
        code_of((GUIDE / language / "kohya.md").read_text("utf-8")) for language in ("en", "zh_CN")
    )
    assert english - {"<repeats>_<words>"} == chinese - {"<重复次数>_<词>"}


def test_its_commands_are_understood(chapter) -> None:
    lines = re.findall(r"^python main\.py (.+)$", chapter, flags=re.MULTILINE)
    assert len(lines) == 5
    for line in lines:
        cli.build_parser().parse_args(line.split())


def test_entries_it_prints_bold_are_those_of_the_window() -> None:
    words = [pair for table in tables().values() for pair in table.items()]
    known_in = {"en": {english for english, _ in words}, "zh_CN": {chinese for _, chinese in words}}
    for language, known in known_in.items():
        chapter = (GUIDE / language / "kohya.md").read_text("utf-8")
        bold = set(re.findall(r"\*\*([^*\n]+)\*\*", chapter))
        assert bold - known == set(), language
