"""Measurements on synthetic images and markers, and the lung model."""
