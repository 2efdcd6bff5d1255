"""The loss and the gradient of every option of the objective, against float64 written down anew.

The reference merges the LoRA into the weights of diffusers' UNet, and computes what the papers and
kohya's documents say, element by element, from the same noise.
"""

from __future__ import annotations

import contextlib
from types import SimpleNamespace

import pytest
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from safetensors.torch import save_file
from torch.func import functional_call

from engine.models.loading import load_model
from engine.training.conditioning import CaptionEncoder
from engine.training.latents import Encoded
from engine.training.learner import Learner
from engine.training.network import adapted
from engine.training.noise import draw
from engine.training.objective import Objective
from engine.training.ways import Way

E, V = "epsilon", "v_prediction"
HUBER = {"loss_type": "huber"}
SMOOTH = {"loss_type": "smooth_l1"}
STYLE = {"style_loss_weight": 0.7, "style_max_timestep": 1000, "style_crop": 0}
HELD = {"preservation_weight": 0.6, "trigger_word": "thing", "preservation_class": "drawing"}
CASES = [
    (E, {}),
    (V, {}),
    (E, {"loss_type": "l1"}),
    (V, {"loss_type": "l1"}),
    (E, HUBER),
    (E, HUBER | {"huber_c": 0.4}),
    (E, HUBER | {"huber_c": 0.0}),
    (E, HUBER | {"huber_scale": 2.5}),
    (E, HUBER | {"huber_scale": 2.5, "kohya_loss_weights": True}),
    (E, HUBER | {"huber_schedule": "exponential", "huber_scale": 2.0}),
    (V, HUBER | {"huber_schedule": "constant", "huber_scale": 0.5}),
    (V, HUBER | {"zero_terminal_snr": True}),
    (V, SMOOTH),
    (E, SMOOTH | {"huber_schedule": "exponential"}),
    (E, SMOOTH | {"huber_schedule": "constant", "huber_c": 0.02}),
    (E, {"min_snr_gamma": 5.0}),
    (V, {"min_snr_gamma": 1.0}),
    (E, {"debiased_estimation_loss": True}),
    (V, {"debiased_estimation_loss": True}),
    (V, {"scale_v_pred_loss_like_noise_pred": True}),
    (E, {"v_pred_like_loss": 0.4}),
    (V, {"min_snr_gamma": 5.0, "scale_v_pred_loss_like_noise_pred": True, "loss_type": "l1"}),
    (E, {"min_snr_gamma": 5.0, "debiased_estimation_loss": True, "v_pred_like_loss": 1.0}),
    (V, {"zero_terminal_snr": True}),
    (V, {"zero_terminal_snr": True, "min_snr_gamma": 5.0}),
    (V, {"zero_terminal_snr": True, "min_snr_gamma": 5.0, "kohya_loss_weights": True}),
    (E, {"noise_offset": 0.3}),
    (V, {"noise_offset": 0.3, "noise_offset_random_strength": True}),
    (E, {"noise_offset": 0.1, "adaptive_noise_scale": 0.8}),
    (E, {"noise_offset": 0.1, "adaptive_noise_scale": -0.5}),
    (E, {"multires_noise_iterations": 4, "multires_noise_discount": 0.6}),
    (V, {"multires_noise_iterations": 3, "noise_offset": 0.2}),
    (E, {"ip_noise_gamma": 0.3}),
    (V, {"ip_noise_gamma": 0.3, "ip_noise_gamma_random_strength": True}),
    (E, {"min_timestep": 600, "max_timestep": 610}),
    (E, {"timestep_sampling": "sigmoid", "sigmoid_scale": 0.2}),
    (V, {"timestep_sampling": "logit_normal", "logit_mean": -2.0}),
    (E, {"mask": True}),
    (V, {"mask": True, "masked_loss_area": True, "loss_type": "l1"}),
    (E, {"mask": True, "masked_loss": False}),
    (E, STYLE),
    (V, STYLE),
    (V, STYLE | {"style_loss_weight": 0.0, "perceptual_loss_weight": 0.9}),
    (E, STYLE | {"style_min_timestep": 300, "style_max_timestep": 600, "min_snr_gamma": 5.0}),
    (V, STYLE | {"mask": True, "perceptual_loss_weight": 0.4}),
    (V, STYLE | {"gradient_checkpointing": True}),
    (V, STYLE | {"style_features": "vgg", "perceptual_loss_weight": 0.4}),
    (E, HELD),
    (V, HELD | {"mask": True, "loss_type": "l1"}),
]
CAPTIONS = ["a red block", "blue", "thing, red"]
PLAIN = ["a red block", "blue", "drawing, red"]


