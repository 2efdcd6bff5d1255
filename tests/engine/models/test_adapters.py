"""Adapters: zero means zero, weights scale, files give back what was trained."""

from __future__ import annotations

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save, save_file
from torch import nn

from engine.models import adapter_training, adapters
from engine.models.adapter_layers import adapted_layers, targets_in
from engine.models.adapter_plan import AdapterSpec
from engine.models.loading import load_model
from engine.models.lora_file import write_lora
from engine.runtime.errors import ModelFileError
from tests.engine.models.conftest import CPU
from tests.engine.models.test_lora_keys import GOLDEN
from tests.engine.swapped import replace_unseen

MIDDLE = "lora_unet_mid_block_attentions_0_transformer_blocks_0"
SPEC = AdapterSpec(rank=4, alpha=2.0, conv_rank=3, conv_alpha=1.5)


def _generator(seed=0):
    return torch.Generator().manual_seed(seed)


@torch.no_grad()
def _output(model):
    """What the UNet gives for fixed noise and a fixed prompt, through the text encoder."""
    latent = torch.randn(1, 16, 16, 16, generator=_generator(1))
    ids = torch.tensor([model.tokenizers[0]("castle, flat icon").input_ids])
    context = model.text_encoders[0](ids).last_hidden_state
    return model.unet(latent, 300, encoder_hidden_states=context).sample


def _train(model, parameters, steps=3):
    """A few steps toward noise; enough to move every tensor."""
    both = parameters["unet"] + parameters["text"]
    optimizer = torch.optim.AdamW(both, lr=2e-3)
    latent = torch.randn(1, 16, 16, 16, generator=_generator(2))
    ids = torch.tensor([model.tokenizers[0]("red apple").input_ids])
    for _ in range(steps):
        context = model.text_encoders[0](ids).last_hidden_state
        prediction = model.unet(latent, 500, encoder_hidden_states=context).sample
        (prediction - latent).square().mean().backward()
        optimizer.step()
        optimizer.zero_grad()


@pytest.fixture(scope="module")
def trained_tensors():
    """What a short training gives, as kohya's tensors."""
    model = load_model("starter", **CPU)
    _train(model, adapter_training.create(model, "mine", SPEC, _generator()))
    return adapter_training.state_dict(model, "mine"), _output(model)


@pytest.fixture
def trained(starter, trained_tensors, tmp_path):
    """The starter with a trained adapter "mine" that is also written to a file."""
    parameters = adapter_training.create(starter, "mine", SPEC, _generator())
    adapter_training.load_state(starter, "mine", trained_tensors[0])
    path = tmp_path / "mine.safetensors"
    write_lora(path, trained_tensors[0], {"ss_base_model_version": "sd_v1_v"})
    return starter, path, parameters


def test_a_fresh_adapter_changes_nothing_and_trains_only_itself(starter):
    before = _output(starter)
    parameters = adapter_training.create(starter, "new", SPEC, _generator())
    assert torch.equal(_output(starter), before)
    trainable = {id(p) for p in starter.unet.parameters() if p.requires_grad}
    assert trainable == {id(p) for p in parameters["unet"]}
    trainable = {id(p) for p in starter.text_encoders[0].parameters() if p.requires_grad}
    assert trainable == {id(p) for p in parameters["text"]}


def test_a_fresh_adapter_depends_on_its_generator_only(starter):
    torch.manual_seed(1)
    untouched = torch.get_rng_state()
    adapter_training.create(starter, "a", SPEC, _generator())
    adapter_training.create(starter, "b", SPEC, _generator())
    assert torch.equal(torch.get_rng_state(), untouched)
    a, b = adapter_training.state_dict(starter, "a"), adapter_training.state_dict(starter, "b")
    assert all(torch.equal(a[key], b[key]) for key in a)


