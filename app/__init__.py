"""The window: everything that knows Qt. No torch, diffusers, transformers or peft in here."""
