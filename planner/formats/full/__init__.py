"""The full format: the plan's own language, for models that can hold a strict schema; imports what formats
share, never `small`."""
