"""Inputs, conditions and expectations computed over a run's values; imports `run`, and is pure."""
