"""What a person reads on the page."""
