"""Tools for LoRA files: merge, resize, extract, verify, convert, bake, edit. ``requests`` is light;
each other module has a handler that writes a new file and changes none that it reads, but for an
edit that is asked for in place.
"""
