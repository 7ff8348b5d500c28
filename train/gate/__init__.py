"""The upload gate's learned check: its pictures, what is made from them, its training and its table."""
