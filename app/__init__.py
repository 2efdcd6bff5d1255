"""The window: everything that knows Qt. No torch, diffusers, transformers or peft in here."""

from app import plain_imports

plain_imports.restore()  # before anything else of the window is imported
