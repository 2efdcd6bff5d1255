"""Checkpoints and adapters: what a file is, how it is loaded, what is in memory.

``family``, ``headers``, ``pickles``, ``inspect``, ``catalogue``, ``hashes``, ``block_names``,
``checkpoint_keys`` and ``lora_keys`` read names and headers and import no torch; ``weights``,
``single_file``, ``loading``, ``host``, ``lora_file``, ``adapter_layers`` and ``adapters`` hold
tensors. Whatever is particular to one architecture enters here as data of its family; how a model
is sampled or trained does not.
"""
