"""Layer-wise relevance propagation on a list of plain operations."""
