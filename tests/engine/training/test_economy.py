"""What a run puts on its model to need less memory has its effect, and is gone afterwards."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import save_file
from transformers.modeling_layers import GradientCheckpointingLayer

from engine.models import adapter_training
from engine.models.adapter_plan import AdapterSpec
from engine.models.loading import load_model
from engine.models.vae_file import load_vae
from engine.runtime.errors import MissingFileError, ModelFileError
from engine.training import checkpointing, latents, learner
from engine.training.base_model import load_base
from engine.training.conditioning import encode_captions
from tests.engine.small_models import small_model
from tests.engine.training.conftest import save_model


def losses(events):
    return [event.data["loss"] for event in events if event.kind == "train.step"]


def saved_bytes(model, work):
    """Bytes of activations that ``work`` keeps, the model's own weights left out."""
    own = {
        tensor.untyped_storage()._cdata
        for module in (model.unet, *model.text_encoders)
        for tensor in module.state_dict().values()
    }
    kept = {}

    def note(tensor):
        storage = tensor.untyped_storage()
        if storage._cdata not in own:
            kept[storage._cdata] = storage
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        work()
    return sum(storage.nbytes() for storage in kept.values())


@pytest.mark.parametrize("family", ["sd1", "sdxl"])
def test_checkpointing_keeps_less_of_the_unet_and_of_encoders_that_learn(family):
    model = small_model(family)
    generator = torch.Generator().manual_seed(0)
    adapter_training.create(model, "training", AdapterSpec(rank=2), generator)

    def text():
        return encode_captions(model, ["red"]).context.sum()

    def unet():
        noise = torch.zeros(1, 4, 8, 8, requires_grad=True)
        extra = {"text_embeds": torch.zeros(1, 16), "time_ids": torch.zeros(1, 6)}
        context = torch.zeros(1, 7, model.unet.config.cross_attention_dim)
        return model.unet(noise, 1, context, added_cond_kwargs=extra).sample.sum()

    plain = [saved_bytes(model, work) for work in (text, unet)]
    with checkpointing.using(model):
        frugal = [saved_bytes(model, work) for work in (text, unet)]
        text().backward()
    assert frugal[0] < plain[0] / 2
    assert frugal[1] < plain[1] / 2
    assert [saved_bytes(model, work) for work in (text, unet)] == plain
    assert any(
        parameter.grad is not None and parameter.grad.abs().sum() > 0
        for parameter in model.text_encoders[0].parameters()
    )


def test_encoders_that_do_not_learn_stay_as_they_are():
    model = small_model("sd1")
    model.text_encoders[0].requires_grad_(False).eval()
    with checkpointing.using(model):
        layers = [
            layer
            for layer in model.text_encoders[0].modules()
            if isinstance(layer, GradientCheckpointingLayer)
        ]
        assert layers
        assert not any(layer.gradient_checkpointing or layer.training for layer in layers)


@pytest.mark.parametrize("kind", ["sliced", "none"])
def test_a_run_attends_as_it_is_asked_to(train, monkeypatch, kind):
    seen = set()
    predict = learner.Learner._predict

    def watched(self, *args):
        seen.update(type(one).__name__ for one in self._model.unet.attn_processors.values())
        return predict(self, *args)

    plain = losses(train()[1])
    monkeypatch.setattr(learner.Learner, "_predict", watched)
    assert losses(train(attention=kind)[1]) == pytest.approx(plain, rel=1e-5)
    assert seen == {{"sliced": "SlicedAttention", "none": "AttnProcessor"}[kind]}


def test_a_run_uses_as_many_threads_as_it_is_asked_to(train, monkeypatch):
    seen = set()
    predict = learner.Learner._predict

    def watched(self, *args):
        seen.add(torch.get_num_threads())
        return predict(self, *args)

    monkeypatch.setattr(learner.Learner, "_predict", watched)
    before = torch.get_num_threads()
    train(num_cpu_threads_per_process=before + 1)
    assert seen == {before + 1}
    assert torch.get_num_threads() == before


def test_pictures_go_through_the_vae_in_the_number_asked_for(train, monkeypatch):
    sizes = []
    encode = latents.encode

    def watched(model, pictures):
        sizes.append(len(pictures))
        return encode(model, pictures)

    monkeypatch.setattr(latents, "encode", watched)
    train(vae_batch_size=3, cache_latents_to_disk=False)
    assert sorted(sizes) == [1, 2, 3]


def test_latents_lie_on_the_disk_only_when_asked_for(train, tmp_path):
    train(cache_latents_to_disk=False)
    train(cache_latents=False)
    assert not list(tmp_path.rglob("latents/*.npy"))
    train()
    assert len(list(tmp_path.rglob("latents/*.npy"))) == 6


def test_mirrored_pictures_train_the_same_cached_and_not(train):
    plain = losses(train()[1])
    cached = losses(train(flip_aug=True)[1])
    assert cached == losses(train(flip_aug=True, cache_latents=False)[1])
    assert cached != plain


