"""The adapter in training: every setting of it does what it says."""

from __future__ import annotations

import copy

import pytest
import torch

from engine.models import adapter_training, adapters
from engine.models.adapter_plan import AdapterSpec
from engine.runtime.errors import BadInputError
from engine.training.checks import check
from engine.training.ema import Ema
from engine.training.idle import without_effect
from engine.training.network import adapted
from tests.engine.models.tiny import tiny_model
from tests.engine.training.networks import answer, make, shake


@pytest.fixture
def model():
    return tiny_model("sd1")


def endings(network):
    return {key.split(".", 1)[1] for key in network.tensors()}


def factors(network, request):
    return {group.name: group.rate_factor for group in network.groups(request)}


@pytest.mark.parametrize(
    ("values", "ending"),
    [
        ({}, "lora_up.weight"),
        ({"network_type": "locon"}, "lora_up.weight"),
        ({"network_type": "loha"}, "hada_w2_b"),
        ({"network_type": "lokr"}, "lokr_w1"),
        ({"dora_wd": True}, "dora_scale"),
        ({"network_type": "lokr", "decompose_both": True, "network_dim": 1}, "lokr_w1_b"),
    ],
)
def test_the_kind_decides_the_tensors(model, values, ending):
    with adapted(model, make(**values)) as network:
        assert ending in endings(network)
    with adapted(model, make(network_type="lora")) as network:
        assert endings(network) == {"lora_down.weight", "lora_up.weight", "alpha"}


def test_the_factor_of_lokr_is_the_size_of_its_first_matrix(model):
    for factor, side in ((2, 2), (4, 4)):
        with adapted(model, make(network_type="lokr", factor=factor)) as network:
            first = [t for key, t in network.tensors().items() if key.endswith("lokr_w1")]
            assert {tuple(tensor.shape) for tensor in first if tensor.shape[0] > 1} == {
                (side, side)
            }


def test_rank_stabilized_alphas_are_written_so_that_every_reader_agrees(model):
    with adapted(model, make(rs_lora=True)) as network:
        alphas = {float(t) for k, t in network.tensors().items() if "attn1_to_q.alpha" in k}
    assert alphas == {2.0 * 4**0.5}  # alpha / 4 is then 2 / sqrt(4)


def test_only_the_chosen_layers_learn(model):
    with adapted(model, make(layers_include="attn2, /mlp/", layers_exclude="to_k")) as network:
        names = {key.split(".")[0] for key in network.tensors()}
    assert all("attn2" in name or "mlp" in name for name in names)
    assert any("attn2_to_q" in name for name in names)
    assert not any("to_k" in name for name in names)


def test_block_lists_decide_ranks_and_alphas(model):
    ranks = ", ".join("6" if block == 12 else "1" for block in range(25))
    values = {"block_dims": ranks, "block_alphas": ",".join(["3"] * 25),
              "conv_block_dims": ranks, "conv_block_alphas": ",".join(["5"] * 25)}  # fmt: skip
    with adapted(model, make(**values)) as network:
        tensors = network.tensors()
    attention = "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_q"
    assert tensors[f"{attention}.lora_down.weight"].shape[0] == 6
    assert float(tensors[f"{attention}.alpha"]) == 3
    assert tensors["lora_unet_mid_block_resnets_0_conv1.lora_down.weight"].shape[0] == 6
    assert float(tensors["lora_unet_mid_block_resnets_0_conv1.alpha"]) == 5
    assert tensors["lora_unet_up_blocks_0_resnets_0_conv1.lora_down.weight"].shape[0] == 1


@pytest.mark.parametrize(
    ("values", "alpha"),
    [
        ({"conv_block_dims": ",".join(["4"] * 25)}, 3),
        ({"conv_block_dims": ",".join(["4"] * 25), "conv_block_alphas": ",".join(["5"] * 25)}, 5),
        ({"conv_dim": 4, "conv_block_alphas": ",".join(["5"] * 25)}, 3),
    ],
)
def test_alphas_of_convolutions_by_block_go_with_ranks_by_block(model, values, alpha):
    with adapted(model, make(conv_alpha=3, **values)) as network:
        assert float(network.tensors()["lora_unet_mid_block_resnets_0_conv1.alpha"]) == alpha


