from __future__ import annotations

import pytest

from engine.runtime.errors import BadInputError, MissingFileError
from engine.runtime.parsing import load_kept, load_table, refuse_large

WRONG = [
    ("a.toml", b"a = 1\nb = [1,, 2]\n", "mistake in line 2, column 8", "第 2 行第 8 列有误"),
    ("a.toml", b"a = [1, 2", "there is a mistake at its end", "末尾有误"),
    ("a.json", b'{"a": 1,\n "b" 2}', "mistake in line 2, column 6", "第 2 行第 6 列有误"),
    ("a.json", b"", "mistake in line 1, column 1", "第 1 行第 1 列有误"),
    ("a.json", b'{"a": "\\ud800"}', "holds half a letter", "含有半个字符"),
    ("a.json", b'{"a": 1,\n"b": "\xff"}', "not text in UTF-8, as line 2 shows", "问题在第 2 行"),
    ("a.json", b"[" * 100_000, "nested too deep", "嵌套过深"),
    ("a.json", b"1" * 5000, "a.json is not valid JSON.", "a.json 不是有效的 JSON。"),
]


@pytest.mark.parametrize(("name", "data", "english", "_"), WRONG)
def test_a_table_that_is_wrong_is_told_by_its_line(tmp_path, name, data, english, _):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(BadInputError) as refused:
        load_table(tmp_path / name)
    assert english in str(refused.value)


def test_a_table_is_read_by_its_ending_or_as_it_is_said(tmp_path):
    (tmp_path / "a.toml").write_text("\ufeffa = 1", encoding="utf-8")
    (tmp_path / "a.json").write_text('{"a": 1}', encoding="utf-8")
    (tmp_path / "job").write_text("a = 1", encoding="utf-8")
    assert load_table(tmp_path / "a.toml") == load_table(tmp_path / "a.json") == {"a": 1}
    assert load_table(tmp_path / "job", "TOML") == {"a": 1}
    with pytest.raises(MissingFileError):
        load_table(tmp_path / "none.toml")


@pytest.mark.parametrize("name", ["big.toml", "big.json"])
def test_a_file_that_is_too_large_to_be_written_by_anybody_is_not_read(tmp_path, name):
    path = tmp_path / name
    with path.open("wb") as stream:
        stream.truncate(80 << 20)
    with pytest.raises(BadInputError) as caught:
        refuse_large(path)
    assert str(caught.value).startswith(f"{name} has 80.0 MB; files of settings or prompts have 2")
    with pytest.raises(BadInputError, match=r"has 80\.0 MB"):
        load_table(path)


def test_what_was_kept_is_read_and_nothing_where_nothing_was(tmp_path):
    path = tmp_path / "kept.json"
    assert load_kept(path) is None
    path.write_text('{"a": 1}')
    assert load_kept(path) == {"a": 1}
    with pytest.raises(BadInputError):
        load_kept(path, largest=4)
    path.write_text("{")
    with pytest.raises(BadInputError):
        load_kept(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(BadInputError):
        load_kept(path)
