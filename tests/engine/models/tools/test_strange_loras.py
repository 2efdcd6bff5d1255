"""LoRAs with parts that are not understood, do not belong together, or are no numbers; and results
that no number format can hold.
"""

from __future__ import annotations

import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from engine.models.adapter_file import read_adapter
from engine.models.family import STARTER_FOLDER
from engine.models.tools import bake, convert, extract, merge, resize, verify
from engine.models.tools.requests import (
    BakeRequest,
    ConvertRequest,
    ExtractRequest,
    MergeRequest,
    ResizeRequest,
    VerifyRequest,
)
from engine.runtime.errors import BadInputError, ModelFileError, StylekilnError
from tests.engine.models.tools.conftest import use

NAME = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k"
OTHER = "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_k"
DOWN, UP = "lora_down.weight", "lora_up.weight"
LEFT_OUT = ["lora_te_text_projection", "lora_unet_conv_in", f"{NAME}.diff_b", OTHER]


@pytest.fixture
def make(tmp_path):
    """Writes a LoRA of one layer, with changes to its tensors."""

    def write(name="x.safetensors", dtype=torch.float32, alpha=2.0, **parts):
        generator = torch.Generator().manual_seed(0)
        tensors = {f"{NAME}.{DOWN}": torch.randn(4, 768, generator=generator),
                   f"{NAME}.{UP}": torch.randn(320, 4, generator=generator),
                   f"{NAME}.alpha": torch.tensor(alpha)}  # fmt: skip
        tensors |= {key.replace("__", "."): tensor for key, tensor in parts.items()}
        save_file({key: tensor.to(dtype) for key, tensor in tensors.items()}, tmp_path / name)
        return str(tmp_path / name)

    return write


@pytest.fixture
def more(make):
    """A LoRA with a layer, and with four parts that nothing here understands."""
    parts = {f"lora_te_text_projection__{DOWN}": torch.ones(2, 8),
             f"lora_te_text_projection__{UP}": torch.ones(8, 2),
             f"lora_unet_conv_in__{DOWN}": torch.ones(2, 4, 3, 3),
             f"lora_unet_conv_in__{UP}": torch.ones(8, 2, 1, 1),
             f"{NAME}__diff_b": torch.ones(320),
             f"{OTHER}__{DOWN}": torch.ones(2, 768)}  # fmt: skip
    return make("more.safetensors", **{k.replace(".", "__"): t for k, t in parts.items()})


def requests(file, out):
    """Each tool's use of a file."""
    return {
        "merge": (merge.run, MergeRequest(files=(file,), out=out)),
        "resize": (resize.run, ResizeRequest(file=file, rank=2, out=out)),
        "convert": (convert.run, ConvertRequest(file=file, out=out)),
        "bake": (bake.run, BakeRequest(model="starter", files=(file,), out=out)),
    }


@pytest.mark.parametrize("tool", ["merge", "resize", "convert"])
def test_parts_that_are_not_understood_are_told_by_their_names(tool, more, tmp_path):
    handler, request = requests(more, str(tmp_path / "out.safetensors"))[tool]
    notes = use(handler, request).notes
    assert sorted(notes["left_out"]) == sorted(LEFT_OUT)
    assert notes["modules"] == 1


def test_a_part_of_two_files_is_told_once_and_a_plain_file_has_none(more, make, tmp_path):
    request = MergeRequest(files=(more, more, make()), out=str(tmp_path / "out.safetensors"))
    assert sorted(use(merge.run, request).notes["left_out"]) == sorted(LEFT_OUT)
    _, request = requests(make(), str(tmp_path / "out.safetensors"))["resize"]
    assert use(resize.run, request).notes["left_out"] == []


def test_a_layer_under_two_names_is_read_once_and_the_other_is_told(make):
    peft = "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k"
    parts = {f"{peft}__lora_A__weight": torch.ones(4, 768),
             f"{peft}__lora_B__weight": torch.ones(320, 4)}  # fmt: skip
    file = read_adapter(make(**parts))
    assert len(file.modules) == 1
    assert len(file.unknown) == 2
    assert len(file.left_out) == 2


MISFITS = {
    "ranks": {f"{NAME}__{UP}": torch.ones(320, 3)},
    "no sizes": {f"{NAME}__{DOWN}": torch.ones(()), f"{NAME}__{UP}": torch.ones(())},
    "nothing": {f"{NAME}__{DOWN}": torch.ones(0, 768), f"{NAME}__{UP}": torch.ones(320, 0)},
    "kernel": {f"{NAME}__lora_mid__weight": torch.ones(3, 5, 3, 3)},
}


@pytest.mark.parametrize("misfit", MISFITS)
def test_halves_that_do_not_belong_together_are_found(misfit, make, tmp_path):
    parts = {f"{OTHER}__{DOWN}": torch.ones(2, 768), f"{OTHER}__{UP}": torch.ones(320, 2)}
    damaged = {key.replace(".", "__"): tensor for key, tensor in MISFITS[misfit].items()}
    file = make(**{k.replace(".", "__"): t for k, t in parts.items()}, **damaged)
    notes = use(verify.run, VerifyRequest(file=file)).notes
    assert (notes["mismatched"], notes["good"]) == ([NAME], False)
    for handler, request in requests(file, str(tmp_path / "out.safetensors")).values():
        with pytest.raises(ModelFileError, match="do not belong together"):
            use(handler, request)


