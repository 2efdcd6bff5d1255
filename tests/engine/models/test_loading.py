"""Base models: true key layouts of three families, folders, pickles, and broken files."""

from __future__ import annotations

import hashlib
import json
import os
import shutil

import pytest
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from diffusers.loaders import single_file_utils as reference
from safetensors.torch import load_file, save_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from engine.models import checkpoint_keys
from engine.models.block_names import BlockLayout
from engine.models.family import CONFIGS, FAMILIES, STARTER_FOLDER
from engine.models.inspect import inspect
from engine.models.loading import load_model
from engine.models.sources import SingleFile
from engine.runtime.errors import BadInputError, MissingFileError, ModelFileError
from tests.engine.models.conftest import CPU
from tests.engine.models.original_layout import FULL, NARROW, random_state, shapes

# UNet, VAE and text encoders.
TENSORS = {
    "sd1": 686 + 248 + 197,
    "sd2": 686 + 248 + 294,
    "sdxl": 1680 + 248 + 197 + 390,
}


def test_the_layout_used_here_has_as_many_tensors_as_the_real_one(family):
    assert len(shapes(FULL[family])) == TENSORS[family]


def test_every_weight_of_the_full_size_model_has_its_place_in_the_single_file(family):
    there = shapes(FULL[family])
    unet_config = json.loads((CONFIGS / family / "unet" / "config.json").read_text())
    vae_config = json.loads((CONFIGS / family / "vae" / "config.json").read_text())
    with torch.device("meta"):
        unet = UNet2DConditionModel.from_config(unet_config)
        vae = AutoencoderKL.from_config(vae_config)
    layout = BlockLayout.of(unet_config)
    used = set()
    for key, tensor in unet.state_dict().items():
        source = checkpoint_keys.unet_source(key, layout)
        assert there[source] == tuple(tensor.shape)
        used.add(source)
    for key, tensor in vae.state_dict().items():
        source = checkpoint_keys.vae_source(key, 4)
        assert there[source][:2] == tuple(tensor.shape)[:2]
        used.add(source)
    for encoder in FAMILIES[family].text_encoders:
        config = CLIPTextConfig.from_pretrained(CONFIGS / family / encoder.folder)
        with torch.device("meta"):
            kind = CLIPTextModelWithProjection if encoder.projection else CLIPTextModel
            text = kind(config)
        used |= {
            checkpoint_keys.text_source(key.removeprefix("text_model."), encoder)
            for key in text.state_dict()
        }
    assert used <= there.keys()
    assert {key for key in there.keys() - used if "logit_scale" not in key} == _unused(family)


def _unused(family):
    """What files hold and models do not need: position numbers, and SD 2's last text layer."""
    if family != "sd2":
        prefix = FAMILIES[family].text_encoders[0].single_file
        return {f"{prefix}.text_model.embeddings.position_ids"}
    last = {k for k in shapes(FULL["sd2"]) if ".resblocks.23." in k}
    return last | {"cond_stage_model.model.text_projection"}


def test_a_single_file_gives_tensor_for_tensor_what_diffusers_converts(
    family, checkpoint, narrow_model
):
    _, state = checkpoint
    expected = reference.convert_ldm_unet_checkpoint(dict(state), dict(narrow_model.unet.config))
    _assert_same(narrow_model.unet.state_dict(), expected)
    expected = reference.convert_ldm_vae_checkpoint(dict(state), dict(narrow_model.vae.config))
    _assert_same(narrow_model.vae.state_dict(), expected)
    for encoder, text in zip(
        narrow_model.family.text_encoders, narrow_model.text_encoders, strict=True
    ):
        if encoder.open_clip:
            prefix = f"{encoder.single_file}."
            expected = reference.convert_open_clip_checkpoint(text, dict(state), prefix)
        else:
            expected = reference.convert_ldm_clip_checkpoint(dict(state))
        _assert_same(text.state_dict(), expected)


def _assert_same(actual, expected):
    expected = {key.removeprefix("text_model."): value for key, value in expected.items()}
    for key, tensor in actual.items():
        assert torch.equal(tensor, expected[key.removeprefix("text_model.")].reshape(tensor.shape))


def test_what_a_single_file_is_comes_from_its_family(family, narrow_model):
    assert narrow_model.family.id == family
    assert narrow_model.latent_channels == 4
    assert narrow_model.vae_scale == 8
    assert narrow_model.scaling_factor == {"sdxl": 0.13025}.get(family, 0.18215)
    assert narrow_model.native_size == {"sdxl": 1024}.get(family, 512)
    assert narrow_model.prediction_type == "epsilon"
    assert not any(p.requires_grad for p in narrow_model.unet.parameters())


