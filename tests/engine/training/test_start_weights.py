"""Files that a run cannot start from are told by their headers, at the field and before the run."""

from __future__ import annotations

import pytest
import torch

from engine.models.lora_file import write_lora
from engine.runtime.refusals import RefusedError
from engine.training.advice import advice
from engine.training.checks import check, traits_of
from engine.training.network import adapted
from engine.training.start_weights import files_of, look_at, misfits
from engine.training.traits import starter_traits
from tests.engine.models.tiny import tiny_model
from tests.engine.training.networks import make


@pytest.fixture(scope="module")
def model():
    return tiny_model("sd1")


@pytest.fixture(scope="module")
def written(model, tmp_path_factory):
    """Write the adapter that settings make on a model."""

    def write(on=model, version="sd_v1", **settings):
        path = tmp_path_factory.mktemp("start") / "before.safetensors"
        with adapted(on, make(**settings)) as network, torch.no_grad():
            write_lora(path, network.tensors(), {"ss_base_model_version": version})
        return str(path)

    return write


def told(model, **settings):
    request = make(**settings)
    files = {path: look_at(path) for _, path in files_of(request)}
    return [(one.setting, str(one)) for one in misfits(request, traits_of(model), files)]


def test_what_fits_is_not_refused(model, written):
    path = written(network_dim=4)
    assert told(model, network_weights=path, network_dim=4) == []
    assert told(model, network_weights=path, network_dim=9, dim_from_weights=True) == []
    assert told(model, base_weights=(path,), network_dim=9) == []
    for name in ("layers_include", "layers_exclude"):  # only the layers themselves tell then
        assert told(model, network_weights=path, network_dim=9, **{name: "mid"}) == []


def test_another_rank_or_kind_is_told(model, written):
    ((setting, words),) = told(model, network_weights=written(network_dim=4), network_dim=8)
    assert setting == "network_weights"
    assert words.startswith("before.safetensors is a LoCon of rank 4 in lora_te_")
    assert words.endswith(", the new adapter is not.")
    wide = written(network_dim=4, conv_dim=2)
    assert told(model, network_weights=wide, network_dim=4, conv_dim=2) == []
    ((_, words),) = told(model, network_weights=wide, network_dim=4, conv_dim=3)
    assert "is a LoCon of rank 2 in " in words
    loha = written(network_type="loha", network_dim=4)
    assert told(model, network_weights=loha, network_dim=4) == [
        ("network_weights", "before.safetensors is a LoHa, the new adapter is not.")
    ]


def test_another_family_or_size_is_told_for_both_kinds_of_files(model, written):
    path = written(tiny_model("sdxl"), "sdxl_base_v1-0")
    sentence = "before.safetensors is a LoRA for SDXL; "
    found = told(model, network_weights=path, base_weights=(path,))
    assert [setting for setting, _ in found] == ["base_weights", "network_weights"]
    assert all(words.startswith(sentence) for _, words in found)
    request = make(network_weights=(path := written(network_dim=4)), network_dim=4)
    (small,) = misfits(request, starter_traits(), {path: look_at(path)})
    assert "a model of another size than" in str(small)


def test_no_file_and_no_lora_are_told(model, tmp_path):
    path = tmp_path / "gone.safetensors"
    assert told(model, network_weights=str(path)) == [
        ("network_weights", f"The file {path} does not exist.")
    ]
    path.write_bytes(b"\x00" * 40)
    ((_, words),) = told(model, network_weights=str(path))
    assert "gone.safetensors" in words


def test_the_run_refuses_with_the_same_sentence(model, written):
    path = written(network_dim=4)
    ((setting, words),) = told(model, network_weights=path, network_dim=8)
    with pytest.raises(RefusedError) as caught:
        check(make(network_weights=path, network_dim=8), model)
    assert [(one.setting, str(one)) for one in caught.value.refusals] == [(setting, words)]
    assert str(caught.value).endswith("Choose another LoRA, or settings that it fits.")
    with pytest.raises(RefusedError, match="choose another base model"):
        check(make(network_weights=path, network_dim=8, block_dims="1,2"), model)


def test_a_model_that_says_it_predicts_something_else_is_told():
    request = make(prediction_type="epsilon")
    assert advice(request, says="epsilon") == advice(request) == []
    (why,) = advice(request, says="v_prediction")
    assert "says that it predicts v_prediction, and Model predicts is epsilon" in str(why)
    assert advice(make(), says="v_prediction") == []
