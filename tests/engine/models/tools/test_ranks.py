from __future__ import annotations

import pytest
import torch
from safetensors.torch import load_file, save_file

from engine.models.adapter_file import read_adapter
from engine.models.hashes import data_sha256
from engine.models.headers import read_header
from engine.models.inspect import inspect
from engine.models.tools import convert, edit_metadata, merge, resize, verify
from engine.models.tools.requests import (
    ConvertRequest,
    EditRequest,
    MergeRequest,
    ResizeRequest,
    VerifyRequest,
)
from engine.models.tools.resize import rank_for
from engine.runtime.errors import BadInputError, ModelFileError
from tests.engine.models.tools.conftest import answers, differ, random_lora, use

pytestmark = pytest.mark.parametrize("family", ["sd1"], indirect=True)


def merged(loras, out, **values):
    request = MergeRequest(files=tuple(map(str, loras)), out=str(out), **values)
    return use(merge.run, request)


@pytest.mark.parametrize("method", ["concat", "svd"])
def test_a_merged_lora_acts_as_its_parts_together(narrow_model, loras, tmp_path, method):
    out = tmp_path / "merged.safetensors"
    merged(loras, out, ratios=(0.5, -2.0), method=method, rank=5, conv_rank=6)
    wanted = answers(narrow_model, dict(zip(loras, (0.5, -2.0), strict=True)))
    assert differ(answers(narrow_model, {out: 1.0}), wanted) < 1e-4


def test_concat_adds_the_ranks_up_and_svd_keeps_the_one_asked_for(loras, tmp_path):
    merged(loras, tmp_path / "a.safetensors")
    merged(loras, tmp_path / "b.safetensors", method="svd", rank=2, conv_rank=1)
    ranks = [{m.rank for m in read_adapter(tmp_path / f"{name}.safetensors").modules.values()}
             for name in "ab"]  # fmt: skip
    assert ranks == [{5, 6}, {2, 1}]
    assert read_header(tmp_path / "a.safetensors").metadata["ss_network_dim"] == "Dynamic"


def test_kohyas_way_uses_a_strength_twice(narrow_model, loras, tmp_path):
    out = tmp_path / "merged.safetensors"
    merged(loras[:1], out, ratios=(0.5,), method="kohya")
    assert differ(answers(narrow_model, {out: 1.0}), answers(narrow_model, {loras[0]: 0.25})) < 1e-4
    with pytest.raises(BadInputError, match="same rank"):
        merged(loras, tmp_path / "x.safetensors", method="kohya")


def test_the_hash_of_merged_weights_is_theirs(loras, tmp_path):
    out = tmp_path / "merged.safetensors"
    merged(loras, out, ratios=(1.0, 0.5))
    assert read_header(out).metadata["sshs_model_hash"] == data_sha256(out)


def test_the_same_rank_is_the_same_lora(narrow_model, loras, tmp_path):
    out = tmp_path / "same.safetensors"
    result = use(resize.run, ResizeRequest(file=str(loras[0]), rank=3, out=str(out)))
    assert result.notes["kept"] == pytest.approx(1, abs=1e-5)
    assert differ(answers(narrow_model, {out: 1.0}), answers(narrow_model, {loras[0]: 1.0})) < 1e-4


def test_a_smaller_rank_is_the_best_of_that_rank_at_the_same_strength(loras, tmp_path):
    out = tmp_path / "small.safetensors"
    use(resize.run, ResizeRequest(file=str(loras[0]), rank=2, conv_rank=1, out=str(out)))
    before, after = read_adapter(loras[0]).modules, read_adapter(out).modules
    for name, module in before.items():
        small = after[name]
        wide = module.tensors["lora_down.weight"].shape[2:] not in ((), (1, 1))
        rank = min(1 if wide else 2, module.rank)
        assert small.rank == rank
        assert small.scale == pytest.approx(module.scale)
        zero = torch.zeros(module.size)
        values = torch.linalg.svdvals(module.change(zero))
        lost = torch.linalg.norm(module.change(zero) - small.change(zero))
        assert lost == pytest.approx(float(values[rank:].norm()), rel=1e-3, abs=1e-5)


