"""The chapter about models: its pictures are there, its commands work, its words are shown."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from app.models.tools import TOOLS
from engine.commands import cli
from tests.app.i18n.collector import tables

GUIDE = Path(__file__).parents[2] / "docs" / "guide"


@pytest.fixture(params=["en", "zh_CN"])
def chapter(request):
    return GUIDE / request.param / "models.md"


def test_every_command_is_understood_and_every_picture_is_there(chapter):
    text = chapter.read_text("utf-8")
    (block,) = re.findall(r"```\n(.*?)```", text, flags=re.DOTALL)
    parser = cli.build_parser()
    tools = [parser.parse_args(shlex.split(line)[1:]).tool for line in block.splitlines()]
    assert tools == ["info", "merge", "resize", "verify", "edit"]
    pictures = re.findall(r"!\[[^]]*\]\(([^)]+)\)", text)
    assert pictures
    assert all((chapter.parent / picture).is_file() for picture in pictures)


def test_every_tool_is_named_as_its_button_is(chapter):
    chinese = {key: word for table in tables().values() for key, word in table.items()}
    text = chapter.read_text("utf-8")
    for tool in TOOLS:
        name = tool.name if chapter.parent.name == "en" else chinese[tool.name]
        assert f"**{name}**" in text, name
