"""The commands of `python -m cxr_demo`, a module for each or for a family: its arguments, and what it does."""
