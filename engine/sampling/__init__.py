"""From conditioning to pictures: one denoising loop over any model, sampler and schedule.

``pipeline`` holds the loop; whatever bends it (a latent mask, guidance, a preview) is a small part
that hooks in at fixed points (``parts``). ``request`` and ``infotext`` are light; the rest imports
torch and is reached through the request's handler. Pictures leave as uint8 RGB arrays.
"""