def test_other_kinds_with_halves_of_other_ranks_are_refused(tmp_path):
    hada = {f"hada_{w}_{half}": torch.ones(8, 2) if half == "a" else torch.ones(2, 768)
            for w in ("w1", "w2") for half in "ab"}  # fmt: skip
    good, bad = tmp_path / "good.safetensors", tmp_path / "bad.safetensors"
    save_file({f"{NAME}.{k}": t.contiguous() for k, t in hada.items()}, good)
    assert read_adapter(good).kind == "LoHa"
    save_file({f"{NAME}.{k}": t for k, t in {**hada, "hada_w2_b": torch.ones(3, 768)}.items()}, bad)
    with pytest.raises(ModelFileError, match="do not belong together"):
        read_adapter(bad)


def test_numbers_of_8_bits_are_merged_and_checked(make, tmp_path):
    narrow, wide = make("narrow.safetensors", torch.float8_e4m3fn), tmp_path / "wide.safetensors"
    assert use(verify.run, VerifyRequest(file=narrow)).notes["good"]
    use(merge.run, MergeRequest(files=(narrow,), ratios=(0.5,), out=str(wide)))
    (before,), (after,) = (read_adapter(path).modules.values() for path in (narrow, wide))
    weight = torch.zeros(320, 768)
    assert torch.allclose(after.change(weight), 0.5 * before.change(weight), atol=1e-4)


@pytest.mark.parametrize("tool", ["merge", "resize", "convert", "bake"])
@pytest.mark.parametrize("broken", ["alpha", "weight"])
def test_what_is_no_number_is_refused(tool, broken, make, tmp_path):
    weight = torch.full((320, 4), float("nan"))
    file = make(alpha=float("inf")) if broken == "alpha" else make(**{f"{NAME}__{UP}": weight})
    out = tmp_path / ("out" if tool == "bake" else "out.safetensors")
    handler, request = requests(file, str(out))[tool]
    with pytest.raises(ModelFileError, match=f"no numbers, in {NAME}"):
        use(handler, request)
    assert not out.exists()


def too_strong(make, out):
    """Requests whose result is beyond what 16 bits, or in the end 32 bits, can hold."""
    file, large = make(), make("large.safetensors", alpha=1e5)
    merged = {"files": (file,), "out": out}
    return [
        (merge.run, MergeRequest(**merged, ratios=(1e6,), precision="fp16")),
        (merge.run, MergeRequest(**merged, ratios=(1e39,))),
        (convert.run, ConvertRequest(file=large, precision="fp16", out=out)),
        (resize.run, ResizeRequest(file=large, rank=4, precision="fp16", out=out)),
    ]


@pytest.mark.parametrize("number", range(4))
def test_what_is_too_large_for_the_number_format_is_not_written(number, make, tmp_path):
    out = tmp_path / "out.safetensors"
    handler, request = too_strong(make, str(out))[number]
    with pytest.raises(BadInputError, match="too large for their number format"):
        use(handler, request)
    assert not out.exists()


@pytest.fixture
def tuned(tmp_path):
    """A copy of the starter, and its UNet's file."""
    shutil.copytree(STARTER_FOLDER, tmp_path / "tuned")
    return tmp_path / "tuned", tmp_path / "tuned" / "unet" / "diffusion_pytorch_model.safetensors"


def test_a_model_with_what_is_no_number_is_refused_with_its_layer(tuned, tmp_path):
    model, path = tuned
    weights = load_file(path)
    key = next(key for key in weights if key.endswith("attn1.to_q.weight"))
    weights[key][0, 0] = float("nan")
    save_file(weights, path)
    out = str(tmp_path / "out.safetensors")
    for base, other in (("starter", model), (model, "starter")):
        with pytest.raises(
            ModelFileError, match="tuned holds weights that are no numbers, in lora_unet_"
        ):
            use(extract.run, ExtractRequest(base=str(base), tuned=str(other), out=out))


def test_a_strength_that_breaks_the_model_is_refused(tuned, tmp_path):
    model, path = tuned
    weights = load_file(path)
    key = next(key for key in weights if key.endswith("attn1.to_q.weight"))
    side = weights[key].shape
    layer = "lora_unet_" + key.removesuffix(".weight").replace(".", "_")
    lora = tmp_path / "strong.safetensors"
    save_file({f"{layer}.{DOWN}": torch.ones(1, side[1]), f"{layer}.{UP}": torch.ones(side[0], 1)},
              lora)  # fmt: skip
    out = tmp_path / "baked"
    request = BakeRequest(model=str(model), files=(str(lora),), ratios=(1e39,), out=str(out))
    with pytest.raises(BadInputError, match=f"weights in {layer} would be too large"):
        use(bake.run, request)
    assert not out.exists()


@pytest.mark.parametrize("tool", ["merge", "resize", "convert"])
@pytest.mark.parametrize("name", ["out.ckpt", "out", "out.pt"])
def test_a_new_lora_is_named_as_what_it_is(tool, name, make, tmp_path):
    handler, request = requests(make(), str(tmp_path / name))[tool]
    with pytest.raises(StylekilnError, match="LoRAs are written as"):
        use(handler, request)
    assert not (tmp_path / name).exists()
