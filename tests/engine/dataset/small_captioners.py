"""BLIP and Florence-2 with few random weights, saved the way transformers saves the real ones."""

from __future__ import annotations

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import (
    BartConfig,
    BertTokenizerFast,
    BlipConfig,
    BlipForConditionalGeneration,
    BlipProcessor,
    CLIPImageProcessorPil,
    Florence2Config,
    Florence2ForConditionalGeneration,
    Florence2Processor,
    PreTrainedTokenizerFast,
)
from transformers.models.blip.image_processing_pil_blip import BlipImageProcessorPil

_TEXT = (
    "a the of drawing picture castle tree sky red blue green tall small with and on in is"
    " what does image describe detail shown paragraph this"
)
WORDS = tuple(_TEXT.split())


def small_blip(folder):
    """A folder with a BLIP of random weights."""
    folder.mkdir(parents=True)
    special = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
    vocabulary = {word: n for n, word in enumerate((*special, *WORDS))}
    tokenizer = BertTokenizerFast(vocab=vocabulary)
    text = {
        "vocab_size": len(tokenizer),
        "hidden_size": 16,
        "encoder_hidden_size": 16,
        "intermediate_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "bos_token_id": 2,
        "eos_token_id": 3,
        "sep_token_id": 3,
        "pad_token_id": 0,
    }
    vision = {
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "image_size": 32,
        "patch_size": 8,
    }
    config = BlipConfig(text_config=text, vision_config=vision, projection_dim=16)
    size = {"height": 32, "width": 32}
    _save(
        folder,
        BlipForConditionalGeneration,
        config,
        lambda: BlipProcessor(BlipImageProcessorPil(size=size), tokenizer),
    )
    return folder


def small_florence(folder):
    """A folder with a Florence-2 of random weights."""
    folder.mkdir(parents=True)
    special = ["<s>", "<pad>", "</s>", "<unk>", "<image>"]
    vocabulary = {
        word: n for n, word in enumerate([*special, *WORDS, "What", "Describe", "?", "."])
    }
    inner = Tokenizer(models.WordLevel(vocabulary, "<unk>"))
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner,
        bos_token="<s>",
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        extra_special_tokens={"image_token": "<image>"},
    )
    text = BartConfig(
        vocab_size=len(vocabulary),
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=16,
        decoder_ffn_dim=16,
        bos_token_id=0,
        pad_token_id=1,
        eos_token_id=2,
        decoder_start_token_id=2,
        forced_eos_token_id=2,
    )
    vision = {
        "depths": (1, 1, 1, 1),
        "embed_dim": (4, 4, 8, 8),
        "num_heads": (1, 1, 2, 2),
        "num_groups": (1, 1, 2, 2),
        "window_size": 2,
        "projection_dim": 16,
    }
    config = Florence2Config(text_config=text.to_dict(), vision_config=vision, image_token_id=4)
    processor = CLIPImageProcessorPil(
        size={"height": 64, "width": 64},
        crop_size={"height": 64, "width": 64},
        do_center_crop=False,
    )
    processor.image_seq_length = 2 * 2 + 1
    _save(
        folder,
        Florence2ForConditionalGeneration,
        config,
        lambda: Florence2Processor(processor, tokenizer),
    )
    return folder


def _save(folder, model_class, config, make_processor):
    state = torch.random.get_rng_state()
    torch.manual_seed(0)
    try:
        model = model_class(config)
    finally:
        torch.random.set_rng_state(state)
    for name, weights in model.named_parameters():  # so that other pictures get other words
        looks = "crossattention" in name and ("value" in name or "output" in name)
        if weights.ndim > 1:
            weights.data *= 2000 if looks else 20
    model.save_pretrained(folder)
    make_processor().save_pretrained(folder)
