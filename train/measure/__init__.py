"""Predictions -> figures with intervals, and the pages and plots that show them."""
