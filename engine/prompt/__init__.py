"""From what the artist wrote to what the model hears.

``syntax`` reads emphasis, BREAK and LoRA tags; ``chunks`` lays tokens out in windows of 75; both
are light and know no model. ``encode`` runs the text encoders. Nothing here knows noise or pixels.
"""
