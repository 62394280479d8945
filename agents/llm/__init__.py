"""Agents that are a prompt and a model; imports functions, models and prompts."""
