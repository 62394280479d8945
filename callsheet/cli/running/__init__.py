"""A run at the terminal: progress, approvals, interruption; imports options and text."""
