"""The settings of a training run, one file per group of the form."""
