"""What each measure means: its formula in words, where it comes from, and what it cannot tell.

The docstrings of :mod:`engine.validation.overfit` say the same with letters.
"""

from __future__ import annotations

FIT = (
    "Style fit: how far the pictures went from the base model's style (0) to the wanted one (1), "
    "by edges, colors, outline and detail. Our own measure, against held-out pictures. It does "
    "not see meaning; without held-out pictures it rewards copying a little."
)
DIVERSITY = (
    "Diversity: 1 minus the likeness of two seeds of one prompt, averaged over all pairs and "
    "prompts (Ojha et al., 2021). Noise is diverse too: read it beside the style."
)
DIVERSITY_LIMIT = (
    "Diversity: 1 minus the likeness of two seeds of one prompt, averaged (Ojha et al., 2021). Its "
    "limit is a part of what can be expected, which is the diversity of the base model or of the "
    "training pictures, whichever is smaller. Read it beside the style: noise is diverse too."
)
COPYING = (
    "Copying: for each picture its likeness to the nearest training picture, averaged (Somepalli "
    "et al., 2023). Read it only beside the line between training pictures: the level depends on "
    "what measures it and on how alike the training pictures are."
)
COPY_P90 = (
    "The likeness to the nearest training picture that 90 % of the pictures do not exceed, "
    "because a few copies vanish in a mean. Of fewer than ten pictures it is the largest one."
)
COPY_SHARE = (
    "Share of copies: pictures whose likeness to a training picture is above the copy threshold, "
    "over all pictures (Somepalli et al., 2023). A threshold is a line in a slope: look at the "
    "pairs."
)
CLOSEST = (
    "The largest likeness of a picture to a training picture. Unless you set the threshold, the "
    "training pictures suggest it: 30 % of the way from how alike they are among themselves to "
    "being the same."
)
COPYING_LIMIT = (
    "Copying: for each picture its likeness to the nearest training picture, averaged (Somepalli "
    "et al., 2023). Its limit lies above that of real art that was not trained on (after Meehan et "
    "al., 2020), and cannot be lower. Prompts that are captions of the training raise it a little."
)
EXCESS = (
    "Excess copying: mean likeness of the pictures to the training minus that of held-out art "
    "(after Meehan et al., 2020). Above 0 they are nearer to the training than real art is. "
    "Prompts that are captions of the training raise it without any copying."
)
ENTROPY = (
    "Spread: entropy of which training picture is nearest, over its largest value; 1 is even. "
    "Low: a few training pictures attract everything. It says little with fewer than six prompts."
)
KEPT = (
    "Subjects kept: how much of the base model's layout of light and dark, at the same prompt "
    "and seed, is still there. A low value where the base model draws well means that subjects "
    "are lost."
)
FOLLOWING = (
    "Prompt following: likeness of pictures and prompts by a text-image model (CLIPScore, Hessel "
    "et al., 2021), against the base model. It knows neither tags nor made-up trigger words: "
    "read the change, not the level."
)
VENDI = (
    "Vendi score: the effective number of different pictures (Friedman and Dieng, 2023), over "
    "that of the base model. A style that makes pictures more alike lowers it as well."
)
CHANGE = (
    "Change from the base model: 1 minus the likeness to its picture of the same prompt and "
    "seed. It tells that something changed, not whether for the better."
)
BLEED = (
    "Change without the trigger word: what the LoRA changes unasked (after DreamBooth, Ruiz et "
    "al., 2023)."
)
TRIGGER = (
    "Trigger effect: style fit of prompts with the trigger word minus that of those without. "
    "Near 0 the word does nothing. The prompts of both kinds should ask for the same subjects. "
    "Without any picture of the style: how much further from the base model's the word moves them."
)
LOSS = (
    "Held-out loss: mean error of the training objective on pictures that were not trained on, "
    "with the same noise at every checkpoint. Its interval leaves out what is hard about a picture "
    "at all of them. It compares checkpoints of one run only, and says little about copying."
)
RISE = (
    "Rise of the held-out loss: how far it is above its lowest value earlier in the run; 0.02 is "
    "2 %. It counts as a sign only where its interval is above 0, and the lowest of many values is "
    "low partly by chance."
)
LEAK = (
    "Change without the trigger word: how far prompts without it move from the base model's "
    "pictures, over how far its pictures of two seeds are from each other. 0 is the same picture, "
    "1 another one (after DreamBooth, Ruiz et al., 2023). It tells that something changed, not "
    "whether the style did."
)
SIGNS = (
    "Signs of over-fitting together: nearer to the training than held-out art, more copies than "
    "the training has of itself, less variety, prompts followed less, a few pictures that "
    "attract all, a held-out loss that rises again. One sign alone has other causes often enough."
)
BEST = "Diversity over that of the most varied checkpoint at the same weight."
ALIKE = "Rows whose style fit differs by no more than this count as equally good."
BACKGROUND = (
    "The share of copies over that of the training pictures among themselves, which is taken to "
    "be at least 5 %."
)