SINGULAR = torch.tensor([10.0, 5.0, 1.0, 0.5, 0.1])


@pytest.mark.parametrize(
    ("measure", "amount", "rank", "kohya"),
    [
        ("fixed", 1, 4, 4),
        ("sv_ratio", 4, 2, 3),
        ("sv_ratio", 15, 3, 4),
        ("sv_ratio", 1000, 4, 4),
        ("sv_cumulative", 0.6, 1, 2),
        ("sv_cumulative", 0.7, 2, 3),
        ("sv_cumulative", 0.95, 3, 4),
        ("sv_fro", 0.88, 1, 2),
        ("sv_fro", 0.99, 2, 3),
        ("sv_fro", 0.998, 3, 4),
    ],
)
def test_ranks_that_follow_the_layers(family, measure, amount, rank, kohya):
    assert rank_for(SINGULAR, measure, amount, 4) == rank
    assert rank_for(SINGULAR, measure, amount, 4, as_kohya=True) == kohya


def test_a_layer_of_nothing_keeps_one(family):
    assert rank_for(torch.zeros(4), "sv_fro", 0.9, 4) == 1


@pytest.mark.parametrize("naming", ["kohya", "diffusers", "comfyui"])
def test_other_names_say_the_same(narrow_model, loras, tmp_path, naming):
    out = tmp_path / "renamed.safetensors"
    use(convert.run, ConvertRequest(file=str(loras[0]), naming=naming, out=str(out)))
    before, after = read_adapter(loras[0]), read_adapter(out)
    assert after.unknown == ()
    assert after.modules.keys() == before.modules.keys()
    assert differ(answers(narrow_model, {out: 1.0}), answers(narrow_model, {loras[0]: 1.0})) < 1e-4
    starts = {"kohya": "lora_", "diffusers": ("unet.", "text_encoder."),
              "comfyui": ("diffusion_model.", "text_encoders.clip_l.")}[naming]  # fmt: skip
    assert all(key.startswith(starts) for key in load_file(out))


def test_edited_metadata_leave_the_weights_and_make_true_hashes(loras, tmp_path):
    out = tmp_path / "told.safetensors"
    request = EditRequest(file=str(loras[0]), put=(("modelspec.title", "Kiln"),),
                          drop=("ss_training_comment",), out=str(out))  # fmt: skip
    use(edit_metadata.run, request)
    said = read_header(out).metadata
    assert (said["modelspec.title"], said["ssmd_rating"]) == ("Kiln", "5")
    assert "ss_training_comment" not in said
    assert said["sshs_model_hash"] == data_sha256(out) == data_sha256(loras[0])
    before, after = load_file(loras[0]), load_file(out)
    assert all(torch.equal(before[key], after[key]) for key in before)


def test_a_file_is_changed_itself_only_when_that_is_asked_for(loras):
    told = (("modelspec.description", "good for props"),)
    request = EditRequest(file=str(loras[0]), put=told, out=str(loras[0]))
    with pytest.raises(BadInputError, match="over itself"):
        use(edit_metadata.run, request)
    weights = load_file(loras[0])
    result = use(edit_metadata.run, EditRequest(file=str(loras[0]), put=told, in_place=True))
    said = read_header(loras[0]).metadata
    assert result.path == str(loras[0])
    assert (said["modelspec.description"], said["ssmd_rating"]) == ("good for props", "5")
    after = load_file(loras[0])
    assert after.keys() == weights.keys()
    assert all(torch.equal(weights[key], after[key]) for key in weights)


def test_a_sound_file_is_good(loras, tmp_path):
    request = VerifyRequest(file=str(loras[0]), out=str(tmp_path / "rows.csv"))
    notes = use(verify.run, request).notes
    assert notes["good"]
    assert notes["hash"] == "right"
    lines = (tmp_path / "rows.csv").read_text().splitlines()
    assert lines[0].startswith("name,shape")
    assert len(lines) == len(load_file(loras[0])) + 1


