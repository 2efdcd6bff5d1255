"""Arguments of kohya's scripts that its window has no field for."""

from __future__ import annotations

OTHER_FLAGS = frozenset({
    "alpha_mask", "base_weights", "base_weights_multiplier", "cache_info",
    "cache_text_encoder_outputs", "cache_text_encoder_outputs_to_disk", "caption_prefix",
    "caption_separator", "caption_suffix", "caption_tag_dropout_rate", "conditioning_data_dir",
    "config_file", "dataset_class", "dataset_repeats", "debug_dataset", "enable_wildcard",
    "face_crop_aug_range", "in_json", "initial_epoch", "initial_step", "keep_tokens_separator",
    "log_prefix", "lr_decay_steps", "lr_scheduler_min_lr_ratio", "lr_scheduler_timescale",
    "max_validation_steps", "network_args", "network_module", "network_train_text_encoder_only",
    "network_train_unet_only", "no_half_vae", "no_metadata", "optimizer_type",
    "resize_interpolation", "resolution", "sample_at_first", "save_n_epoch_ratio",
    "scale_v_pred_loss_like_noise_pred", "sdpa", "secondary_separator",
    "skip_until_initial_step", "token_warmup_min", "token_warmup_step", "use_8bit_adam",
    "use_lion_optimizer", "validate_every_n_epochs", "validate_every_n_steps",
    "validation_seed", "validation_split", "zero_terminal_snr", "preset", "algo", "full_matrix",
    "wd_on_output", "rs_lora", "text_encoder_lr",
})  # fmt: skip
