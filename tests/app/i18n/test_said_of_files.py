from __future__ import annotations

import pytest

from app import i18n
from app.i18n import tr_error
from engine.runtime.errors import BadInputError, StorageError
from engine.runtime.files import require_target
from engine.runtime.parsing import load_table
from tests.engine.runtime.test_parsing import WRONG


@pytest.fixture
def chinese():
    """The window's language, as it is set back afterwards."""
    i18n.set_language("zh_CN")
    yield
    i18n.set_language("en")


@pytest.mark.parametrize(("name", "data", "_", "words"), WRONG)
def test_in_the_window_no_word_of_it_is_a_parsers(tmp_path, chinese, name, data, _, words):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(BadInputError) as refused:
        load_table(tmp_path / name)
    text = tr_error(refused.value)
    assert words in text
    plain = text.replace(name, "").replace("TOML", "").replace("JSON", "").replace("UTF-8", "")
    assert not any(char.isascii() and char.isalpha() for char in plain)


def test_what_the_system_says_is_translated_too(tmp_path, chinese):
    long = tmp_path / ("x" * 300)
    with pytest.raises(StorageError) as refused:
        require_target(long)
    words = f"无法写入 {'x' * 40}…：名称过长。请换一个较短的名称。"
    assert tr_error(refused.value) == words