def test_what_was_trained_comes_back_from_its_file(starter, plain, trained_tensors, tmp_path):
    tensors, expected = trained_tensors
    assert (expected - _output(plain)).abs().max() > 0.1  # it did learn something
    write_lora(tmp_path / "mine.safetensors", tensors, {"ss_base_model_version": "sd_v1_v"})
    info = adapters.attach(starter, tmp_path / "mine.safetensors", "from file")
    assert info.unknown == ()
    with adapters.active(starter, {"from file": (1.0, 1.0)}):
        torch.testing.assert_close(_output(starter), expected, rtol=0, atol=1e-4)


def test_weight_zero_and_inactive_are_bit_for_bit_the_base_model(trained, plain):
    model, path, _ = trained
    base = _output(plain)
    adapters.attach(model, path, "file")
    for weights in ({}, {"mine": (0.0, 0.0)}, {"mine": (0.0, 0.0), "file": (0.0, 0.0)}):
        with adapters.active(model, weights):
            assert torch.equal(_output(model), base)


def test_the_two_weights_act_on_their_own_part(trained):
    model, _, _ = trained
    outputs = []
    for weights in ((1.0, 0.0), (0.0, 1.0), (1.0, 1.0)):
        with adapters.active(model, {"mine": weights}):
            outputs.append(_output(model))
            for _, layer in adapted_layers(model.unet):
                assert bool(layer.acting) == (weights[0] != 0)
    assert not torch.equal(outputs[0], outputs[1])
    assert not torch.equal(outputs[0], outputs[2])


def test_each_layer_adds_weight_times_alpha_over_rank_times_up_times_down(trained):
    model, path, _ = trained
    delta = load_file(path)
    with adapters.active(model, {"mine": (0.5, 0.5)}):
        for path_, name, rank, alpha in (
            ("mid_block.attentions.0.transformer_blocks.0.attn2.to_k", "linear", 4, 2.0),
            ("mid_block.attentions.0.proj_in", "1x1", 4, 2.0),
            ("mid_block.resnets.0.conv1", "3x3", 3, 1.5),
            ("down_blocks.0.downsamplers.0.conv", "stride 2", 3, 1.5),
        ):
            layer = model.unet.get_submodule(path_)
            key = "lora_unet_" + path_.replace(".", "_")
            down, up = delta[f"{key}.lora_down.weight"], delta[f"{key}.lora_up.weight"]
            assert down.shape[0] == rank, name
            assert float(delta[f"{key}.alpha"]) == alpha, name
            base = layer.host
            change = (
                0.5 * alpha / rank * (up.flatten(1) @ down.flatten(1)).reshape(base.weight.shape)
            )
            size = (2, 7, base.in_features) if name == "linear" else (2, base.in_channels, 8, 8)
            x = torch.randn(size, generator=_generator(3))
            expected = _apply(base, x, base.weight + change)
            torch.testing.assert_close(layer(x), expected, rtol=1e-4, atol=1e-5)


def _apply(layer, x, weight):
    if isinstance(layer, nn.Linear):
        return nn.functional.linear(x, weight, layer.bias)
    return nn.functional.conv2d(x, weight, layer.bias, layer.stride, layer.padding)


def test_several_adapters_add_up(trained, tmp_path):
    model, path, _ = trained
    double = {k: v * 2 if "lora_up" in k else v for k, v in load_file(path).items()}
    save_file(double, tmp_path / "double.safetensors")
    adapters.attach(model, tmp_path / "double.safetensors", "double")
    with adapters.active(model, {"mine": (3.0, 3.0)}):
        expected = _output(model)
    with adapters.active(model, {"mine": (1.0, 1.0), "double": (1.0, 1.0)}):
        torch.testing.assert_close(_output(model), expected, rtol=1e-4, atol=1e-4)


def test_afterwards_what_acted_before_acts_again_and_still_trains(trained):
    model, path, parameters = trained
    before = _output(model)
    adapters.attach(model, path, "other")
    with (
        pytest.raises(RuntimeError, match="on purpose"),
        adapters.active(model, {"other": (0.3, 0)}),
    ):
        raise RuntimeError("on purpose")
    assert torch.equal(_output(model), before)
    assert all(p.requires_grad for p in parameters["unet"] + parameters["text"])
    moved = parameters["unet"][0].clone()
    _train(model, parameters, steps=1)
    assert not torch.equal(parameters["unet"][0], moved)


