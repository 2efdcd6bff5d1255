"""Style and perceptual terms look at decoded pictures: textures, or places."""

from __future__ import annotations

import pytest
import torch

from engine.models.loading import load_model
from engine.runtime.errors import MissingFileError, ModelFileError
from engine.training import picture_features, style_loss
from engine.training.checks import check
from engine.training.noise import Draw
from engine.training.objective import Objective
from engine.training.style_loss import PictureTerms


@pytest.fixture(scope="module")
def model(models):
    return load_model(str(models["v_prediction"]), device=torch.device("cpu"), dtype=torch.float32)


@pytest.fixture
def terms(request_for, model):
    def build(**changes):
        options = {"style_loss_weight": 1.0, "style_crop": 0} | changes
        return PictureTerms.of(request_for(**options), model)

    return build


def latents(count=2, side=16, seed=0):
    return torch.randn(count, 4, side, side, generator=torch.Generator().manual_seed(seed))


def test_without_weights_nothing_looks(terms):
    assert terms(style_loss_weight=0) is None


def test_the_same_picture_costs_nothing_and_another_one_does(terms):
    for weights in ((1.0, 0.0), (0.0, 1.0)):
        look = terms(style_loss_weight=weights[0], perceptual_loss_weight=weights[1])
        assert look.losses(latents(), latents(), None).tolist() == [0, 0]
        assert (look.losses(latents(seed=1), latents(), None) > 0.01).all()


def test_weights_multiply_and_terms_add_up(terms):
    style, places = terms(), terms(style_loss_weight=0, perceptual_loss_weight=1)
    both = terms(style_loss_weight=0.5, perceptual_loss_weight=3)
    guess = latents(seed=1)
    expected = 0.5 * style.losses(guess, latents(), None) + 3 * places.losses(
        guess, latents(), None
    )
    torch.testing.assert_close(both.losses(guess, latents(), None), expected)


def test_with_checkpointing_a_picture_is_decoded_again_and_nothing_of_it_kept(terms):
    def look(checkpointing):
        kept = []
        guess = latents(seed=1).requires_grad_()

        def keep(tensor):
            kept.append(tensor.nbytes)
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            losses = terms(gradient_checkpointing=checkpointing).losses(guess, latents(), None)
        losses.sum().backward()
        return sum(kept), guess.grad

    (whole, expected), (little, found) = look(False), look(True)
    assert little < whole / 10
    torch.testing.assert_close(found, expected)


def test_style_does_not_ask_where_and_the_perceptual_term_does():
    maps = latents(side=8)
    moved = maps.roll((3, 2), dims=(2, 3))
    torch.testing.assert_close(style_loss.gram(moved), style_loss.gram(maps))
    assert style_loss.style_distance([moved], [maps]).max() < 1e-9
    assert style_loss.perceptual_distance([moved], [maps]).min() > 0.5


def test_gram_matrices_are_mean_products_of_channels():
    maps = torch.tensor([[[[1.0, 3.0]], [[2.0, -2.0]]]])
    assert style_loss.gram(maps).tolist() == [[[5.0, -2.0], [-2.0, 4.0]]]


def test_distances_are_relative_and_a_mean_over_layers():
    one, other = torch.full((1, 1, 2, 2), 3.0), torch.full((1, 1, 2, 2), 2.0)
    assert style_loss.perceptual_distance([one], [other]).item() == pytest.approx(0.25)
    found = style_loss.perceptual_distance([one, 50 * other], [other, 50 * other])
    assert found.item() == pytest.approx(0.125)


def test_a_part_is_cut_where_the_draw_says(terms):
    look = terms(style_crop=8)  # 4 of 16 cells
    changed = latents()
    changed[:, :, 10:, 12:] += 5
    corner = torch.tensor([[0.0, 0.0], [0.999, 0.999]])
    found = look.losses(changed, latents(), corner)
    assert found[0] == 0
    assert found[1] > 0.1
    assert look.losses(changed, latents(), None).tolist() == [0, 0]
    assert (terms(style_crop=4096).losses(changed, latents(), corner) > 0).all()


def objective(terms, model, **changes):
    alphas = torch.linspace(0.99, 0, 1000)
    return Objective(alphas, "v_prediction", pictures=terms(**changes))


