"""Releases of films -> one table, split by patient; films decoded once."""
