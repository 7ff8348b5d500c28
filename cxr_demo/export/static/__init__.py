"""The edition without a server: one network and its maps as files that a browser can compute with."""
