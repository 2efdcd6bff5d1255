from __future__ import annotations

import json

import pytest

from engine.dataset import token_counts
from engine.dataset.columns import TokenCounts
from engine.dataset.token_counts import CLIP, TokenCounter, limit_for, tokenizer_folder
from engine.runtime.errors import ModelFileError

COUNTER = TokenCounter()


def test_tokens_are_those_of_clip():
    captions = ["", "a photo of a cat", "masterpiece, 1girl, ultramarine", ", " * 100]
    assert COUNTER.counts(captions) == [0, 5, 7, 100]


def test_the_longest_line_counts():
    assert COUNTER.count("a cat\na photo of a cat\n") == 5


def test_counts_agree_with_the_tokenizer_of_the_text_encoders():
    from transformers import CLIPTokenizer

    theirs = CLIPTokenizer.from_pretrained(CLIP, local_files_only=True)
    for caption in ("Red Fox's tail, (weighted:1.2)", "女孩, 🦊 fox", "a_b  c\t,d"):
        assert COUNTER.count(caption) == len(theirs(caption, add_special_tokens=False).input_ids)


def test_limits_are_whole_windows():
    assert [limit_for(n) for n in (0, 75, 76, 150, 225)] == [75, 75, 150, 150, 225]
    assert limit_for(226) is None


def test_the_cut_is_where_the_window_ends():
    line = "cat " * 80
    assert line[: COUNTER.cut(line)] == "cat " * 75
    assert COUNTER.cut("cat", 75) == 3
    assert COUNTER.count(line[: COUNTER.cut(line, 10)]) == 10


def test_columns_count_each_caption_once():
    asked = []

    def count(texts):
        asked.extend(texts)
        return COUNTER.counts(texts)

    tokens = TokenCounts(count)
    assert tokens.of(["a cat", "a cat", "a"]) == [2, 2, 1]
    assert tokens.of(["a cat"]) == [2]
    assert sorted(asked) == ["a", "a cat"]


def model_folder(tmp_path, size):
    (tmp_path / "text_encoder").mkdir()
    (tmp_path / "text_encoder" / "config.json").write_text(json.dumps({"vocab_size": size}))
    return tmp_path


def test_every_clip_model_is_counted_with_the_tokenizer_that_ships(tmp_path):
    assert tokenizer_folder("starter") == CLIP
    assert tokenizer_folder(str(tmp_path / "model.safetensors")) == CLIP
    assert tokenizer_folder(str(model_folder(tmp_path, 49408))) == CLIP


def test_a_model_with_a_vocabulary_of_its_own_is_counted_with_it(tmp_path):
    folder = tokenizer_folder(str(model_folder(tmp_path, 1000)))
    assert folder == tmp_path / "tokenizer"
    folder.mkdir()
    vocabulary = ["c", "a", "t</w>", "ca", "cat</w>", "<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({word: n for n, word in enumerate(vocabulary)}))
    (folder / "merges.txt").write_text("#version: 0.2\nc a\n")
    assert TokenCounter(folder).count("CAT cat") == 4


def test_a_tokenizer_that_cannot_be_read_is_told(tmp_path):
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(ModelFileError):
        TokenCounter(tmp_path).count("a")
    with pytest.raises(ModelFileError):
        TokenCounter(tmp_path / "gone").count("a")


def test_many_captions_are_never_all_in_memory_as_tokens(monkeypatch):
    sizes = []
    tokenizer = token_counts._tokenizer(CLIP)

    class Counted:
        def encode_batch_fast(self, lines, **options):
            sizes.append(len(lines))
            return tokenizer.encode_batch_fast(lines, **options)

    monkeypatch.setattr(token_counts, "_tokenizer", lambda _: Counted())
    captions = [" ".join(["cat"] * (1 + n % 7)) for n in range(600)]
    assert TokenCounter().counts(captions) == [1 + n % 7 for n in range(600)]
    assert sum(sizes) == 600
    assert max(sizes) <= 256
