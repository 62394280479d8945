"""What a catalog looks like as JSON Schema and as text for a model; imports agents' contracts alone."""
