"""Names that no run can have are said at the field, before Start."""

from __future__ import annotations

import pytest
from PySide6.QtTest import QTest

from app import i18n
from app.training.draft import next_name
from engine.runtime.schema import validated
from engine.training.config import TrainRequest

DEVICE = {
    "en": "The name CON belongs to a device on Windows. Choose another one.",
    "zh_CN": "CON 在 Windows 上是设备的名称。请换一个名称。",
}
LONG = {
    "en": "It is too long for the names of files: 120 letters fit, or 66 Chinese characters.",
    "zh_CN": "作为文件名太长：最多 120 个字母，或 66 个汉字。",
}


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize(("name", "sentence"), [("CON", DEVICE), ("字" * 100, LONG)])
def test_a_name_that_fails_later_is_said_at_its_field(column, language, name, sentence):
    i18n.set_language(language)
    field = column.simple.name
    field.selectAll()
    QTest.keyClicks(field, name) if name.isascii() else field.insert(name)
    field.editingFinished.emit()
    assert column.simple.rows["name"]._error.text() == sentence[language]
    assert not column.state.can_start
    i18n.set_language("en")


@pytest.mark.parametrize("project", ["CON", "con.x", "字" * 100, "a\nb", "...", "a" * 300])
def test_a_name_that_is_suggested_can_be_used(project):
    name = next_name([], project)
    assert validated(TrainRequest, {"project": "p", "output_name": name}).output_name == name
    assert name.endswith("-v1")
