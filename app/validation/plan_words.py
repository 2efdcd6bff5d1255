"""What the plans for a grid are called."""

from __future__ import annotations

PLANS = {
    "over_fit": ("Over-fit check of this run", "shield-check"),
    "weights": ("Weight sweep", "gauge"),
    "combine": ("Combine two styles", "merge"),
    "sketches": ("Img2img on sketches…", "images"),
}
"""The words and the icon of each, as the menu shows them."""
TITLES = {
    "": "Validation grid",
    "over_fit": "Over-fit check",
    "weights": "Weight sweep",
    "combine": "Two styles",
    "sketches": "On sketches",
}
"""How the column is headed then."""
DONE = {
    "over_fit": "All checkpoints, three weights, four seeds and six prompts are set.",
    "weights": "Weights from 0 to 1.4 are set.",
    "combine": "The weights of two styles are set.",
    "sketches": "The sketches and four strengths are set.",
}
"""What the toast says, which offers to take it back."""
EXTENDED = "Extend the grid"
TAGS = {"seen": "seen", "unseen": "unseen", "trigger": "trigger only", "off": "no trigger"}
