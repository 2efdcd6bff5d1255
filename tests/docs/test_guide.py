"""The chapters of the guide know every key, and every picture and page they point at is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

from engine.commands import cli
from engine.dataset.formats.kohya import CONFIG
from engine.dataset.formats.records import METADATA
from engine.dataset.query import parse
from engine.dataset.query_keys import KEYS, MARKS

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "guide"
CHAPTERS = [GUIDE / language / "dataset.md" for language in ("en", "zh_CN")]


@pytest.fixture(params=CHAPTERS, ids=["en", "zh_CN"])
def chapter(request):
    return request.param


@pytest.fixture
def named(chapter):
    """What is printed as code."""
    text = re.sub(r"```.*?```", "", chapter.read_text("utf-8"), flags=re.DOTALL)
    return {found.replace("\\|", "|") for found in re.findall(r"`([^`\n]+)`", text)}


def test_every_key_of_the_filter_is_explained_with_its_aliases_and_example(named) -> None:
    wanted = {part for key in KEYS for part in (f"{key.name}:", *key.aliases, key.example)}
    assert wanted - named == set()


def test_every_mark_of_the_filter_is_explained(named) -> None:
    marks = {mark.name if mark.alone else f"is:{mark.name}" for mark in MARKS}
    assert marks - named == set()
    assert {alias for mark in MARKS for alias in mark.aliases} - named == set()


def test_the_filters_of_the_chapter_are_understood(chapter) -> None:
    text = chapter.read_text("utf-8")
    blocks = re.findall(r"```\n(.*?)```", text, flags=re.DOTALL)
    filters = [line for block in blocks[:1] for line in block.splitlines()]
    filters += re.findall(r'--where[ =]"([^"]+)"', text)
    assert len(filters) == 6
    for line in filters:
        assert parse(line).text == line


def test_every_command_of_the_chapter_is_one(chapter) -> None:
    blocks = re.findall(r"```\n(.*?)```", chapter.read_text("utf-8"), flags=re.DOTALL)
    lines = [line for line in blocks[-1].splitlines() if line]
    assert len(lines) == 6
    for line in lines:
        words = re.findall(r'"[^"]*"|\S+', line)[2:]
        parsed = cli.build_parser().parse_args([word.strip('"') for word in words])
        assert parsed.folder == Path("FOLDER")


def test_files_of_exports_have_their_real_names(named) -> None:
    assert {CONFIG, METADATA} <= named


def test_pictures_and_pages_that_are_pointed_at_exist(chapter) -> None:
    for page in (chapter, GUIDE / "README.md", ROOT / "README.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
            path = page.parent / target
            assert path.is_file(), target
            if path.suffix == ".png":
                with Image.open(path) as picture:
                    assert picture.size in ((1600, 1000), (1280, 800))


def test_both_chapters_have_the_same_parts() -> None:
    parts = [re.findall(r"^#+", page.read_text("utf-8"), flags=re.MULTILINE) for page in CHAPTERS]
    pictures = [re.findall(r"screenshots/([a-z-]+?)(?:-zh)?\.png", page.read_text("utf-8"))
                for page in CHAPTERS]  # fmt: skip
    assert parts[0] == parts[1]
    assert pictures[0] == pictures[1]
