"""Recognising files from their headers, and what is said of files that are not right."""

from __future__ import annotations

import json
import os
import pickle
import re
import shutil
import struct

import pytest
import torch
from safetensors.torch import save_file

from engine.models.family import STARTER_FOLDER
from engine.models.inspect import inspect
from engine.runtime.errors import MissingFileError, ModelFileError
from tests.engine.models.original_layout import FULL, NARROW, random_state, shapes

UNET_IN = "model.diffusion_model.input_blocks.0.0.weight"


def _header_only(path, tensors, metadata=None, dtype="F16"):
    """A safetensors file whose data section is a hole: full size, no disk space."""
    table, position = {"__metadata__": metadata or {}}, 0
    for key, shape in tensors.items():
        size = 2 * torch.Size(shape).numel()
        table[key] = {"dtype": dtype, "shape": shape, "data_offsets": [position, position + size]}
        position += size
    text = json.dumps(table).encode()
    with open(path, "wb") as stream:
        stream.write(struct.pack("<Q", len(text)) + text)
        stream.truncate(8 + len(text) + position)
    return path


def test_full_size_checkpoints_are_recognized_from_their_header(family, tmp_path):
    info = inspect(_header_only(tmp_path / "m.safetensors", shapes(FULL[family])))
    assert (info.kind, info.layout, info.family) == ("base", "single-file", family)
    assert info.context_width == {"sd1": 768, "sd2": 1024, "sdxl": 2048}[family]
    assert info.prediction_type == "epsilon"


def test_prediction_type_is_read_from_metadata_and_markers(tmp_path):
    tensors = shapes(NARROW["sdxl"])
    marked = _header_only(tmp_path / "a.safetensors", tensors | {"v_pred": (0,)})
    assert inspect(marked).prediction_type == "v_prediction"
    for said, kind in (("v", "v_prediction"), ("epsilon", "epsilon")):
        path = _header_only(
            tmp_path / "b.safetensors", tensors, {"modelspec.prediction_type": said}
        )
        assert inspect(path).prediction_type == kind


@pytest.mark.parametrize(("spread", "kind"), [(0.3, "v_prediction"), (0.02, "epsilon")])
def test_sd2_predicts_what_the_spread_of_one_bias_says(tmp_path, spread, kind):
    state = random_state(NARROW["sd2"])
    key = "model.diffusion_model.output_blocks.11.1.transformer_blocks.0.norm1.bias"
    state[key] = torch.linspace(-1, 1, len(state[key])) * spread
    for dtype in (torch.float32, torch.bfloat16, torch.float16):
        save_file({k: v.to(dtype) for k, v in state.items()}, tmp_path / "m.safetensors")
        assert inspect(tmp_path / "m.safetensors").prediction_type == kind


def test_a_pickle_is_recognized_without_being_opened(family, tmp_path):
    path = tmp_path / "m.ckpt"
    names = {key: torch.zeros(1) for key in shapes(FULL[family])}
    torch.save({"state_dict": names}, path)
    info = inspect(path)
    assert (info.kind, info.family) == ("base", family)


def test_the_starter_says_what_it_is():
    info = inspect("starter")
    assert (info.layout, info.family, info.prediction_type) == ("starter", "sd1", "v_prediction")
    assert (info.ref, info.name, info.context_width) == ("starter", "starter", 128)
    assert info.bytes > 40_000_000


