"""Agents for tests, and the sample outputs that they return; imports agents and contracts."""
