"""Encoded captions are those of these encoders and this reading, or they are encoded anew."""

from __future__ import annotations

import pytest
import torch

from engine.runtime.job import Job
from engine.training import conditioning
from engine.training.conditioning import CaptionEncoder, Reading
from engine.training.text_cache import TextCache, TextCondition, recipe_of
from tests.engine.small_models import small_model


@pytest.fixture(params=["sd1", "sdxl"])
def model(request):
    return small_model(request.param)


@pytest.fixture
def encoded(monkeypatch):
    """The captions that went through the text encoders."""
    calls, encode = [], conditioning.encode_captions

    def counting(model, captions, *args, **kwargs):
        calls.extend(captions)
        return encode(model, captions, *args, **kwargs)

    monkeypatch.setattr(conditioning, "encode_captions", counting)
    return calls


def reader(model, folder, reading=None):
    reading = reading or Reading()
    cache = TextCache(folder=folder, recipe=recipe_of(model, reading=reading))
    return CaptionEncoder(model, reading=reading, cache=cache)


def same(one, other):
    pooled = (one.pooled is None) == (other.pooled is None)
    if pooled and one.pooled is not None:
        pooled = torch.equal(one.pooled, other.pooled)
    return pooled and torch.equal(one.context, other.context)


def test_a_second_run_reads_what_the_first_has_encoded(model, tmp_path, encoded):
    first = reader(model, tmp_path)
    first.fill(["red", "blue", "red"], Job.detached())
    assert encoded == ["red", "blue"]
    found = first(["blue", "red"])
    again = reader(model, tmp_path)(["blue", "red"])
    assert encoded == ["red", "blue"]
    assert same(again, found)
    assert same(again, CaptionEncoder(model)(["blue", "red"]))


def _weights(model):
    with torch.no_grad():
        next(model.text_encoders[-1].parameters()).add_(0.1)


def _dtype(model):
    model.text_encoders[0].to(torch.bfloat16)


def _padding(model):
    model.tokenizers = [_Otherwise(tokenizer) for tokenizer in model.tokenizers]


class _Otherwise:
    """A tokenizer that pads with another token."""

    def __init__(self, tokenizer):
        self._tokenizer = tokenizer
        self.pad_token_id = 5

    def __getattr__(self, name):
        return getattr(self._tokenizer, name)

    def __call__(self, *args, **kwargs):
        return self._tokenizer(*args, **kwargs)


@pytest.mark.parametrize("change", [_weights, _dtype, _padding])
def test_another_model_reads_anew(model, tmp_path, encoded, change):
    reader(model, tmp_path)(["red"])
    change(model)
    reader(model, tmp_path)(["red"])
    assert encoded == ["red", "red"]


@pytest.mark.parametrize(
    "reading", [Reading(clip_skip=2), Reading(length=150), Reading(weighted=True)]
)
def test_another_way_of_reading_reads_anew(model, tmp_path, encoded, reading):
    reader(model, tmp_path)(["red"])
    found = reader(model, tmp_path, reading)(["red"])
    assert encoded == ["red", "red"]
    assert same(found, CaptionEncoder(model, reading=reading)(["red"]))


@pytest.mark.parametrize("damage", [b"", b"nothing at all", "half"])
def test_a_damaged_file_is_encoded_again(model, tmp_path, encoded, damage):
    found = reader(model, tmp_path)(["red"])
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-9] if damage == "half" else damage)
    assert same(reader(model, tmp_path)(["red"]), found)
    assert encoded == ["red", "red"]
    assert same(reader(model, tmp_path)(["red"]), found)
    assert encoded == ["red", "red"]


def test_the_least_recently_used_leave_when_memory_is_full():
    made = []
    one = torch.zeros(1, 2, 4)
    cache = TextCache(room=2 * one.nbytes)

    def get(caption):
        def encode():
            made.append(caption)
            return TextCondition(one + len(made), None)

        return cache.get(caption, encode)

    for caption in ("a", "b", "a", "c", "a", "b"):
        get(caption)
    assert made == ["a", "b", "c", "b"]


def test_an_adapter_changes_what_the_model_is_only_while_it_acts(model):
    from engine.models import adapter_training, adapters
    from engine.models.adapter_plan import AdapterSpec

    before = recipe_of(model)
    generator = torch.Generator().manual_seed(0)
    adapter_training.create(model, "other", AdapterSpec(rank=2), generator)
    with adapters.active(model, {}):
        assert recipe_of(model) == before
    with adapters.active(model, {"other": (1.0, 1.0)}):
        assert recipe_of(model) != before
