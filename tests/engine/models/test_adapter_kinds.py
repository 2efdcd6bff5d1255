"""Every kind of adapter: starts at nothing, adds what its paper says, comes back from its file."""

from __future__ import annotations

import itertools

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from engine.models import adapter_training, adapters, lora_keys
from engine.models.adapter_file import read_adapter
from engine.models.adapter_kinds import kind_of
from engine.models.adapter_layers import adapted_layers
from engine.models.adapter_plan import AdapterSpec
from engine.models.inspect import inspect
from engine.models.lora_file import write_lora
from tests.engine.models.tiny import tiny_model

SPECS = {
    "lora": AdapterSpec(rank=3, alpha=1.5, conv_rank=2),
    "loha": AdapterSpec(rank=3, alpha=1.5, conv_rank=2, kind="loha"),
    "lokr": AdapterSpec(rank=2, alpha=1.0, conv_rank=1, kind="lokr"),
    "lokr of factors": AdapterSpec(
        rank=1, alpha=0.5, conv_rank=1, kind="lokr", lokr_factor=8, decompose_both=True
    ),
    "dora": AdapterSpec(rank=3, alpha=1.5, conv_rank=2, magnitude=True),
    "loha, dora": AdapterSpec(rank=2, alpha=1.0, conv_rank=1, kind="loha", magnitude=True),
    "lokr, dora": AdapterSpec(rank=1, alpha=1.0, conv_rank=1, kind="lokr", magnitude=True),
}
ENDINGS = {
    "lora": {"lora_down.weight", "lora_up.weight"},
    "loha": {"hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b"},
    "lokr": {"lokr_w1", "lokr_w2", "lokr_w2_a", "lokr_w2_b"},
}


def _generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture(params=["sd1", "sdxl"])
def model(request):
    return tiny_model(request.param)


@torch.no_grad()
def _answer(model):
    """What text encoders and UNet give together, for fixed noise and a fixed prompt."""
    ids = torch.tensor([model.tokenizers[0]("castle, flat icon").input_ids])
    given = [encoder(ids) for encoder in model.text_encoders]
    context = torch.cat([one.last_hidden_state for one in given], dim=-1)
    extra = (
        {"text_embeds": given[-1].text_embeds, "time_ids": torch.full((1, 6), 32.0)}
        if len(given) > 1
        else None
    )
    latent = torch.randn(1, 4, 8, 8, generator=_generator(1))
    return model.unet(latent, 300, context, added_cond_kwargs=extra).sample


@torch.no_grad()
def _shake(parameters, size=0.1):
    """Move every tensor, as training would."""
    chance = _generator(7)
    for parameter in itertools.chain(*parameters.values()):
        parameter.add_(size * torch.randn(parameter.shape, generator=chance))


def _save(model, name, path):
    version = model.family.lora_version(model.prediction_type)
    write_lora(path, adapter_training.state_dict(model, name), {"ss_base_model_version": version})
    return path


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_a_fresh_adapter_of_any_kind_changes_not_one_bit(model, spec):
    before = _answer(model)
    parameters = adapter_training.create(model, "new", spec, _generator())
    assert torch.equal(_answer(model), before)
    _shake(parameters)
    assert (_answer(model) - before).abs().max() > 1e-3


