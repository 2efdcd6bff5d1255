"""Adapters that go on from files, or learn on top of them."""

from __future__ import annotations

import json

import pytest
import torch

from engine.models.lora_file import write_lora
from engine.runtime.errors import BadInputError, ModelFileError
from engine.training import fingerprints
from engine.training.network import adapted
from tests.engine.models.tiny import tiny_model
from tests.engine.training.networks import answer, make, shake


@pytest.fixture
def model():
    return tiny_model("sd1")


@pytest.fixture
def file(model, tmp_path):
    """A trained adapter of rank 4, and what the model answers with it."""
    with adapted(model, make()) as network, torch.no_grad():
        shake(network)
        path = tmp_path / "before.safetensors"
        write_lora(path, network.tensors(), {"ss_base_model_version": "sd_v1"})
        return path, answer(model)


def test_an_adapter_goes_on_from_the_weights_of_a_file(model, file):
    path, expected = file
    with adapted(model, make(network_weights=str(path))) as network, torch.no_grad():
        torch.testing.assert_close(answer(model), expected)
        assert network.notes == ()
    with adapted(model, make()), torch.no_grad():
        assert not torch.allclose(answer(model), expected)


@pytest.mark.parametrize("kind", ["lora", "loha", "lokr"])
def test_another_alpha_changes_how_it_learns_on_but_not_where_it_starts(model, tmp_path, kind):
    values = {"network_type": kind, "network_dim": 2}
    path = tmp_path / "a.safetensors"
    with adapted(model, make(**values)) as network, torch.no_grad():
        shake(network)
        write_lora(path, network.tensors(), {"ss_base_model_version": "sd_v1"})
        expected = answer(model)
    request = make(network_weights=str(path), network_alpha=5.0, **values)
    with adapted(model, request) as network, torch.no_grad():
        torch.testing.assert_close(answer(model), expected, rtol=1e-4, atol=1e-5)
        assert {float(t) for k, t in network.tensors().items() if "attn1_to_q.alpha" in k} == {5.0}


def test_what_of_the_file_has_no_place_is_said(model, file):
    request = make(network_weights=str(file[0]), text_encoder_lr=0)
    with adapted(model, request) as network:
        (note,) = network.notes
    assert "before.safetensors" in str(note)
    assert "lora_te_" in str(note)
    assert note.facts["count"] == "18"


@pytest.mark.parametrize("values", [{"network_dim": 2}, {"network_type": "loha"}])
def test_a_file_of_another_rank_or_kind_is_refused_unless_it_decides_them(model, file, values):
    path, expected = file
    with (
        pytest.raises(BadInputError, match="the new adapter is not"),
        adapted(model, make(network_weights=str(path), **values)),
    ):
        pass
    request = make(network_weights=str(path), dim_from_weights=True, conv_dim=0, **values)
    with adapted(model, request) as network, torch.no_grad():
        torch.testing.assert_close(answer(model), expected)
        assert (
            network.tensors()["lora_unet_mid_block_resnets_0_conv1.lora_down.weight"].shape[0] == 2
        )
        assert all(parameter.requires_grad for parameter in network.parameters)


@pytest.mark.parametrize(
    "values",
    [{"network_weights": "{}"}, {"network_weights": "{}", "dim_from_weights": True},
     {"base_weights": ("{}",)}],
)  # fmt: skip
def test_a_file_of_another_family_is_refused(model, tmp_path, values):
    stranger = tiny_model("sdxl")
    with adapted(stranger, make()) as network:
        shake(network)
        written = {"ss_base_model_version": "sdxl_base_v1-0"}
        write_lora(tmp_path / "xl.safetensors", network.tensors(), written)
    text = json.dumps(values).replace("{}", (tmp_path / "xl.safetensors").as_posix())
    with (
        pytest.raises(ModelFileError, match="SDXL"),
        adapted(model, make(**json.loads(text))),
    ):
        pass
    assert not model.adapters.attached


@pytest.mark.parametrize("kind", ["loha", "lokr"])
def test_other_kinds_go_on_too(model, tmp_path, kind):
    values = {"network_type": kind, "dora_wd": True}
    with adapted(model, make(**values)) as network, torch.no_grad():
        shake(network)
        written = {"ss_base_model_version": "sd_v1"}
        write_lora(tmp_path / "a.safetensors", network.tensors(), written)
        expected = answer(model)
    for more in (values, {"dim_from_weights": True}):
        request = make(network_weights=str(tmp_path / "a.safetensors"), **more)
        with adapted(model, request), torch.no_grad():
            torch.testing.assert_close(answer(model), expected)


def test_base_weights_act_like_the_base_model_and_are_not_saved(model, file):
    path, expected = file
    with torch.no_grad():
        base = answer(model)
    with adapted(model, make(base_weights=[str(path)])) as network, torch.no_grad():
        torch.testing.assert_close(answer(model), expected)
        assert not any("lora_up" in k and t.any() for k, t in network.tensors().items())
    request = make(base_weights=[str(path), str(path)], base_weights_multiplier=[0.5, 0.5])
    with adapted(model, request), torch.no_grad():
        torch.testing.assert_close(answer(model), expected, rtol=1e-4, atol=1e-5)
    with torch.no_grad():
        assert torch.equal(answer(model), base)
    assert not model.adapters.attached


def test_captions_encoded_on_top_of_other_weights_have_another_name(model, file):
    encoder = model.text_encoders[0]
    plain = fingerprints.of_weights(encoder)
    names = set()
    for strength in (1.0, 0.5):
        request = make(
            base_weights=[str(file[0])], base_weights_multiplier=[strength], text_encoder_lr=0
        )
        with adapted(model, request):
            names.add(fingerprints.of_weights(encoder))
    assert len(names | {plain}) == 3
    with adapted(model, make(text_encoder_lr=0)):
        assert fingerprints.of_weights(encoder) == plain
