"""Plans used again; imports plans."""