def test_rates_of_blocks_are_groups_of_their_own_and_zero_blocks_are_gone(model):
    request = make(
        down_lr_weight="1, 0.5", mid_lr_weight="0.25", up_lr_weight="zeros+0.1",
        block_lr_zero_threshold=0.1, text_encoder_lr=1e-4,
    )  # fmt: skip
    with adapted(model, request) as network:
        found = factors(network, request)
        assert found["te1"] == 1
        assert found["unet_block1"] == 0.5
        assert found["unet_block12"] == 0.25
        assert not any("up_blocks" in key for key in network.tensors())
    assert found.keys() >= {"unet_block1", "unet_block3", "unet_block12"}


def test_every_parameter_is_in_one_group(model):
    request = make(mid_lr_weight="0.5", loraplus_lr_ratio=4, dora_wd=True)
    with adapted(model, request) as network:
        grouped = [id(p) for group in network.groups(request) for p in group.parameters]
        assert len(grouped) == len(set(grouped))
        assert set(grouped) == {id(p) for p in network.parameters}
        assert {group.part for group in network.groups(request)} == {"unet", "te1"}


@pytest.mark.parametrize(
    ("values", "unet", "text"),
    [
        ({"loraplus_lr_ratio": 16}, 16, 16),
        ({"loraplus_lr_ratio": 16, "loraplus_unet_lr_ratio": 8}, 8, 16),
        ({"loraplus_text_encoder_lr_ratio": 4}, None, 4),
    ],
)
def test_the_half_that_starts_at_zero_learns_faster_with_lora_plus(model, values, unet, text):
    request = make(**values)
    with adapted(model, request) as network:
        groups = {group.name: group for group in network.groups(request)}
        assert groups["te1 plus"].rate_factor == text
        assert ("unet plus" in groups) == (unet is not None)
        if unet:
            assert groups["unet plus"].rate_factor == unet
        assert not any(p.any() for p in groups["te1 plus"].parameters)
        assert all(p.any() for p in groups["te1"].parameters)


def test_without_lora_plus_there_is_one_group_a_part(model):
    request = make()
    with adapted(model, request) as network:
        assert factors(network, request) == {"unet": 1.0, "te1": 1.0}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("network_dropout", "lora"),
        *((name, kind) for name in ("rank_dropout", "module_dropout")
          for kind in ("lora", "loha", "lokr")),
    ],
)  # fmt: skip
def test_dropouts_act_only_while_learning(model, name, kind):
    with adapted(model, make(network_type=kind, **{name: 0.5})) as network, torch.no_grad():
        shake(network)
        whole = answer(model)
        network.train_mode(True)
        dropped = []
        for seed in (1, 1, 2):
            with torch.random.fork_rng():
                torch.manual_seed(seed)
                dropped.append(answer(model))
        network.train_mode(False)
        assert torch.equal(answer(model), whole)
    assert torch.equal(dropped[0], dropped[1])
    assert not torch.equal(dropped[0], dropped[2])
    assert not torch.equal(dropped[0], whole)


def _layer(model):
    return model.unet.mid_block.attentions[0].transformer_blocks[0].attn1.to_q


@torch.no_grad()
def _dropped(model, network, count=300):
    """What the adapter of one layer adds, many times over for the same input; and undropped."""
    x = torch.randn(1, 3, _layer(model).weight.shape[1], generator=torch.Generator().manual_seed(2))
    plain = _layer(model).host(x)
    whole = _layer(model)(x) - plain
    network.train_mode(True)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        rows = torch.stack([_layer(model)(x) - plain for _ in range(count)])
    network.train_mode(False)
    return rows, whole


