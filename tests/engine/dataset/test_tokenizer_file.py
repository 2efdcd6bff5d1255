from __future__ import annotations

import json

import pytest
from tokenizers import Tokenizer, models

from engine.dataset.token_counts import CLIP
from engine.dataset.tokenizer_file import read_tokenizer

FILE = CLIP / "tokenizer.json"


def parts(tokenizer):
    return json.loads(tokenizer.to_str())


def test_it_is_the_tokenizer_that_the_library_reads(monkeypatch):
    expected = parts(Tokenizer.from_file(str(FILE)))
    monkeypatch.setattr(Tokenizer, "from_file", None)  # nor does it fall back to that
    read = read_tokenizer(FILE)
    assert parts(read) == expected
    found = read.encode("A Boar, it's <|endoftext|> 42 é", add_special_tokens=False)
    assert (
        found.ids
        == Tokenizer.from_str(json.dumps(expected))
        .encode("A Boar, it's <|endoftext|> 42 é", add_special_tokens=False)
        .ids
    )


def test_signs_that_are_written_with_a_backslash_are_read(tmp_path):
    tokens = ['"', "\\", "]", "]\\", '"]', "\u00e9", "}", '"]\u00e9']
    vocabulary = {token: place for place, token in enumerate(tokens)}
    made = Tokenizer(models.BPE(vocabulary, [("]", "\\"), ('"', "]"), ('"]', "\u00e9")]))
    for indent in (None, 2):
        path = tmp_path / "tokenizer.json"
        path.write_text(json.dumps(parts(made), indent=indent), "utf-8")
        assert parts(read_tokenizer(path)) == parts(made)
        assert read_tokenizer(path).encode('"]\u00e9]\\').ids == [7, 3]


@pytest.mark.parametrize(
    "model",
    [
        models.WordLevel({"boar": 0, "?": 1}, unk_token="?"),
        models.BPE({"a": 0, "b": 1, "ab": 2}, [("a", "b")]),
    ],
    ids=["of another kind", "merges written as text"],
)
def test_a_file_that_is_laid_out_otherwise_is_read_by_the_library(tmp_path, model):
    record = parts(Tokenizer(model))
    if "merges" in record["model"]:
        record["model"]["merges"] = ["a b"]
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(record), "utf-8")
    assert parts(read_tokenizer(path)) == parts(Tokenizer(model))


def test_a_broken_file_raises_what_the_library_raises(tmp_path):
    path = tmp_path / "tokenizer.json"
    path.write_text(FILE.read_text("utf-8")[:100_000], "utf-8")
    with pytest.raises(Exception, match=r"EOF|expected|column"):
        read_tokenizer(path)