def test_only_pictures_inside_the_window_are_looked_at(terms, model, monkeypatch):
    found = objective(terms, model, style_min_timestep=100, style_max_timestep=400)
    counts = []
    decode = model.vae.decode

    def counted(scaled, **options):
        counts.append(len(scaled))
        return decode(scaled, **options)

    monkeypatch.setattr(model.vae, "decode", counted)

    def at(*timesteps):
        clean = latents(len(timesteps))
        draw = Draw(clean, clean, torch.tensor(timesteps))
        return found.picture_losses(latents(len(clean), seed=1), clean, clean, draw).tolist()

    one = at(99, 100, 399, 400)
    assert [bool(value) for value in one] == [False, True, True, False]
    assert counts == [2, 2]
    assert at(50, 900) == [0, 0]
    assert counts == [2, 2]


def test_pure_noise_is_not_looked_at_because_it_shows_no_picture(terms, model):
    found = objective(terms, model, style_max_timestep=1000)
    clean = latents(1)
    draw = Draw(clean, clean, torch.tensor([999]))
    assert found.picture_losses(latents(1, seed=1), clean, clean, draw).tolist() == [0]


def test_what_a_mask_leaves_out_cannot_differ(terms, model):
    found = objective(terms, model, style_max_timestep=1000)
    clean, noisy = latents(1), latents(1, seed=1)
    draw = Draw(clean, clean, torch.tensor([300]))
    nothing, all_of_it = torch.zeros(1, 1, 16, 16), torch.ones(1, 1, 16, 16)
    assert found.picture_losses(noisy, noisy, clean, draw, nothing).tolist() == [0]
    plain = found.picture_losses(noisy, noisy, clean, draw)
    torch.testing.assert_close(found.picture_losses(noisy, noisy, clean, draw, all_of_it), plain)


def vgg(folder, *, first=3, normalized=False, prefix="features."):
    """A VGG of two blocks of two convolutions, and the file it is in."""
    weights = {}
    for number, (inside, outside) in {0: (first, 4), 2: (4, 4), 5: (4, 6), 7: (6, 6)}.items():
        weights[f"{prefix}{number}.weight"] = torch.randn(outside, inside, 3, 3)
        weights[f"{prefix}{number}.bias"] = torch.zeros(outside)
    weights["classifier.0.weight"] = torch.zeros(3, 6)
    if normalized:
        weights["features.1.running_mean"] = torch.zeros(4)
    path = folder / "vgg.pth"
    torch.save(weights, path)
    return path


@pytest.mark.parametrize("prefix", ["features.", ""])
def test_a_vgg_gives_the_first_activation_of_every_block(tmp_path, prefix):
    look = picture_features.vgg_features(vgg(tmp_path, prefix=prefix), torch.device("cpu"))
    maps = look(torch.rand(1, 3, 16, 12) * 2 - 1)
    assert [tuple(one.shape[1:]) for one in maps] == [(4, 16, 12), (6, 8, 6)]
    assert all(one.min() == 0 for one in maps)


def test_a_square_too_small_for_a_coarse_block_is_seen_by_the_others(tmp_path):
    look = picture_features.vgg_features(vgg(tmp_path), torch.device("cpu"))
    assert [one.shape[2] for one in look(torch.rand(1, 3, 1, 4))] == [1]


@pytest.mark.parametrize("wrong", [{"first": 4}, {"normalized": True}, {"prefix": "blocks."}])
def test_a_file_that_is_no_vgg_is_refused(tmp_path, wrong):
    with pytest.raises(ModelFileError, match=r"vgg\.pth is not a VGG"):
        picture_features.vgg_features(vgg(tmp_path, **wrong), torch.device("cpu"))


def test_a_missing_vgg_file_is_said_before_anything_is_done(tmp_path, request_for, model):
    with pytest.raises(MissingFileError):
        picture_features.vgg_features(tmp_path / "none.pth", torch.device("cpu"))
    chosen = {"style_features": "vgg", "style_vgg_file": str(tmp_path / "none.pth")}
    with pytest.raises(MissingFileError, match=r"none\.pth"):
        check(request_for(style_loss_weight=1.0, **chosen), model)
    check(request_for(**chosen), model)


def test_the_vae_is_seen_through_at_each_of_its_resolutions(model):
    maps = picture_features.vae_features(model.vae)(torch.rand(1, 3, 32, 32))
    assert [one.shape[2] for one in maps] == [16, 16]
