"""Kohya's keys that have no effect here, and why; and those of models that are not trained here."""

from __future__ import annotations

from engine.training.reasons import Reason

_LAUNCH = Reason("Processes and threads are set by this app, or by accelerate launch.")
_UPLOAD = Reason("Nothing is uploaded from here.")
_WANDB = Reason("Runs are kept in their own folder and are not sent to a service.")
_LOADER = Reason("Pictures are loaded by this app's own threads.")
_MODEL = Reason("What kind of model it is, is read from the model itself.")
_SPEED = Reason("It changes only speed and memory, which this app chooses itself.")
_CACHE = Reason("Caches notice every change here, so there is nothing to skip.")
_FORM = Reason("It belongs to kohya's window and changes nothing in training.")

EMPTY = Reason("Left empty or switched off in the file.")
IGNORED = Reason("kohya's LoRA training ignores it; here it works once you set it.")
IGNORED_ARGUMENTS = ("stop_text_encoder_training", "no_token_padding")
OTHER_MODEL = Reason("It belongs to models that are not trained here.")

NO_EFFECT: dict[str, Reason] = {
    **dict.fromkeys(
        (
            "num_cpu_threads_per_process", "num_machines", "num_processes", "multi_gpu", "gpu_ids",
            "main_process_port", "extra_accelerate_launch_args", "dynamo_backend", "dynamo_mode",
            "dynamo_use_dynamic", "dynamo_use_fullgraph", "torch_compile", "ddp_timeout",
            "ddp_gradient_as_bucket_view", "ddp_static_graph", "deepspeed",
        ),
        _LAUNCH,
    ),
    **dict.fromkeys(
        (
            "huggingface_path_in_repo", "huggingface_repo_id", "huggingface_repo_type",
            "huggingface_repo_visibility", "huggingface_token", "save_state_to_huggingface",
            "async_upload", "resume_from_huggingface",
        ),
        _UPLOAD,
    ),
    **dict.fromkeys(
        (
            "wandb_api_key", "wandb_run_name", "use_wandb", "log_with", "log_tracker_name",
            "log_tracker_config", "log_config", "log_prefix",
        ),
        _WANDB,
    ),
    **dict.fromkeys(("max_data_loader_n_workers", "persistent_data_loader_workers"), _LOADER),
    **dict.fromkeys(("model_list", "sdxl", "v2", "train_on_input"), _MODEL),
    **dict.fromkeys(("highvram", "lowvram", "lowram"), _SPEED),
    **dict.fromkeys(("skip_cache_check", "skip_latents_validity_check"), _CACHE),
    **dict.fromkeys(("save_as_bool", "config_file", "output_config", "console_log_level"), _FORM),
}  # fmt: skip

# Switches of the form that say which other family of models it trains.
OTHER_MODELS: dict[str, str] = {
    "flux1_checkbox": "FLUX.1",
    "sd3_checkbox": "SD3",
    "anima_checkbox": "Anima",
    "lumina_checkbox": "Lumina",
    "hunyuan_image_checkbox": "HunyuanImage",
}
OTHER_TYPES: dict[str, str] = {
    "Flux1": "FLUX.1",
    "Flux1 OFT": "FLUX.1",
    "Anima": "Anima",
    "Lumina": "Lumina",
    "HunyuanImage-2.1": "HunyuanImage",
}

_OTHER_PREFIXES = (
    "flux1_", "flux_", "sd3_", "anima_", "lumina_", "hunyuan_image_", "t5xxl", "gemma2", "qwen",
    "chroma",
)  # fmt: skip
_OTHER_KEYS = {
    "ae", "clip_l", "clip_g", "discrete_flow_shift", "guidance_scale", "model_prediction_type",
    "model_type", "train_blocks", "split_mode", "split_qkv", "cpu_offload_checkpointing",
    "blocks_to_swap", "single_blocks_to_swap", "double_blocks_to_swap", "mem_eff_save",
    "apply_t5_attn_mask", "img_attn_dim", "txt_attn_dim", "img_mlp_dim", "txt_mlp_dim",
    "img_mod_dim", "txt_mod_dim", "single_dim", "in_dims", "train_double_block_indices",
    "train_single_block_indices", "logit_mean", "logit_std", "mode_scale", "weighting_scheme",
    "save_clip", "save_t5xxl", "clip_l_dropout_rate", "clip_g_dropout_rate", "t5_dropout_rate",
    "enable_scaled_pos_embed", "pos_emb_random_crop_rate", "text_encoder_batch_size",
    "disable_mmap_load_safetensors", "fused_backward_pass", "fused_optimizer_groups",
    "system_prompt", "sample_batch_size", "use_flash_attn", "cfg_trunc", "renorm_cfg",
    "sigmoid_scale", "timestep_sampling", "training_shift", "enable_all_linear",
}  # fmt: skip


def is_other_model(key: str) -> bool:
    """Whether ``key`` belongs to families of models that are not trained here."""
    return key.startswith(_OTHER_PREFIXES) or key in _OTHER_KEYS