@pytest.mark.parametrize("name", ["network_dropout", "rank_dropout"])
def test_what_stays_is_made_stronger_so_that_the_mean_is_the_same(model, name):
    with adapted(model, make(**{name: 0.25})) as network:
        shake(network)
        rows, whole = _dropped(model, network)
    spread = rows.std(dim=0) / len(rows) ** 0.5
    assert ((rows.mean(dim=0) - whole).abs() < 5 * spread + 1e-6).all()
    assert (rows[0] - whole).abs().max() > 1e-4


def test_rank_dropout_drops_a_rank_of_a_picture_everywhere(model):
    """With one rank the adapter of a picture is there, stronger, or it is not."""
    with adapted(model, make(network_dim=1, rank_dropout=0.5)) as network:
        shake(network)
        rows, whole = _dropped(model, network, 40)
    there = [torch.allclose(row, 2 * whole, atol=1e-6) for row in rows]
    gone = [not row.abs().max() > 1e-6 for row in rows]
    assert all(a or b for a, b in zip(there, gone, strict=True))
    assert 5 < sum(there) < 35


def test_module_dropout_leaves_whole_layers_out_as_often_as_asked(model):
    with adapted(model, make(module_dropout=0.25)) as network:
        shake(network)
        rows, whole = _dropped(model, network)
    gone = sum(bool((row == 0).all()) for row in rows)
    kept = sum(torch.equal(row, whole) for row in rows)
    assert gone + kept == len(rows)
    assert 45 < gone < 105


def test_a_run_checkpoints_its_gradients_only_when_asked_and_only_while_it_lasts():
    for asked in (False, True):
        model = tiny_model("sd1")
        with adapted(model, make(gradient_checkpointing=asked)):
            assert model.unet.is_gradient_checkpointing is asked
        assert not model.unet.is_gradient_checkpointing