def _reference(tensors, alpha, weight):
    """The change of ``weight`` by the papers' formulas, in float64."""
    t = {name: tensor.double() for name, tensor in tensors.items()}
    flat = weight.double().flatten(1)
    rank = next(
        (t[n].shape[0] for n in ("lora_down.weight", "hada_w1_b", "lokr_w2_b") if n in t), 0
    )
    if "lokr_w1_b" in t:
        rank = t["lokr_w1_b"].shape[0]
    if "lora_up.weight" in t:
        change = t["lora_up.weight"].flatten(1) @ t["lora_down.weight"].flatten(1)
    elif "hada_w1_a" in t:
        change = (t["hada_w1_a"] @ t["hada_w1_b"]) * (t["hada_w2_a"] @ t["hada_w2_b"])
    else:
        w1 = t["lokr_w1"] if "lokr_w1" in t else t["lokr_w1_a"] @ t["lokr_w1_b"]
        w2 = t["lokr_w2"].flatten(1) if "lokr_w2" in t else t["lokr_w2_a"] @ t["lokr_w2_b"]
        out, fan_in = w1.shape[0] * w2.shape[0], w1.shape[1] * w2.shape[1]
        change = (w1[:, None, :, None] * w2[None, :, None, :]).reshape(out, fan_in)
    changed = flat + (alpha / rank if rank else 1.0) * change
    if "dora_scale" in t:
        changed = changed / changed.norm(dim=1, keepdim=True) * t["dora_scale"].flatten(1)
    return (changed - flat).reshape(weight.shape)


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_the_model_answers_as_with_weights_changed_by_the_formula(model, spec):
    parameters = adapter_training.create(model, "new", spec, _generator())
    _shake(parameters)
    with_adapter = _answer(model)
    changes = [
        (
            module.host.weight,
            adapter,
            _reference(adapter.tensors, adapter.alpha, module.host.weight),
        )
        for part in (model.unet, *model.text_encoders)
        for _, module in adapted_layers(part)
        for adapter in [module.get("new")]
    ]
    with adapters.active(model, {}), torch.no_grad():
        for weight, _, change in changes:
            weight += change.float()
        torch.testing.assert_close(_answer(model), with_adapter, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_a_file_of_any_kind_gives_the_same_answer_when_it_is_loaded(model, spec, tmp_path):
    base = _answer(model)
    _shake(adapter_training.create(model, "new", spec, _generator()))
    expected = _answer(model)
    path = _save(model, "new", tmp_path / "new.safetensors")
    adapters.detach(model, "new")
    info = adapters.attach(model, path, "file")
    assert info.unknown == ()
    with adapters.active(model, {"file": (1.0, 1.0)}):
        torch.testing.assert_close(_answer(model), expected, rtol=0, atol=1e-4)
    adapters.detach(model, "file")
    assert torch.equal(_answer(model), base)


@pytest.mark.parametrize("name", SPECS)
def test_keys_in_files_are_those_of_lycoris(model, name):
    spec = SPECS[name]
    adapter_training.create(model, "new", spec, _generator())
    endings = {key.split(".", 1)[1] for key in adapter_training.state_dict(model, "new")}
    expected = ENDINGS[spec.kind] | {"alpha"} | ({"dora_scale"} if spec.magnitude else set())
    if name == "lokr of factors":
        assert {"lokr_w1_a", "lokr_w1_b"} <= endings
        expected |= {"lokr_w1_a", "lokr_w1_b"}
    assert endings <= expected
    assert expected - endings <= {"lokr_w2", "lokr_w1", "lokr_w2_a", "lokr_w2_b"}


def test_half_a_magnitude_is_half_of_its_change(model):
    """As ComfyUI and A1111 weigh such files, and at weight 0 nothing is left."""
    base = _layer_answer(model, {})
    _shake(adapter_training.create(model, "new", SPECS["dora"], _generator()))
    whole = _layer_answer(model, {"new": (1.0, 1.0)})
    half = _layer_answer(model, {"new": (0.5, 0.5)})
    torch.testing.assert_close(half, (base + whole) / 2, rtol=1e-4, atol=1e-5)
    assert (whole - base).abs().max() > 1e-2


@torch.no_grad()
def _layer_answer(model, weights):
    attention = model.unet.mid_block.attentions[0].transformer_blocks[0]
    x = torch.randn(1, 5, attention.ff.net[0].proj.weight.shape[1], generator=_generator(2))
    with adapters.active(model, weights):
        return attention.ff.net[0].proj(x)


LINEAR = "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_k"
WIDE = "lora_unet_mid_block_resnets_0_conv1"


def _attach(tensors, path):
    save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, path)
    model = tiny_model("sd1")
    adapters.attach(model, path, "file")
    return model