def test_an_adapter_that_is_taken_off_leaves_the_plain_model(trained, plain):
    model, path, _ = trained
    adapters.attach(model, path, "file")
    adapters.detach(model, "mine")
    assert next(adapted_layers(model.unet), None) is not None
    adapters.detach(model, "file")
    assert next(adapted_layers(model.unet), None) is None
    assert model.unet.state_dict().keys() == plain.unet.state_dict().keys()
    assert torch.equal(_output(model), _output(plain))


def test_a_name_that_is_not_on_the_model_is_an_error(starter):
    with pytest.raises(KeyError, match="typo"), adapters.active(starter, {"typo": (1.0, 1.0)}):
        pass


def test_a_file_is_read_again_only_when_it_changed(trained, monkeypatch):
    model, path, _ = trained
    info = adapters.attach(model, path, "file")
    with monkeypatch.context() as patch:
        patch.setattr(adapters, "read_adapter", None)
        assert adapters.attach(model, path, "file") is info
    silent = {k: torch.zeros_like(v) if "lora_up" in k else v for k, v in load_file(path).items()}
    with safe_open(path, "pt") as was:
        replace_unseen(path, save(silent, was.metadata()))
    adapters.attach(model, path, "file")
    with adapters.active(model, {}):
        base = _output(model)
    with adapters.active(model, {"file": (1.0, 1.0)}):
        torch.testing.assert_close(_output(model), base, rtol=0, atol=1e-6)


def test_files_that_were_not_used_for_longest_are_taken_off(starter, tmp_path, monkeypatch):
    adapter_training.create(starter, "mine", AdapterSpec(rank=1, train_text=False), _generator())
    path = _one_module(tmp_path / "small.safetensors", f"{MIDDLE}_attn1_to_q", 256, 256)
    names = [f"file {n}" for n in range(8)]
    sizes = {adapters.attach(starter, path, name).bytes for name in names}
    assert len(sizes) == 1
    assert min(sizes) > 0
    monkeypatch.setattr(adapters, "KEPT_BYTES", 6 * sizes.pop())
    with adapters.active(starter, {name: (0.1, 0.1) for name in names}):
        assert set(names) == starter.adapters.attached.keys()
    assert list(starter.adapters.attached) == names[2:]
    assert "mine" in starter.adapters.active


def test_a_state_goes_back_into_the_adapter_it_came_from(trained):
    model, path, _ = trained
    expected = _output(model)
    tensors = adapter_training.state_dict(model, "mine")
    assert tensors.keys() == load_file(path).keys()
    adapter_training.load_state(model, "mine", {k: torch.zeros_like(v) for k, v in tensors.items()})
    assert not torch.equal(_output(model), expected)
    adapter_training.load_state(model, "mine", tensors)
    assert torch.equal(_output(model), expected)
    layer = "lora_te_text_model_encoder_layers_0_mlp_fc1"
    fewer = {key: tensor for key, tensor in tensors.items() if not key.startswith(layer)}
    with pytest.raises(ModelFileError, match="other layers"):
        adapter_training.load_state(model, "mine", fewer)


def test_only_the_parts_that_are_asked_for_are_adapted(starter):
    unet = adapter_training.create(starter, "unet", AdapterSpec(train_text=False), _generator())
    text = adapter_training.create(starter, "text", AdapterSpec(train_unet=False), _generator())
    assert unet["text"] == []
    assert text["unet"] == []
    assert {key.split("_")[1] for key in adapter_training.state_dict(starter, "unet")} == {"unet"}
    assert {key.split("_")[1] for key in adapter_training.state_dict(starter, "text")} == {"te"}
    without_conv = {t.path for t in targets_in(starter.unet) if not t.residual}
    assert len(unet["unet"]) == 2 * len(without_conv)


