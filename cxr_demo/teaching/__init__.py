"""Lessons: guess first, then look."""
