"""Logits -> maps: `methods` lists them, `engine` makes them, `proof` checks them on one checkpoint."""
