"""The chapter about validation: its words are those of the window."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.validation.export_sheet import FORMATS
from tests.app.i18n.collector import tables

GUIDE = Path(__file__).parents[2] / "docs" / "guide"
NAMES = (
    "Export", "Cells", "Report", "Withdraw approval", "Verdict", "Limits", "Dismiss…",
    "Nearest training picture",
)  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_every_format_and_button_is_named_as_it_is_shown(language):
    chinese = {key: word for table in tables().values() for key, word in table.items()}
    text = (GUIDE / language / "validate.md").read_text("utf-8")

    def shown(key):
        return key if language == "en" else chinese[key]

    assert re.findall(r"^\| ([^|]+\((?:PNG|PDF|HTML|CSV|PSD)\)|[^|]+（\w+）) \|", text, re.M) == [
        shown(name) for _, name in FORMATS
    ]
    for name in NAMES:
        assert f"**{shown(name)}**" in text, name


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_every_link_leads_to_a_chapter(language):
    folder = GUIDE / language
    for link in re.findall(r"\]\(([\w./-]+\.md)", (folder / "validate.md").read_text("utf-8")):
        assert (folder / link).is_file()
