"""Tools for LoRA files: merge, resize, extract, verify, convert, bake, edit. ``requests`` is light;
each other module has a handler that writes a new file and never changes one that it reads.
"""