def test_what_is_wrong_with_a_file_is_found(narrow_model, loras, tmp_path):
    tensors = load_file(loras[0])
    modules = sorted({key.partition(".")[0] for key in tensors})
    tensors[f"{modules[0]}.lora_up.weight"].zero_()
    tensors[f"{modules[1]}.lora_down.weight"].view(-1)[0] = float("nan")
    del tensors[f"{modules[2]}.lora_up.weight"]
    path = tmp_path / "wrong.safetensors"
    save_file({**tensors, "strange": torch.ones(2)}, path, {"sshs_model_hash": "0" * 64})
    notes = use(verify.run, VerifyRequest(file=str(path))).notes
    assert not notes["good"]
    assert notes["untrained"] == [modules[0]]
    assert notes["not_numbers"] == [f"{modules[1]}.lora_down.weight"]
    assert notes["incomplete"] == [modules[2]]
    assert (notes["unknown"], notes["hash"]) == (["strange"], "wrong")


def test_kinds_that_cannot_be_added_up_are_refused(family, tmp_path):
    name = "lora_unet_mid_block_attentions_0_proj_in"
    tensors = {f"{name}.hada_{end}": torch.ones(4, 4) for end in ("w1_a", "w1_b", "w2_a", "w2_b")}
    save_file(tensors, tmp_path / "loha.safetensors", {"ss_base_model_version": "sd_v1"})
    with pytest.raises(ModelFileError, match="LoHa, whose parts"):
        merged([tmp_path / "loha.safetensors"], tmp_path / "x.safetensors")


def test_strengths_without_a_file_are_refused(family):
    with pytest.raises(ValueError, match="more strengths than files"):
        MergeRequest(files=("a",), ratios=(1.0, 2.0), out="x")


def test_half_precision_is_written_when_asked_for(narrow_model, tmp_path):
    path = random_lora(narrow_model, tmp_path / "a.safetensors", 3)
    merged([path], tmp_path / "half.safetensors", precision="fp16")
    dtypes = {tensor.dtype for tensor in load_file(tmp_path / "half.safetensors").values()}
    assert dtypes == {torch.float16}


NAME = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q"


def small(path, width=8, **changes):
    """A LoRA of one layer, with some of its tensors changed."""
    tensors = {"lora_down.weight": torch.ones(2, width), "lora_up.weight": torch.ones(width, 2),
               "alpha": torch.tensor(2.0)} | changes  # fmt: skip
    save_file({f"{NAME}.{ending}": tensor for ending, tensor in tensors.items()}, path)
    return path


@pytest.mark.parametrize("method", ["concat", "svd", "kohya"])
def test_what_cannot_be_merged_is_told_in_a_sentence(tmp_path, method, family):
    sound, out = small(tmp_path / "a.safetensors"), tmp_path / "out.safetensors"
    wide = small(tmp_path / "b.safetensors", width=16)
    with pytest.raises(ModelFileError, match="layers of different sizes"):
        merged([sound, wide], out, method=method)
    broken = small(tmp_path / "c.safetensors",
                   **{"lora_up.weight": torch.full((8, 2), torch.nan)})  # fmt: skip
    with pytest.raises(ModelFileError, match=r"c\.safetensors holds weights that are no numbers"):
        merged([sound, broken], out, method=method)
    assert not out.exists()


def test_a_strength_that_is_no_number_is_refused(family):
    with pytest.raises(ValueError, match="Write a number"):
        MergeRequest(files=("a", "b"), ratios=(float("nan"), 1.0), out="c")


def test_an_alpha_without_a_number_is_the_rank(tmp_path, family):
    path = small(tmp_path / "a.safetensors", alpha=torch.ones(0))
    assert read_adapter(path).modules[NAME].alpha == 2.0


@pytest.mark.parametrize("dtype", [torch.float8_e4m3fn, torch.int8])
def test_an_alpha_in_a_format_without_numbers_of_ours_hides_no_file(tmp_path, dtype, family):
    path = small(tmp_path / "a.safetensors", alpha=torch.ones((), dtype=dtype))
    assert (inspect(path).kind, inspect(path).alpha) == ("lora", None)


def test_a_file_without_a_lora_is_not_called_good(tmp_path, family):
    path = tmp_path / "a.safetensors"
    save_file({"x": torch.ones(3)}, path)
    with pytest.raises(ModelFileError, match="holds no LoRA"):
        use(verify.run, VerifyRequest(file=str(path)))