def describe(case):
    prediction, options = case
    return " ".join([prediction[0], *(f"{k}={v}" for k, v in options.items())])


@pytest.fixture(scope="module")
def vgg(tmp_path_factory):
    """A VGG of three narrow convolutions; the third stands behind a pooling."""
    generator = torch.Generator().manual_seed(8)
    weights = {}
    for number, (inside, outside) in {0: (3, 5), 2: (5, 6), 5: (6, 7)}.items():
        shape = (outside, inside, 3, 3)
        weights[f"features.{number}.weight"] = torch.randn(shape, generator=generator) * 0.2
        weights[f"features.{number}.bias"] = torch.randn(outside, generator=generator) * 0.1
    path = tmp_path_factory.mktemp("vgg") / "vgg.safetensors"
    save_file(weights, path)
    return path, {key: tensor.double() for key, tensor in weights.items()}


@pytest.mark.parametrize("case", CASES, ids=describe)
def test_loss_and_gradient_are_those_of_the_formula_in_float64(case, models, request_for, vgg):
    prediction, options = case
    options = dict(options)
    masked = options.pop("mask", False)
    if options.get("style_features") == "vgg":
        options["style_vgg_file"] = str(vgg[0])
    request = request_for(base_model=str(models[prediction]), **options)
    posteriors, masks = batch(masked)
    losses, gradient, factors, drawn, context = ours(request, posteriors, masks)

    world = World(models[prediction], prediction, request, factors, vgg[1])
    clean = world.clean(posteriors, drawn)
    expected = world.losses(clean, drawn, context, masks)
    torch.testing.assert_close(losses.double(), expected.detach(), rtol=2e-5, atol=1e-7)
    expected.mean().backward()
    for name, factor in world.factors.items():
        apart = (gradient[name].double() - factor.grad).norm()
        assert apart <= 2e-4 * factor.grad.norm() + 1e-8, name


def batch(masked):
    """Posteriors [B,2C,h,w] of three pictures, and training masks [B,1,h,w]."""
    generator = torch.Generator().manual_seed(3)
    mean = torch.randn(len(CAPTIONS), 4, 16, 16, generator=generator)
    deviation = torch.rand(mean.shape, generator=generator) * 0.1
    masks = torch.rand(len(CAPTIONS), 1, 16, 16, generator=generator).square()
    return torch.cat([mean, deviation], dim=1), masks if masked else None


def ours(request, posteriors, masks):
    """Loss of each picture, gradient and values of the LoRA by name, the draw, the texts."""
    model = load_model(request.base_model, device=torch.device("cpu"), dtype=torch.float32)
    encoder = CaptionEncoder(model, 1, learns=False)
    context = [encoder(texts).context.double() for texts in (CAPTIONS, PLAIN)]
    pictures = [
        SimpleNamespace(bucket=(32, 32), number=at, way=Way()) for at in range(len(CAPTIONS))
    ]
    store = SimpleNamespace(
        batch=lambda chosen: [
            Encoded(posteriors[one.number], None if masks is None else masks[one.number, 0])
            for one in chosen
        ]
    )
    with adapted(model, request) as network:
        generator = torch.Generator().manual_seed(6)
        for parameter in network.parameters:
            parameter.data.copy_(torch.randn(parameter.shape, generator=generator) * 0.1)
        factors = {name: tensor.clone() for name, tensor in network.tensors().items()}
        learner = Learner(model, Objective.of(request, model), encoder, store)
        drawn = draw(learner.latent_shape(pictures), request, torch.Generator().manual_seed(1))
        losses = learner.losses(pictures, CAPTIONS, drawn)
        losses.mean().backward()
        for parameter in network.parameters:
            parameter.data.copy_(parameter.grad)
        gradient = {name: tensor.clone() for name, tensor in network.tensors().items()}
    return losses.detach(), gradient, factors, drawn, context


