"""The words of the films to try, and of what was planted in them."""

from __future__ import annotations

TRY = "Try a synthetic film"
OR = "Or synthetic:"
SYNTHETIC = "Synthetic: "  # begins the name of every example, and is told once instead
NOTE = "Synthetic: drawn by this program, not a film of a person. Nothing was uploaded."
SHOW = "Show what was planted"


def describe_planted(names: list[str]) -> str:
    """What the outlines are of."""
    return f"Outlined: {', '.join(names)}."
