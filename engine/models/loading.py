"""Loading a base model of any family from a diffusers folder or a single file, offline."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from engine.models import hashes, weights
from engine.models.adapters import AdapterState
from engine.models.family import CONFIGS, FAMILIES, STARTER, STARTER_FOLDER, Family, TextEncoder
from engine.models.inspect import inspect
from engine.models.sources import Folder, SingleFile, Source
from engine.runtime.errors import BadInputError

PredictionType = Literal["epsilon", "v_prediction"]


@dataclass(eq=False)
class LoadedModel:
    """A base model in memory, frozen. All that differs between models is read from here.

    ``unet`` is diffusers' UNet2DConditionModel, ``vae`` its AutoencoderKL (in float32 where half
    precision would overflow), ``text_encoders`` are transformers' CLIP models. ``native_size`` is
    the side of the training pictures in pixels. ``adapters`` belongs to
    :mod:`engine.models.adapters`.
    """

    ref: str
    path: Path
    family: Family
    unet: Any
    vae: Any
    text_encoders: list[torch.nn.Module]
    tokenizers: list[CLIPTokenizer]
    scheduler_config: dict[str, Any]
    prediction_type: PredictionType
    native_size: int
    device: torch.device
    dtype: torch.dtype
    adapters: AdapterState = field(default_factory=AdapterState)

    @property
    def name(self) -> str:
        """The file's or folder's name without suffix; "starter" for the starter."""
        return self.path.stem if self.path.is_file() else self.path.name

    @property
    def _hashed_file(self) -> Path:
        """The single file, or the UNet's weights of a folder."""
        return self.path if self.path.is_file() else weights.weight_files(self.path / "unet")[0]

    @functools.cached_property
    def sha256(self) -> str:
        """SHA-256 of the single file, or of the UNet's weights of a folder."""
        return hashes.file_sha256(self._hashed_file)

    @functools.cached_property
    def old_hash(self) -> str:
        """The eight digits that older tools show, of the same file."""
        return hashes.old_sd_hash(self._hashed_file)

    @property
    def hash(self) -> str:
        """The first ten digits of :attr:`sha256`, as tools of this field show it."""
        return self.sha256[:10]

    @property
    def latent_channels(self) -> int:
        """Channels of a latent."""
        return int(self.vae.config.latent_channels)

    @property
    def vae_scale(self) -> int:
        """Pixels per latent cell, along one side."""
        return int(2 ** (len(self.vae.config.block_out_channels) - 1))

    @property
    def scaling_factor(self) -> float:
        """Latents have about unit variance after multiplication by this."""
        return float(self.vae.config.scaling_factor)


def model_path(ref: str) -> Path:
    """The file or folder that ``ref`` names."""
    return STARTER_FOLDER if ref == STARTER else Path(ref)


def load_model(
    ref: str,
    *,
    device: torch.device,
    dtype: torch.dtype,
    prediction_type: PredictionType | None = None,
    vae_dtype: torch.dtype | None = None,
    configs: Path = CONFIGS,
) -> LoadedModel:
    """Load "starter", a diffusers folder or a single file (.safetensors, .ckpt), all local.

    ``prediction_type`` overrides what :func:`engine.models.inspect.prediction_type` recognizes,
    ``vae_dtype`` the dtype of the VAE, which is ``dtype`` unless that would overflow.
    ``configs`` holds one folder of diffusers configs per family, for single files. Raises
    MissingFileError, or ModelFileError for what is truncated, hostile, incomplete or unknown.
    """
    path = model_path(ref)
    info = inspect(path)
    if info.kind != "base":
        raise BadInputError(
            "{name} is a LoRA, not a base model.",
            name=path.name,
            remedy="Choose it beside a base model.",
        )
    family = FAMILIES[info.family]
    source: Source = Folder(path) if path.is_dir() else SingleFile(path, configs / family.id)
    build = _Builder(source, path.name, device, dtype)
    unet, vae = build.unet(), build.vae(vae_dtype)
    scheduler = source.scheduler(family, prediction_type)
    predicts = scheduler["prediction_type"]
    encoders = family.text_encoders
    return LoadedModel(
        ref=ref, path=path, family=family, unet=unet, vae=vae,
        text_encoders=[build.text_encoder(encoder) for encoder in encoders],
        tokenizers=[build.tokenizer(encoder) for encoder in encoders],
        scheduler_config=scheduler, prediction_type=predicts, device=device, dtype=dtype,
        native_size=source.native_size(family, predicts, unet, vae),
    )  # fmt: skip


@functools.lru_cache(maxsize=8)
def _tokenizer(folder: Path, pad_id: int) -> CLIPTokenizer:
    """The tokenizer in ``folder``; shared, because the vocabulary is a megabyte-sized text."""
    tokenizer = CLIPTokenizer.from_pretrained(folder, local_files_only=True)
    # By id: a pad token given as text would make every "!" of a prompt a pad token.
    tokenizer.pad_token_id = pad_id
    return tokenizer


class _Builder:
    """Builds the parts of a model from a source: on the meta device first, then with weights."""

    def __init__(self, source: Source, name: str, device: torch.device, dtype: torch.dtype) -> None:
        self._source = source
        self._name = name
        self._device = device
        self._dtype = dtype

    def unet(self) -> UNet2DConditionModel:
        config = self._source.config("unet")
        with torch.device("meta"):
            unet = UNet2DConditionModel.from_config(config)
        state = self._source.unet(list(unet.state_dict()), config)
        return self._fill(unet, state, "UNet", self._dtype)

    def vae(self, dtype: torch.dtype | None) -> AutoencoderKL:
        config = self._source.config("vae")
        with torch.device("meta"):
            vae = AutoencoderKL.from_config(config)
        state = self._source.vae(list(vae.state_dict()), config)
        # Such a VAE overflows in half precision; bfloat16 has the range.
        overflows = self._dtype == torch.float16 and vae.config.force_upcast
        dtype = dtype or (torch.float32 if overflows else self._dtype)
        return self._fill(vae, state, "VAE", dtype)

    def text_encoder(self, encoder: TextEncoder) -> torch.nn.Module:
        config = CLIPTextConfig.from_dict(self._source.config(encoder.folder))
        kind = CLIPTextModelWithProjection if encoder.projection else CLIPTextModel
        with torch.device("meta"):
            model = kind(config)
        state = self._source.text(list(model.state_dict()), encoder)
        return self._fill(model, state, "text encoder", self._dtype)

    def tokenizer(self, encoder: TextEncoder) -> CLIPTokenizer:
        vocabulary = self._source.config(encoder.folder)["vocab_size"]
        folder = self._source.tokenizer_folder(encoder, vocabulary)
        return _tokenizer(folder, encoder.pad_id)

    def _fill(self, model: Any, state: Any, part: str, dtype: torch.dtype) -> Any:
        return weights.fill(
            model, state, source=self._name, part=part, device=self._device, dtype=dtype
        )
