"""Performs what the machine decides, and enters in the journal what comes of it; imports every room below."""