class World:
    """The reference: everything in float64, nothing of the engine."""

    def __init__(self, folder, prediction, request, factors, vgg):
        self.unet = UNet2DConditionModel.from_pretrained(folder, subfolder="unet").double().eval()
        self.vae = AutoencoderKL.from_pretrained(folder, subfolder="vae").double().eval()
        self.unet.requires_grad_(False)
        self.vae.requires_grad_(False)
        self.predicts_v, self.o, self.vgg = prediction == V, request, vgg
        self.alphas = {k: float(t) for k, t in factors.items() if k.endswith(".alpha")}
        self.factors = {
            key: tensor.double().requires_grad_()
            for key, tensor in factors.items()
            if not key.endswith(".alpha")
        }

    def predict(self, noisy, timesteps, context):
        weights = {}
        for path, layer in self.unet.named_modules():
            name = "lora_unet_" + path.replace(".", "_")
            down = self.factors.get(f"{name}.lora_down.weight")
            if down is not None:
                up = self.factors[f"{name}.lora_up.weight"]
                delta = (up.flatten(1) @ down.flatten(1)).reshape(layer.weight.shape)
                scale = self.alphas[f"{name}.alpha"] / down.shape[0]
                weights[f"{path}.weight"] = layer.weight + scale * delta
        return functional_call(self.unet, weights, (noisy, timesteps, context)).sample

    def clean(self, posteriors, drawn):
        mean, deviation = posteriors.double().chunk(2, dim=1)
        return (mean + deviation * drawn.posterior.double()) * self.vae.config.scaling_factor

    def losses(self, clean, drawn, context, masks):
        o, t = self.o, drawn.timesteps
        a = table(o.zero_terminal_snr)[t].view(-1, 1, 1, 1)
        noise = self.noise(clean, drawn)
        seen = noise if drawn.perturbation is None else noise + drawn.perturbation.double()
        noisy = a.sqrt() * clean + (1 - a).sqrt() * seen
        answer = self.predict(noisy, t, context[0])
        target = a.sqrt() * noise - (1 - a).sqrt() * clean if self.predicts_v else noise
        error = self.error(answer - target, a, t)
        if masks is not None and o.masked_loss:
            error = error * masks.double()
        loss = error.mean(dim=(1, 2, 3))
        if masks is not None and o.masked_loss_area:
            loss = loss / masks.double().mean(dim=(1, 2, 3))
        loss = loss * self.weight(t)
        if o.style_loss_weight or o.perceptual_loss_weight:
            if self.predicts_v:
                guess = a.sqrt() * noisy - (1 - a).sqrt() * answer
            else:
                guess = (noisy - (1 - a).sqrt() * answer) / a.sqrt()
            if masks is not None:
                guess = clean + masks.double() * (guess - clean)
            inside = (t >= o.style_min_timestep) & (t < o.style_max_timestep)
            loss = loss + inside * self.looks(guess, clean)
        if o.preservation_weight:
            with torch.no_grad():
                before = self.unet(noisy, t, context[1]).sample
            apart = (self.predict(noisy, t, context[1]) - before) ** 2
            named = torch.tensor(["thing" in caption for caption in CAPTIONS])
            loss = loss + o.preservation_weight * named * apart.mean(dim=(1, 2, 3))
        return loss

    def noise(self, clean, drawn):
        noise = drawn.noise.double()
        if drawn.offset is not None:
            brightness = clean.mean(dim=(2, 3), keepdim=True).abs()
            strength = drawn.offset_strength + self.o.adaptive_noise_scale * brightness
            noise = noise + strength.clamp(min=0) * drawn.offset.double()
        if drawn.coarse is not None:
            noise = noise + drawn.coarse.double()
            noise = noise / noise.std()
        return noise

    def error(self, d, a, t):
        o = self.o
        if o.loss_type == "l2":
            return d**2
        if o.loss_type == "l1":
            return d.abs()
        if o.huber_schedule == "constant":
            c = torch.full_like(a, o.huber_c)
        elif o.huber_schedule == "exponential":
            c = torch.tensor(o.huber_c, dtype=torch.float64) ** (t.view_as(a) / 1000)
        else:
            c = (1 - o.huber_c) / (1 + ((1 - a) / a).sqrt()) ** 2 + o.huber_c
        if not (o.kohya_loss_weights and o.huber_schedule == "snr"):
            c = c * o.huber_scale
        smooth = 2 * ((d**2 + c**2).sqrt() - c)
        return c * smooth if o.loss_type == "huber" else smooth

    def weight(self, t):
        o = self.o
        a = table(o.zero_terminal_snr and not o.kohya_loss_weights)[t]
        snr, weight = a / (1 - a), torch.ones(len(t), dtype=torch.float64)
        capped = snr.clamp(max=1000)
        if o.min_snr_gamma:
            weight *= snr.clamp(max=o.min_snr_gamma) / (snr + 1 if self.predicts_v else snr)
        if o.scale_v_pred_loss_like_noise_pred:
            weight *= capped / (capped + 1)
        if o.v_pred_like_loss:
            weight *= 1 + o.v_pred_like_loss * (capped + 1) / capped
        if o.debiased_estimation_loss:
            weight *= 1 / (capped + 1) if self.predicts_v else capped**-0.5
        return weight

    def looks(self, guess, clean):
        seen, true = self.maps(guess), self.maps(clean)
        layers = []
        for one, other in zip(seen, true, strict=True):
            textures = relative(grams(one), grams(other))
            places = relative(one, other)
            layers.append(
                self.o.style_loss_weight * textures + self.o.perceptual_loss_weight * places
            )
        return sum(layers) / len(layers)

    def maps(self, latents):
        pixels = self.vae.decode(latents / self.vae.config.scaling_factor).sample
        if self.o.style_features == "vae":
            found = []
            with contextlib.ExitStack() as hooks:
                for block in self.vae.encoder.down_blocks:
                    handle = block.register_forward_hook(lambda *got: found.append(got[2]))
                    hooks.callback(handle.remove)
                self.vae.encoder(pixels)
            return found
        mean, deviation = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
        shape = (1, 3, 1, 1)
        x = (pixels / 2 + 0.5 - torch.tensor(mean).view(shape)) / torch.tensor(deviation).view(
            shape
        )
        first = self.convolved(x, 0)
        second = self.convolved(first, 2)
        return [first, self.convolved(torch.nn.functional.max_pool2d(second, 2), 5)]

    def convolved(self, x, number):
        weight, bias = (self.vgg[f"features.{number}.{part}"] for part in ("weight", "bias"))
        return torch.nn.functional.conv2d(x, weight, bias, padding=1).clamp(min=0)


def table(zero_snr):
    betas = torch.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=torch.float64) ** 2
    roots = (1 - betas).cumprod(0).sqrt()
    if zero_snr:
        roots = (roots - roots[-1]) * roots[0] / (roots[0] - roots[-1])
    return roots**2


def grams(maps):
    return torch.einsum("bchw,bdhw->bcd", maps, maps) / maps[0, 0].numel()


def relative(one, other):
    total = [(a - b).pow(2).sum() / b.pow(2).sum() for a, b in zip(one, other, strict=True)]
    return torch.stack(total)
