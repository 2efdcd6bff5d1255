"""The chapter about a first style: its pictures are there, its words are those of the window."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from PIL import Image

from engine.commands import cli
from engine.validation.request import GridRequest
from engine.validation.resolve import check_texts
from tests.app.i18n.collector import tables

GUIDE = Path(__file__).parents[2] / "docs" / "guide"
LANGUAGES = ("en", "zh_CN")


def text_of(language):
    return (GUIDE / language / "style.md").read_text("utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_it_prints_bold_stands_in_the_window(language) -> None:
    words = [pair for table in tables().values() for pair in table.items()]
    known = {re.sub(r"\{\w+\}", "…", pair[language != "en"]).casefold() for pair in words}
    bold = re.findall(r"\*\*([^*]+?)\*\*", text_of(language))
    said = {" ".join(words.split()).rstrip(".。").casefold() for words in bold}
    heads = {"some held out", "a base model", "留出几张"}  # of its own list
    assert len(said) > 40
    assert said - known - heads == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_its_pictures_are_there_and_large(language) -> None:
    pictures = re.findall(r"!\[[^]]+\]\(([^)]+)\)", text_of(language))
    assert len(pictures) == 4
    for picture in pictures:
        assert picture.endswith("-zh.png") == (language != "en")
        with Image.open(GUIDE / language / picture) as opened:
            assert opened.size == (1600, 1000)


@pytest.mark.parametrize("name", ["style.md", "kohya.md"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_and_pictures_it_points_at_exist(language, name) -> None:
    page = GUIDE / language / name
    targets = re.findall(r"\]\(([^)]+)\)", page.read_text("utf-8"))
    assert targets
    for target in targets:
        assert (page.parent / target).is_file(), target


@pytest.mark.parametrize("language", LANGUAGES)
def test_its_commands_are_understood(language) -> None:
    lines = re.findall(r"main\.py (.+)$", text_of(language), flags=re.MULTILINE)
    assert len(lines) == 6
    asked = [cli.build_parser().parse_args(line.split()) for line in lines]
    assert [args.job for args in asked[:3]] == [Path("config.toml")] * 3
    assert [args.verb for args in asked[3:]] == ["evaluate", "grid", "grid"]
    (table,) = re.findall(r"```toml\n(.*?)```", text_of(language), flags=re.DOTALL)
    request = GridRequest.model_validate({"folder": "grid", **tomllib.loads(table)})
    assert request.count == 2 * 2 * 5 * 3 * 2
    check_texts(request)


def test_both_languages_have_the_same_parts() -> None:
    shapes = [
        re.findall(r"^(?:#+ |\| |- |!)", text_of(language), flags=re.MULTILINE)
        for language in LANGUAGES
    ]
    assert shapes[0] == shapes[1]