def test_gradients_with_checkpointing_drop_the_same(model):
    gradients = []
    for on in (False, True):
        request = make(network_dropout=0.5, rank_dropout=0.2, gradient_checkpointing=on)
        with adapted(model, request) as network:
            shake(network)
            network.train_mode(True)
            with torch.random.fork_rng():
                torch.manual_seed(1)
                answer(model).square().mean().backward()
            gradients.append([parameter.grad.clone() for parameter in network.parameters])
    for plain, again in zip(*gradients, strict=True):
        torch.testing.assert_close(plain, again, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kind", ["lora", "loha", "lokr"])
def test_changes_that_grew_too_long_are_shrunk_to_the_limit(model, kind):
    request = make(network_type=kind, scale_weight_norms=0.05)
    with adapted(model, request) as network:
        shake(network, 0.05)
        lengths = _lengths(model)
        said = network.after_step(request)
        after = _lengths(model)
    assert said["keys_scaled"] == sum(length > 0.05 for length in lengths.values()) > 0
    assert said["max_norm"] == pytest.approx(max(after.values()), rel=1e-3)
    assert said["avg_norm"] == pytest.approx(sum(after.values()) / len(after), rel=1e-3)
    for key, length in lengths.items():
        assert after[key] == pytest.approx(min(length, 0.05), rel=1e-3)


def _lengths(model):
    """Frobenius lengths of every module's change, by its formula."""
    found = {}
    for _, key, adapter in adapters.modules_of(model, "training"):
        t = {name: tensor.detach().double() for name, tensor in adapter.tensors.items()}
        if "lora_up.weight" in t:
            change = t["lora_up.weight"].flatten(1) @ t["lora_down.weight"].flatten(1)
        elif "hada_w1_a" in t:
            change = (t["hada_w1_a"] @ t["hada_w1_b"]) * (t["hada_w2_a"] @ t["hada_w2_b"])
        else:
            w2 = t["lokr_w2"] if "lokr_w2" in t else t["lokr_w2_a"] @ t["lokr_w2_b"]
            change = torch.kron(t["lokr_w1"], w2.flatten(1))
        found[key] = float(change.norm() * adapter.scale)
    return found


def test_no_limit_shrinks_nothing(model):
    request = make()
    with adapted(model, request) as network:
        shake(network, 3.0)
        before = network.tensors()
        assert network.after_step(request) == {}
        assert all(torch.equal(before[key], t) for key, t in network.tensors().items())


def test_the_average_follows_the_weights_slowly_and_gives_them_back(model):
    with adapted(model, make()) as network:
        ema = Ema(network, 0.5)
        average = [parameter.detach().clone() for parameter in network.parameters]
        for step in range(1, 6):
            shake(network, 0.1 * step)
            ema.update()
            decay = min(0.5, (1 + step) / (10 + step))
            average = [
                decay * old + (1 - decay) * new.detach()
                for old, new in zip(average, network.parameters, strict=True)
            ]
        own = [parameter.detach().clone() for parameter in network.parameters]
        with ema.swapped():
            for mean, parameter in zip(average, network.parameters, strict=True):
                torch.testing.assert_close(parameter.detach(), mean)
        assert all(torch.equal(a, b) for a, b in zip(own, network.parameters, strict=True))


def test_the_average_goes_on_from_its_state(model):
    with adapted(model, make()) as network:
        ema = Ema(network, 0.9)
        shake(network)
        ema.update()
        saved = copy.deepcopy(ema.state_dict())
        again = Ema(network, 0.9)
        again.load_state_dict(saved)
        for one in (ema, again):
            one.update()
        assert str(ema.state_dict()) == str(again.state_dict())
        assert ema.state_dict()["updates"] == 2


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"block_dims": "4, many"}, "write numbers with commas"),
        ({"block_alphas": "-1"}, "write numbers with commas"),
        ({"down_lr_weight": "sinus"}, "write numbers with commas"),
        ({"mid_lr_weight": "sine"}, "write numbers with commas"),
        ({"layers_include": "/attn[/"}, r"/attn\[/ is not right from its part \[ on\."),
        ({"layers_exclude": "/attn"}, "second slash"),
        ({"network_type": "lokr", "factor": 0}, "factor: it is a size"),
        ({"base_weights_multiplier": [1.0]}, "more strengths than files"),
        ({"module_dropout": 1.0}, "module_dropout"),
        ({"ema_decay": 1.0}, "ema_decay"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(values, words):
    with pytest.raises(BadInputError, match=words):
        make(**values)


def test_a_list_of_blocks_for_another_family_is_refused(model):
    request = make(block_dims=",".join(["4"] * 23))
    with pytest.raises(BadInputError, match=r"block_dims: it has 23 numbers, and SD 1\.x has 25"):
        check(request, model)


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ({"network_weights": "a", "dim_from_weights": True}, {"network_dim", "conv_dim"}),
        ({"network_weights": "a"}, set()),
        ({"dim_from_weights": True}, {"dim_from_weights"}),
        ({"network_type": "loha", "network_dropout": 0.1}, {"network_dropout"}),
        ({"unet_lr": 0, "mid_lr_weight": "0.5"}, {"mid_lr_weight", "conv_dim"}),
        ({"text_encoder_lr": 0, "loraplus_text_encoder_lr_ratio": 2},
         {"loraplus_text_encoder_lr_ratio"}),
        ({"conv_block_dims": "1"}, {"conv_dim"}),
        ({"block_lr_zero_threshold": 0.1}, {"block_lr_zero_threshold"}),
        ({"factor": 4}, {"factor"}),
    ],
)  # fmt: skip
def test_what_changes_nothing_is_named(values, names):
    assert {idle.name for idle in without_effect(make(network_alpha=16, **values))} == names


def test_expressions_may_hold_commas():
    assert make(layers_include="/a{1,2}/, b").included_layers == ("/a{1,2}/", "b")


def test_a_plain_spec_is_what_plain_settings_give(model):
    request = make(network_dim=8, network_alpha=1.0, conv_dim=0)
    with adapted(model, request) as network:
        mine = network.tensors()
    spec = AdapterSpec(rank=8, alpha=1.0)
    adapter_training.create(model, "plain", spec, torch.Generator().manual_seed(request.seed))
    plain = adapter_training.state_dict(model, "plain")
    assert all(torch.equal(plain[key], tensor) for key, tensor in mine.items())