def test_the_files_of_every_family_hold_exactly_the_recorded_keys(family, narrow_model):
    parts = [GOLDEN[family].get(part, {}) for part in ("unet", "te", "te1", "te2")]
    parts.append(GOLDEN[family]["unet_conv_extra"])
    spec = AdapterSpec(rank=2, alpha=1.0, conv_rank=2)
    adapter_training.create(narrow_model, "new", spec, _generator())
    keys = set(adapter_training.state_dict(narrow_model, "new"))
    adapters.detach(narrow_model, "new")
    endings = ("lora_down.weight", "lora_up.weight", "alpha")
    assert keys == {f"{name}.{end}" for part in parts for name in part for end in endings}


def test_shapes_in_a_file_are_kohyas(trained):
    state = load_file(trained[1])
    key = "lora_unet_down_blocks_0_attentions_0_proj_in"
    assert state[f"{key}.lora_down.weight"].shape == (4, 64, 1, 1)
    assert state[f"{key}.lora_up.weight"].shape == (64, 4, 1, 1)
    key = "lora_unet_down_blocks_0_resnets_0_conv1"
    assert state[f"{key}.lora_down.weight"].shape == (3, 64, 3, 3)
    assert state[f"{key}.lora_up.weight"].shape == (64, 3, 1, 1)
    key = "lora_te_text_model_encoder_layers_3_mlp_fc2"
    assert state[f"{key}.lora_down.weight"].shape == (4, 512)
    assert state[f"{key}.lora_up.weight"].shape == (128, 4)
    assert state[f"{key}.alpha"].shape == ()


def test_a_1x1_convolution_may_be_written_with_two_dimensions(trained, tmp_path):
    model, path, _ = trained
    flat = {
        k: v.flatten(1) if v.ndim == 4 and v.shape[2:] == (1, 1) else v
        for k, v in load_file(path).items()
    }
    save_file(flat, tmp_path / "flat.safetensors", {"ss_base_model_version": "sd_v1_v"})
    expected = _output(model)
    adapters.attach(model, tmp_path / "flat.safetensors", "flat")
    with adapters.active(model, {"flat": (1.0, 1.0)}):
        torch.testing.assert_close(_output(model), expected, rtol=0, atol=1e-4)


def test_modules_that_the_model_does_not_have_are_reported(trained, tmp_path):
    model, path, _ = trained
    key = "lora_unet_down_blocks_3_resnets_0_conv1"
    extra = {
        f"{key}.lora_down.weight": torch.zeros(4, 8),
        f"{key}.lora_up.weight": torch.zeros(8, 4),
    }
    save_file(load_file(path) | extra, tmp_path / "more.safetensors")
    assert adapters.attach(model, tmp_path / "more.safetensors").unknown == (key,)


def _one_module(path, name, fan_in, fan_out):
    down, up = torch.zeros(4, fan_in), torch.zeros(fan_out, 4)
    save_file({f"{name}.lora_down.weight": down, f"{name}.lora_up.weight": up}, path)
    return path


def test_a_lora_of_another_family_or_size_or_of_no_layer_is_refused(starter, tmp_path):
    attention = "transformer_blocks_0_attn2_to_k"
    sdxl = _one_module(
        tmp_path / "xl.safetensors", f"lora_unet_input_blocks_4_1_{attention}", 2048, 640
    )
    with pytest.raises(ModelFileError, match=r"LoRA for SDXL; starter is SD 1\.x"):
        adapters.attach(starter, sdxl)
    sd1 = _one_module(
        tmp_path / "sd1.safetensors", f"lora_unet_down_blocks_0_attentions_0_{attention}", 768, 320
    )
    with pytest.raises(ModelFileError, match="has 768 inputs, the model's has 128"):
        adapters.attach(starter, sd1)
    deep = _one_module(
        tmp_path / "deep.safetensors", f"lora_unet_up_blocks_3_attentions_2_{attention}", 768, 320
    )
    with pytest.raises(ModelFileError, match="fits no layer"):
        adapters.attach(starter, deep)
    assert next(adapted_layers(starter.unet), None) is None