def _change_of(model, layer_path):
    """What the file adds to a layer's weight, read off its answers to single inputs."""
    layer = model.unet.get_submodule(layer_path)
    with adapters.active(model, {}), torch.no_grad():
        x = _probe(layer)
        plain = layer(x)
    with adapters.active(model, {"file": (1.0, 1.0)}), torch.no_grad():
        return x, layer(x) - plain, layer.host


def _probe(layer):
    if isinstance(layer.host, nn.Linear):
        return torch.randn(2, 7, layer.host.in_features, generator=_generator(3))
    return torch.randn(2, layer.host.in_channels, 6, 6, generator=_generator(3))


def test_magnitudes_of_columns_are_read_too(tmp_path):
    chance = _generator(4)
    weight = tiny_model("sd1").unet.mid_block.attentions[0].transformer_blocks[0].attn2.to_k.weight
    out, fan_in = weight.shape
    tensors = {
        f"{LINEAR}.lora_down.weight": torch.randn(2, fan_in, generator=chance),
        f"{LINEAR}.lora_up.weight": torch.randn(out, 2, generator=chance),
        f"{LINEAR}.alpha": torch.tensor(1.0),
        f"{LINEAR}.dora_scale": torch.rand(1, fan_in, generator=chance) + 0.5,
    }
    model = _attach(tensors, tmp_path / "columns.safetensors")
    x, change, host = _change_of(model, "mid_block.attentions.0.transformer_blocks.0.attn2.to_k")
    up, down = tensors[f"{LINEAR}.lora_up.weight"], tensors[f"{LINEAR}.lora_down.weight"]
    changed = host.weight + 0.5 * up @ down
    changed = changed / changed.norm(dim=0, keepdim=True) * tensors[f"{LINEAR}.dora_scale"]
    torch.testing.assert_close(change, x @ (changed - host.weight).T, rtol=1e-4, atol=1e-4)


