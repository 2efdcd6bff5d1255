"""Checkpoints and adapters: what a file is, how it is loaded, what is in memory.

``family``, ``headers``, ``pickles``, ``inspect``, ``catalogue``, ``hashes``, ``block_names``,
``checkpoint_keys``, ``lora_keys`` and ``adapter_blocks`` read names and headers and import no
torch; ``weights``, ``single_file``, ``loading``, ``host``, ``lora_file``, ``adapters`` and the
other ``adapter_`` modules hold tensors. Whatever is particular to one architecture enters here as
data of its family; how a model is sampled or trained does not.
"""
