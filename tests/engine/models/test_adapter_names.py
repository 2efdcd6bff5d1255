"""What lists say of an adapter before any weight is read."""

from __future__ import annotations

import pytest

from engine.models.adapter_names import look_of

NAME = "lora_unet_down_blocks_0_attentions_0_proj_in"
PAIR = {f"{NAME}.lora_down.weight": (4, 320), f"{NAME}.lora_up.weight": (320, 4)}


@pytest.mark.parametrize(
    ("shapes", "kind"),
    [
        (PAIR, "LoRA"),
        (PAIR | {f"{NAME}.lora_down.weight": (4, 320, 1, 1)}, "LoRA"),
        (PAIR | {f"{NAME}.lora_down.weight": (4, 320, 3, 3)}, "LoCon"),
        (PAIR | {f"{NAME}.dora_scale": (320, 1)}, "DoRA"),
        ({f"{NAME}.hada_w1_a": (320, 4)}, "LoHa"),
        ({f"{NAME}.lokr_w1": (8, 8)}, "LoKr"),
    ],
)
def test_the_kind_is_told_by_endings_and_kernels(shapes, kind):
    look = look_of(shapes)
    assert (look.kind, look.tensors) == (kind, len(shapes))
    assert look.adds_up == (kind in ("LoRA", "LoCon"))


@pytest.mark.parametrize(
    ("module", "naming"),
    [
        (NAME, "kohya"),
        ("lora_te1_text_model_encoder_layers_0_mlp_fc1", "kohya"),
        ("unet.down_blocks.0.attentions.0.proj_in", "diffusers"),
        ("diffusion_model.input_blocks.1.1.proj_in", "ComfyUI"),
        ("elsewhere.proj_in", ""),
    ],
)
def test_the_naming_is_told_by_how_names_begin(module, naming):
    assert look_of({f"{module}.lora_down.weight": (4, 320)}).naming == naming
