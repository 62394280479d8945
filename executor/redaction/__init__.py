"""Secrets: found in documents, and taken out of them; imports errors alone."""