def _tucker(kind, channels, chance):
    """Tensors with a kernel between the halves, and the change they mean."""
    r = 2
    kernel = lambda: torch.randn(r, r, 3, 3, generator=chance)  # noqa: E731
    small = lambda: torch.randn(r, channels, generator=chance)  # noqa: E731
    if kind == "lora":
        mid, down, up = kernel(), small(), small().T
        change = torch.einsum("or,rskl,si->oikl", up, mid, down)
        return {
            "lora_down.weight": down[:, :, None, None],
            "lora_mid.weight": mid,
            "lora_up.weight": up[:, :, None, None],
        }, change
    if kind == "loha":
        t1, a1, b1, t2, a2, b2 = kernel(), small(), small(), kernel(), small(), small()
        first = torch.einsum("rskl,ro,si->oikl", t1, a1, b1)
        change = first * torch.einsum("rskl,ro,si->oikl", t2, a2, b2)
        return {
            "hada_t1": t1, "hada_w1_a": a1, "hada_w1_b": b1,
            "hada_t2": t2, "hada_w2_a": a2, "hada_w2_b": b2,
        }, change  # fmt: skip
    w1, t2 = torch.randn(2, 2, generator=chance), kernel()
    a, b = (torch.randn(r, channels // 2, generator=chance) for _ in range(2))
    w2 = torch.einsum("rskl,ro,si->oikl", t2, a, b)
    change = (w1[:, None, :, None, None, None] * w2[None, :, None]).reshape(
        channels, channels, 3, 3
    )
    return {"lokr_w1": w1, "lokr_t2": t2, "lokr_w2_a": a, "lokr_w2_b": b}, change


@pytest.mark.parametrize("kind", ["lora", "loha", "lokr"])
def test_a_kernel_between_the_halves_is_multiplied_in(kind, tmp_path):
    layer = tiny_model("sd1").unet.mid_block.resnets[0].conv1
    tensors, change = _tucker(kind, layer.in_channels, _generator(5))
    named = {f"{WIDE}.{ending}": tensor for ending, tensor in tensors.items()}
    named[f"{WIDE}.alpha"] = torch.tensor(1.0)
    # Another module, so that the family can be told.
    named |= {
        f"{LINEAR}.lora_down.weight": torch.zeros(1, 16),
        f"{LINEAR}.lora_up.weight": torch.zeros(16, 1),
    }
    model = _attach(named, tmp_path / "tucker.safetensors")
    x, added, host = _change_of(model, "mid_block.resnets.0.conv1")
    expected = nn.functional.conv2d(x, change / 2, None, host.stride, host.padding)
    torch.testing.assert_close(added, expected, rtol=1e-4, atol=1e-4)


def test_adapters_of_several_kinds_act_beside_each_other(model, tmp_path):
    base = _layer_answer(model, {})
    alone = {}
    for name in ("lora", "loha", "lokr, dora"):
        _shake(adapter_training.create(model, name, SPECS[name], _generator()))
        alone[name] = _layer_answer(model, {name: (1.0, 1.0)}) - base
    together = _layer_answer(model, dict.fromkeys(alone, (1.0, 1.0))) - base
    torch.testing.assert_close(together, sum(alone.values()), rtol=1e-4, atol=1e-4)
    adapters.detach(model, "loha")
    without = _layer_answer(model, {"lora": (1.0, 1.0), "lokr, dora": (1.0, 1.0)}) - base
    torch.testing.assert_close(without, together - alone["loha"], rtol=1e-4, atol=1e-4)
    assert torch.equal(_layer_answer(model, {}), base)


def test_only_the_tensors_that_start_at_zero_hold_the_change_back():
    model = tiny_model("sd1")
    for name, spec in SPECS.items():
        adapter_training.create(model, name, spec, _generator())
        for _, _, adapter in adapters.modules_of(model, name):
            zero = [e for e, tensor in adapter.tensors.items() if not tensor.any()]
            assert len(zero) == 1, name


def test_rank_stabilized_divides_by_the_root_of_the_rank():
    model = tiny_model("sd1")
    plain = AdapterSpec(rank=4, alpha=2.0)
    for name, spec in (("a", plain), ("b", AdapterSpec(rank=4, alpha=2.0, rank_stabilized=True))):
        adapter_training.create(model, name, spec, _generator())
    scales = [next(adapters.modules_of(model, name))[2].scale for name in "ab"]
    assert scales == [0.5, 1.0]  # 2 / 4 and 2 / sqrt(4)


@pytest.mark.parametrize(("family", "width"), [("sd1", 768), ("sd2", 1024), ("sdxl", 2048)])
@pytest.mark.parametrize("kind", ["loha", "lokr", "lokr of factors"])
def test_the_family_is_told_from_any_kind(family, width, kind, tmp_path):
    path = "down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k"
    if family == "sdxl":
        path = "input_blocks_4_1_transformer_blocks_0_attn2_to_k"
    tensors = {
        "loha": {
            "hada_w1_a": torch.zeros(320, 4), "hada_w1_b": torch.zeros(4, width),
            "hada_w2_a": torch.zeros(320, 4), "hada_w2_b": torch.zeros(4, width),
        },
        "lokr": {"lokr_w1": torch.zeros(8, 8), "lokr_w2": torch.zeros(40, width // 8)},
        "lokr of factors": {
            "lokr_w1_a": torch.zeros(16, 4), "lokr_w1_b": torch.zeros(4, 32),
            "lokr_w2_a": torch.zeros(20, 4), "lokr_w2_b": torch.zeros(4, width // 32),
        },
    }[kind]  # fmt: skip
    named = {f"lora_unet_{path}.{ending}": tensor for ending, tensor in tensors.items()}
    save_file(named, tmp_path / "a.safetensors")
    info = inspect(tmp_path / "a.safetensors")
    assert (info.kind, info.family, info.context_width) == ("lora", family, width)
    assert info.rank == (None if kind == "lokr" else 4)
    assert read_adapter(tmp_path / "a.safetensors").family == family


def test_keys_of_other_adapters_are_none_of_ours():
    assert lora_keys.split_adapter_key(f"{LINEAR}.oft_blocks") is None
    assert lora_keys.split_adapter_key(f"{LINEAR}.hada_w1_a") == (LINEAR, "hada_w1_a")
    assert kind_of({"hada_w1_a": torch.zeros(1), "hada_w1_b": torch.zeros(1)}) is None
