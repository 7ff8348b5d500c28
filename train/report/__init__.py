"""What the runs of a system say together."""
