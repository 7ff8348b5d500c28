"""What a person wants goes in, one stream of what the page shows comes out."""
