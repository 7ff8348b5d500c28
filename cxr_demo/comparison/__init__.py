"""Two checkpoints on one image, and the members of an ensemble."""
