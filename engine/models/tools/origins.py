"""What a file that was made of others says of them in its header.

``modelspec.merged_from`` has the names of those that were added up (ModelSpec), and
``ss_merged_ratios`` their strengths as a JSON list in the same order; ``ss_baked_into`` names the
model that they were baked into, ``ss_resized_from`` the file that had a larger rank.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from engine.models.adapter_file import AdapterFile

Weighted = Sequence[tuple[AdapterFile, float]]
# What stays true of a sum as far as all its parts say the same: the model they are for.
_OF_MODEL = frozenset({
    "ss_v2", "ss_base_model_version", "ss_sd_model_name", "ss_sd_model_hash",
    "ss_new_sd_model_hash", "ss_vae_name", "ss_vae_hash", "ss_new_vae_hash", "ss_clip_skip",
    "ss_zero_terminal_snr", "ss_resolution", "modelspec.sai_model_spec", "modelspec.architecture",
    "modelspec.prediction_type", "modelspec.resolution", "modelspec.encoder_layer",
})  # fmt: skip
# What is of all parts, each with its own words.
_OF_ALL = ("modelspec.trigger_phrase", "modelspec.author", "modelspec.license", "modelspec.tags")
# Headers of one training and of one file, by how their keys begin.
_OF_ONE = ("ss_", "sshs_", "modelspec.", "stylekiln.", "lora_adapter_metadata")
# What the new tensors make untrue: their hash, and alphas that are in the tensors now.
_UNTRUE = ("modelspec.hash_sha256", "sshs_model_hash", "sshs_legacy_hash", "lora_adapter_metadata")


def true_of_copy(metadata: Mapping[str, str]) -> dict[str, str]:
    """What a file with the same content in other tensors may say of itself."""
    return {key: text for key, text in metadata.items() if key not in _UNTRUE}


def of_merged(weighted: Weighted) -> dict[str, str]:
    """The header of the sum of LoRAs: what they were with their strengths, and of what each says
    only what is so of all; epochs, steps and pictures are of a training, and it had none.
    """
    headers = [file.metadata for file, _ in weighted]
    said = {}
    for key in dict.fromkeys(key for header in headers for key in header):
        texts = list(dict.fromkeys(header[key] for header in headers if key in header))
        if key in _OF_ALL:
            said[key] = ", ".join(texts)
        elif len(texts) == 1 and (key in _OF_MODEL or not key.startswith(_OF_ONE)):
            said[key] = texts[0]
    return said | _sources(weighted)


def of_baked(metadata: Mapping[str, str], base: str, weighted: Weighted) -> dict[str, str]:
    """The header of a checkpoint that had ``metadata`` and was called ``base``."""
    return true_of_copy(metadata) | _sources(weighted) | {"ss_baked_into": base}


def of_resized(file: AdapterFile, note: str) -> dict[str, str]:
    """The header of a LoRA with a smaller rank: its training is still the one that ``file`` had."""
    said = true_of_copy(file.metadata)
    before = said.get("ss_training_comment", "")
    said["ss_training_comment"] = f"{note}; {before}" if before not in ("", "None") else note
    return said | {"ss_resized_from": file.path.name}


def _sources(weighted: Weighted) -> dict[str, str]:
    return {
        "modelspec.merged_from": ", ".join(file.path.name for file, _ in weighted),
        "ss_merged_ratios": json.dumps([ratio for _, ratio in weighted]),
    }
