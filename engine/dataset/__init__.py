"""Pictures, captions, edits and buckets: from folders of art to what training will see.

The index in SQLite, captions as text files beside the pictures, edits as recipes that never touch
a source. Pixels come through ``engine.imaging``; torch, Qt and models may not enter.
"""
