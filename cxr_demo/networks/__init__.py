"""Backbones, heads and ensembles; the card that says what a network is; checkpoints on disk."""