@pytest.mark.parametrize("base", ["epsilon", "two"])
def test_cached_captions_train_the_same_without_text_encoders(train, models, monkeypatch, base):
    common = {"base_model": str(models[base]), "caption_dropout_rate": 0.3}
    plain = losses(train(**common)[1])
    stages, calls = [], []
    predict = learner.Learner._predict

    def watched(self, *args):
        stages.append(len(calls))
        return predict(self, *args)

    def counting(*args, **kwargs):
        calls.append(args[1])
        return encode_captions(*args, **kwargs)

    monkeypatch.setattr(learner.Learner, "_predict", watched)
    monkeypatch.setattr("engine.training.conditioning.encode_captions", counting)
    assert losses(train(cache_text_encoder_outputs=True, **common)[1]) == plain
    assert len(calls) == 5  # four captions and none
    assert set(stages) == {5}


def test_cached_captions_lie_on_the_disk_only_when_asked_for(train, tmp_path):
    train(cache_text_encoder_outputs=True)
    assert not list(tmp_path.rglob("captions/*"))
    train(cache_text_encoder_outputs=True, cache_text_encoder_outputs_to_disk=True)
    assert len(list(tmp_path.rglob("captions/*.safetensors"))) == 5


def test_resting_parts_are_parked_unless_they_are_to_stay(train, monkeypatch):
    parked = []

    class Watching:
        def __init__(self, model, *, enabled):
            self.enabled = enabled

        def park(self, *parts):
            parked.append((self.enabled, *(type(part).__name__ for part in parts)))

        def without(self, part):
            self.park(part)
            return torch.no_grad()

        def settle(self):
            """Nothing has moved."""

        def close(self):
            """Nothing has moved."""

    monkeypatch.setattr("engine.training.offload.Parking", Watching)
    train()
    assert parked == [(True, "UNet2DConditionModel"), (True, "AutoencoderKL")]
    parked.clear()
    train(cache_latents=False, cache_text_encoder_outputs=True, offload=False)
    assert parked == [(False, "UNet2DConditionModel"), (False, "CLIPTextModel")]


@pytest.fixture
def other_vae(tmp_path):
    """The VAE of another model, as a folder, a whole diffusers model, and a file in that layout."""
    torch.manual_seed(1)
    folder = save_model(tmp_path / "other")
    model = load_model(str(folder), device=torch.device("cpu"), dtype=torch.float32)
    with torch.no_grad():
        for parameter in model.vae.parameters():
            parameter.mul_(1.5)
    model.vae.save_pretrained(folder / "vae")
    state = {key: tensor.contiguous() for key, tensor in model.vae.state_dict().items()}
    save_file(state, tmp_path / "diffusers.safetensors")
    return model.vae, [folder, folder / "vae", tmp_path / "diffusers.safetensors"]


def test_a_vae_of_its_own_is_used_for_this_run_only(train, request_for, models, other_vae):
    vae, places = other_vae
    plain = losses(train()[1])
    for place in places:
        model = load_base(request_for(vae=str(place)))
        for key, tensor in vae.state_dict().items():
            assert torch.equal(model.vae.state_dict()[key], tensor)
    assert losses(train(vae=str(places[0]))[1]) != plain
    assert losses(train()[1]) == plain


def test_a_vae_alone_in_the_original_layout_is_read(tmp_path):
    from engine.models import checkpoint_keys

    model = small_model("sd1")
    stages = len(model.vae.config.block_out_channels)
    state = {}
    for key, tensor in model.vae.state_dict().items():
        source = checkpoint_keys.vae_source(key, stages)
        wide = checkpoint_keys.is_vae_attention(key)
        state[source] = (tensor[:, :, None, None] if wide else tensor).contiguous() + 0.25
    save_file(state, tmp_path / "whole.safetensors")
    alone = {key.removeprefix(checkpoint_keys.VAE): tensor for key, tensor in state.items()}
    save_file(alone, tmp_path / "alone.safetensors")
    for name in ("whole", "alone"):
        found = load_vae(tmp_path / f"{name}.safetensors", model)
        for key, tensor in model.vae.state_dict().items():
            assert torch.equal(found.state_dict()[key], tensor + 0.25)


def test_what_is_no_vae_of_this_size_is_refused(tmp_path, other_vae):
    _, places = other_vae
    model = small_model("sd1")
    with pytest.raises(ModelFileError, match="makes other latents"):
        load_vae(places[0], model)
    save_file({"nothing": torch.zeros(1)}, tmp_path / "nothing.safetensors")
    with pytest.raises(ModelFileError, match="not complete"):
        load_vae(tmp_path / "nothing.safetensors", model)
    with pytest.raises(MissingFileError):
        load_vae(tmp_path / "gone.safetensors", model)


def test_a_vae_stays_in_full_precision_when_asked_for(request_for):
    half = load_base(request_for(mixed_precision="bf16"))
    assert half.vae.dtype == half.unet.dtype == torch.bfloat16
    whole = load_base(request_for(mixed_precision="bf16", no_half_vae=True))
    assert whole.vae.dtype == torch.float32
    assert whole.unet.dtype == torch.bfloat16