def test_folders_are_told_apart_by_their_unets_config(tmp_path):
    for family, changes in (
        ("sd1", {"cross_attention_dim": 768}),
        ("sd2", {"use_linear_projection": True, "cross_attention_dim": 1024}),
        ("sdxl", {"addition_embed_type": "text_time", "use_linear_projection": True}),
    ):
        folder = tmp_path / family
        for name in ("model_index.json", "unet/config.json", "scheduler/scheduler_config.json"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(STARTER_FOLDER / name, folder / name)
        config = json.loads((folder / "unet/config.json").read_text()) | changes
        (folder / "unet/config.json").write_text(json.dumps(config))
        info = inspect(folder)
        assert (info.family, info.layout, info.name) == (family, "diffusers", family)


def test_a_lora_tells_rank_alpha_trigger_word_and_what_it_fits(tmp_path):
    name = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k"
    state = {
        f"{name}.lora_down.weight": torch.zeros(8, 128),
        f"{name}.lora_up.weight": torch.zeros(64, 8),
        f"{name}.alpha": torch.tensor(4.0, dtype=torch.bfloat16),
    }
    metadata = {"ss_base_model_version": "sd_v1_v", "modelspec.trigger_phrase": "kiln"}
    save_file(state, tmp_path / "mine.safetensors", metadata)
    info = inspect(tmp_path / "mine.safetensors")
    assert (info.kind, info.family, info.rank, info.alpha) == ("lora", "sd1", 8, 4.0)
    assert (info.name, info.trigger_word, info.label) == ("mine", "kiln", "SD 1.x")
    assert info.fits(inspect("starter"))
    full = inspect(_header_only(tmp_path / "sd1.safetensors", shapes(FULL["sd1"])))
    assert not info.fits(full)


def test_what_is_the_starters_is_known_by_its_width_or_by_what_it_says(tmp_path):
    key = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn{}_to_k.lora_{}.weight"

    def lora(name, attention, width, said="any"):
        halves = {key.format(attention, "down"): (4, width), key.format(attention, "up"): (64, 4)}
        _header_only(tmp_path / name, halves, {"ss_sd_model_name": said})
        return inspect(tmp_path / name)

    assert inspect("starter").of_starter
    assert lora("a.safetensors", 2, 128).of_starter
    assert not lora("b.safetensors", 2, 768, "starter").of_starter
    assert lora("c.safetensors", 1, 64, "starter").of_starter
    assert not lora("d.safetensors", 1, 64).of_starter


def _safetensors(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


ONE = {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}
BROKEN = {
    "empty": (b"", "is empty"),
    "three bytes": (b"abc", "header length is impossible"),
    "a header longer than any": (struct.pack("<Q", 2**62) + b"{}", "header length is impossible"),
    "a header longer than the file": (struct.pack("<Q", 500) + b"{}", "ends early"),
    "no JSON": (_safetensors(b"not json"), "header cannot be read"),
    "JSON of another kind": (_safetensors(b"[1,2]"), "header cannot be read"),
    "half an entry": (_safetensors({"a": {"dtype": "F32"}}), "header cannot be read"),
    "negative sizes": (
        _safetensors({"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 8]}}, bytes(8)),
        "header cannot be read",
    ),
    "data cut off": (_safetensors(ONE, bytes(4)), "ends early"),
    "data left over": (_safetensors(ONE, bytes(12)), "more data"),
    "a shape that lies": (
        _safetensors({"a": {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]}}, bytes(8)),
        "does not describe its data",
    ),
    "overlapping tensors": (
        _safetensors(
            ONE | {"b": {"dtype": "F32", "shape": [2], "data_offsets": [4, 12]}}, bytes(12)
        ),
        "does not describe its data",
    ),
    "deep nesting": (_safetensors(b"[" * 200_000), "header cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_safetensors_file_gets_one_sentence(tmp_path, case):
    data, sentence = BROKEN[case]
    path = tmp_path / "bad.safetensors"
    path.write_bytes(data)
    with pytest.raises(ModelFileError, match=sentence) as caught:
        inspect(path)
    assert "bad.safetensors" in str(caught.value)
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("there", "told"),
    [(1_000_000, "1.4 MB and has 1.0 MB"), (1_429_720, "1.429724 MB and has 1.429720 MB")],
)
def test_what_a_cut_off_file_lacks_is_told_in_megabytes(tmp_path, there, told):
    table = {"x": {"dtype": "U8", "shape": [1_429_000], "data_offsets": [0, 1_429_000]}}
    header = json.dumps(table).encode().ljust(1_429_724 - 1_429_000 - 8)
    (tmp_path / "cut.safetensors").write_bytes(_safetensors(header, bytes(1_429_000))[:there])
    with pytest.raises(ModelFileError, match=re.escape(f"should have {told}.")):
        inspect(tmp_path / "cut.safetensors")


@pytest.mark.parametrize("data", [b"", b"hello", b"PK\x03\x04 no archive", bytes(100)])
def test_a_broken_pickle_gets_one_sentence(tmp_path, data):
    path = tmp_path / "bad.ckpt"
    path.write_bytes(data)
    with pytest.raises(ModelFileError, match=r"bad\.ckpt"):
        inspect(path)


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        (["model.diffusion_model.x_embedder.proj.weight"], "SD3"),
        (["double_blocks.0.img_attn.norm.key_norm.scale"], "Flux"),
        (["conditioner.embedders.0.model.ln_final.weight", UNET_IN], "the SDXL refiner"),
        (["lora_unet_x.oft_blocks"], "OFT"),
        (["some.other.weight"], "not a model of a known family"),
        ([], "not a model of a known family"),
    ],
)
def test_other_models_are_named_or_called_unknown(tmp_path, keys, sentence):
    path = _header_only(tmp_path / "m.safetensors", dict.fromkeys(keys, (2,)))
    with pytest.raises(ModelFileError, match=sentence):
        inspect(path)


def test_folders_that_are_no_models_and_missing_files(tmp_path):
    with pytest.raises(ModelFileError, match="holds no model"):
        inspect(tmp_path)
    with pytest.raises(MissingFileError):
        inspect(tmp_path / "none.safetensors")
    (tmp_path / "model_index.json").write_text("{}")
    with pytest.raises(MissingFileError, match="config"):
        inspect(tmp_path)
    (tmp_path / "unet").mkdir()
    (tmp_path / "unet" / "config.json").write_text("{ broken")
    with pytest.raises(ModelFileError, match="cannot be read"):
        inspect(tmp_path)
    (tmp_path / "unet" / "config.json").write_text('{"_class_name": "FluxTransformer2DModel"}')
    with pytest.raises(ModelFileError, match="known family"):
        inspect(tmp_path)


def test_a_truncated_part_of_a_folder_is_found(tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(STARTER_FOLDER, folder)
    weights = folder / "vae" / "diffusion_pytorch_model.safetensors"
    weights.chmod(0o644)
    weights.write_bytes(weights.read_bytes()[:-10])
    with pytest.raises(ModelFileError, match="ends early"):
        inspect(folder)


class _Runs:
    def __reduce__(self):  # type: ignore[no-untyped-def]
        return os.system, ("echo",)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("cut", [0, 1])
def test_a_plain_pickle_that_would_run_code_is_refused_for_that(tmp_path, protocol, cut):
    """Neither a zip nor torch's older layout, and perhaps broken off."""
    path = tmp_path / "evil.ckpt"
    data = pickle.dumps({"a": _Runs()}, protocol)
    path.write_bytes(data[: len(data) - cut])
    with pytest.raises(ModelFileError, match=r"refused: it asks to run (posix|nt)\.system"):
        inspect(path)