def test_tokenizers_share_a_vocabulary_and_pad_as_their_family_does(family, narrow_model):
    pads = {"sd1": [49407], "sd2": [0], "sdxl": [49407, 0]}[family]
    assert [tokenizer.pad_token_id for tokenizer in narrow_model.tokenizers] == pads
    for tokenizer in narrow_model.tokenizers:
        assert tokenizer("wow!").input_ids == [49406, 2781, 256, 49407]


def test_a_loaded_model_draws_and_reads(narrow_model):
    text = narrow_model.text_encoders
    ids = torch.tensor([narrow_model.tokenizers[0]("a castle").input_ids])
    states = [encoder(ids).last_hidden_state for encoder in text]
    context = torch.cat(states, dim=-1)
    extra = {}
    if narrow_model.family.pooled:
        extra["added_cond_kwargs"] = {
            "text_embeds": text[1](ids).text_embeds,
            "time_ids": torch.zeros(1, 6),
        }
    latent = torch.zeros(1, 4, 8, 8)
    out = narrow_model.unet(latent, 10, encoder_hidden_states=context, **extra).sample
    assert out.shape == latent.shape
    assert torch.isfinite(out).all()
    assert narrow_model.vae.decode(latent).sample.shape == (1, 3, 64, 64)


def test_a_pickled_checkpoint_loads_like_the_safetensors_file(
    family, checkpoint, narrow_model, narrow_configs, tmp_path
):
    path = tmp_path / "model.ckpt"
    # SD 2.x came as Lightning's records with the weights in one entry; others also come bare.
    nested = {"state_dict": checkpoint[1], "global_step": 7}
    torch.save(nested if family == "sd2" else checkpoint[1], path)
    assert inspect(path).family == family
    model = load_model(str(path), configs=narrow_configs, **CPU)
    for mine, theirs in zip(model.unet.parameters(), narrow_model.unet.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_a_pickle_in_the_old_format_that_names_a_lightning_class_still_loads(
    narrow_configs, tmp_path, monkeypatch
):
    import sys
    import types

    module = types.ModuleType("pytorch_lightning.callbacks.model_checkpoint")
    callback = type("ModelCheckpoint", (), {"__module__": module.__name__})
    module.ModelCheckpoint = callback
    for name in ("pytorch_lightning", "pytorch_lightning.callbacks", module.__name__):
        monkeypatch.setitem(sys.modules, name, module)
    path = tmp_path / "old.ckpt"
    state = random_state(NARROW["sd1"])
    torch.save(
        {"callbacks": {callback: {"best": 1}}, "state_dict": state},
        path,
        _use_new_zipfile_serialization=False,
    )
    monkeypatch.undo()
    assert load_model(str(path), configs=narrow_configs, **CPU).family.id == "sd1"


class _Payload:
    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return os.system, (f"touch {self.target}",)


@pytest.mark.parametrize("old_format", [True, False])
def test_a_hostile_pickle_is_refused_and_nothing_of_it_runs(tmp_path, old_format):
    path, trace = tmp_path / "evil.ckpt", tmp_path / "it-ran"
    content = {"state_dict": random_state(NARROW["sd1"]), "extra": _Payload(trace)}
    torch.save(content, path, _use_new_zipfile_serialization=not old_format)
    for open_it in (inspect, lambda p: load_model(str(p), **CPU)):
        with pytest.raises(ModelFileError, match="refused"):
            open_it(path)
    assert not trace.exists()


def test_a_pickle_that_hides_its_call_from_the_listing_is_refused_by_the_loader(
    tmp_path, monkeypatch
):
    from engine.models import pickles, weights

    path, trace = tmp_path / "evil.ckpt", tmp_path / "it-ran"
    torch.save({"state_dict": {}, "extra": _Payload(trace)}, path)
    monkeypatch.setattr(pickles, "read_names", lambda path: None)
    with pytest.raises(ModelFileError, match="refused"):
        weights.read_tensors(path)
    assert not trace.exists()


def test_a_truncated_pickle_says_so(tmp_path):
    path = tmp_path / "half.ckpt"
    torch.save(random_state(NARROW["sd1"]), path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ModelFileError, match=r"half\.ckpt"):
        load_model(str(path), **CPU)


def test_a_checkpoint_without_its_vae_names_what_is_missing(checkpoint, narrow_configs, tmp_path):
    path = tmp_path / "bare.safetensors"
    state = {k: v for k, v in checkpoint[1].items() if not k.startswith("first_stage_model.")}
    save_file(state, path)
    with pytest.raises(ModelFileError, match="VAE are missing"):
        load_model(str(path), configs=narrow_configs, **CPU)


def test_an_inpainting_checkpoint_is_refused_for_its_shape(narrow_configs, tmp_path):
    path = tmp_path / "inpaint.safetensors"
    state = random_state(NARROW["sd1"])
    state["model.diffusion_model.input_blocks.0.0.weight"] = torch.zeros(32, 9, 3, 3)
    save_file(state, path)
    with pytest.raises(ModelFileError, match=r"conv_in\.weight is \(32, 9, 3, 3\)"):
        load_model(str(path), configs=narrow_configs, **CPU)


def test_prediction_type_can_be_overridden(narrow_configs, tmp_path):
    path = tmp_path / "m.safetensors"
    save_file(random_state(NARROW["sd2"]), path)
    model = load_model(str(path), configs=narrow_configs, prediction_type="v_prediction", **CPU)
    assert model.prediction_type == "v_prediction"
    assert model.scheduler_config["prediction_type"] == "v_prediction"
    assert model.native_size == 768


def test_sdxl_markers_set_prediction_type_and_zero_snr(tmp_path):
    path = tmp_path / "m.safetensors"
    save_file({"v_pred": torch.zeros(0), "ztsnr": torch.zeros(0)}, path)
    schedule = SingleFile(path, CONFIGS / "sdxl").scheduler(FAMILIES["sdxl"], None)
    assert schedule["prediction_type"] == "v_prediction"
    assert schedule["rescale_betas_zero_snr"] is True
    save_file({"other": torch.zeros(0)}, path)
    schedule = SingleFile(path, CONFIGS / "sdxl").scheduler(FAMILIES["sdxl"], None)
    assert schedule["prediction_type"] == "epsilon"
    assert schedule["rescale_betas_zero_snr"] is False


def test_the_starter_is_a_member_of_its_family_with_numbers_of_its_own(plain):
    assert plain.family.id == "sd1"
    assert plain.name == "starter"
    assert (plain.latent_channels, plain.vae_scale, plain.native_size) == (16, 8, 128)
    assert plain.scaling_factor == pytest.approx(0.859394572335176)
    assert plain.prediction_type == "v_prediction"
    weights = (STARTER_FOLDER / "unet" / "diffusion_pytorch_model.safetensors").read_bytes()
    assert plain.sha256 == hashlib.sha256(weights).hexdigest()
    assert plain.hash == plain.sha256[:10]
    assert plain.old_hash == hashlib.sha256(weights[0x100000:0x110000]).hexdigest()[:8]


def test_the_starter_computes_what_diffusers_own_loading_computes(plain):
    unet = UNet2DConditionModel.from_pretrained(STARTER_FOLDER / "unet").float()
    text = CLIPTextModel.from_pretrained(STARTER_FOLDER / "text_encoder").float()
    latent = torch.randn(1, 16, 16, 16, generator=torch.Generator().manual_seed(1))
    ids = torch.tensor([plain.tokenizers[0]("castle").input_ids])
    with torch.no_grad():
        context = text(ids).last_hidden_state
        assert torch.equal(plain.text_encoders[0](ids).last_hidden_state, context)
        expected = unet(latent, 5, encoder_hidden_states=context).sample
        assert torch.equal(plain.unet(latent, 5, encoder_hidden_states=context).sample, expected)


def test_a_folder_with_older_names_and_an_fp16_variant_loads_the_same(plain, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(STARTER_FOLDER, folder, copy_function=os.symlink)
    _rename(folder / "text_encoder", "model.safetensors", "model.fp16.safetensors",
            lambda key: f"text_model.{key}")  # fmt: skip
    old = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}

    def rename(key):
        for new, former in old.items():
            key = key.replace(f".{new}.", f".{former}.")
        return key

    name = "diffusion_pytorch_model.safetensors"
    _rename(folder / "vae", name, name, rename)
    model = load_model(str(folder), **CPU)
    for mine, theirs in (
        (model.vae, plain.vae),
        (model.text_encoders[0], plain.text_encoders[0]),
    ):
        for key, tensor in theirs.state_dict().items():
            assert torch.equal(mine.state_dict()[key], tensor)


def _rename(folder, source, target, rename):
    state = {rename(key): tensor for key, tensor in load_file(folder / source).items()}
    (folder / source).unlink()
    save_file(state, folder / target)


def test_a_folder_that_lacks_a_part_names_it(tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(STARTER_FOLDER, folder, copy_function=os.symlink)
    shutil.rmtree(folder / "vae")
    with pytest.raises(MissingFileError, match="vae"):
        load_model(str(folder), **CPU)


def test_a_missing_file_and_a_lora_are_not_base_models(tmp_path):
    with pytest.raises(MissingFileError, match="does not exist"):
        load_model(str(tmp_path / "none.safetensors"), **CPU)
    lora = tmp_path / "lora.safetensors"
    name = "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_k"
    save_file({f"{name}.lora_down.weight": torch.zeros(4, 768)}, lora)
    with pytest.raises(BadInputError, match="is a LoRA"):
        load_model(str(lora), **CPU)
