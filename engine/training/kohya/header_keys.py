"""The keys of a LoRA file's header: what each is among the arguments of kohya's scripts."""

from __future__ import annotations

from engine.training.reasons import Reason

# Arguments that the header calls otherwise; all others are an argument's name after ``ss_``.
NAMES = {
    "ss_batch_size_per_device": "train_batch_size",
    "ss_debiased_estimation": "debiased_estimation_loss",
    "ss_sd_model_name": "pretrained_model_name_or_path",
    "modelspec.title": "metadata_title",
    "modelspec.author": "metadata_author",
    "modelspec.description": "metadata_description",
    "modelspec.license": "metadata_license",
    "modelspec.tags": "metadata_tags",
    "modelspec.trigger_phrase": "metadata_trigger_phrase",
}
# Arguments that are text even where it looks like a number.
TEXTS = frozenset({
    "output_name", "training_comment", "pretrained_model_name_or_path", "metadata_title",
    "metadata_author", "metadata_description", "metadata_license", "metadata_tags",
    "metadata_trigger_phrase",
})  # fmt: skip
# What an argument is where the header says None.
OFF = {
    "clip_skip": 1,
    "max_token_length": 75,
    **dict.fromkeys(
        (
            "noise_offset", "adaptive_noise_scale", "multires_noise_iterations", "ip_noise_gamma",
            "min_snr_gamma", "scale_weight_norms", "network_dropout", "max_grad_norm",
            "caption_dropout_rate", "caption_dropout_every_n_epochs", "caption_tag_dropout_rate",
        ),
        0,
    ),
}  # fmt: skip
# Keys that tell of the run or the file; nothing is set by them.
FACTS = frozenset({
    "ss_session_id", "ss_training_started_at", "ss_training_finished_at", "ss_num_train_images",
    "ss_num_validation_images", "ss_num_reg_images", "ss_num_batches_per_epoch", "ss_epoch",
    "ss_steps", "ss_sd_scripts_commit_hash", "ss_total_batch_size", "ss_dataset_dirs",
    "ss_reg_dataset_dirs", "ss_tag_frequency", "ss_bucket_info", "ss_sd_model_hash",
    "ss_new_sd_model_hash", "ss_vae_hash", "ss_new_vae_hash", "modelspec.sai_model_spec",
    "modelspec.architecture", "modelspec.implementation", "modelspec.implementation_version",
    "modelspec.resolution", "modelspec.date", "modelspec.encoder_layer", "modelspec.thumbnail",
    "modelspec.hash_sha256", "modelspec.usage_hint", "modelspec.merged_from",
    "modelspec.preprocessor", "modelspec.is_negative_embedding", "sshs_model_hash",
    "sshs_legacy_hash", "ss_merged_ratios", "ss_resized_from", "ss_baked_into",
})  # fmt: skip
IS_FACT = Reason("It tells of the finished run or of the file, and is no setting.")
# What decides about the result and stands in no header.
NOT_TOLD = (
    "train_data_dir", "caption_extension", "bucket_reso_steps", "weighted_captions", "masked_loss",
    "alpha_mask", "lr_scheduler_args", "caption_prefix", "caption_suffix", "caption_separator",
    "keep_tokens_separator", "secondary_separator", "enable_wildcard", "token_warmup_min",
    "token_warmup_step", "v_pred_like_loss", "scale_v_pred_loss_like_noise_pred", "full_bf16",
    "network_weights", "base_weights", "lr_scheduler_power", "lr_scheduler_num_cycles",
    "lr_scheduler_min_lr_ratio", "lr_scheduler_timescale", "lr_decay_steps",
)  # fmt: skip
# Those of them that act only with these schedules.
OF_SCHEDULES = {
    "lr_scheduler_power": ("polynomial",),
    "lr_scheduler_num_cycles": ("cosine_with_restarts",),
    "lr_scheduler_min_lr_ratio": ("cosine_with_min_lr", "warmup_stable_decay"),
    "lr_scheduler_timescale": ("inverse_sqrt",),
    "lr_decay_steps": ("warmup_stable_decay",),
}
UNTOLD = Reason("The header of a LoRA does not tell it. Set it as it was.")
