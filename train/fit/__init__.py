"""One training run: batches, losses, optimiser, processes, and its state on disk."""
