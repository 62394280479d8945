"""Where a replay differs from its recording, and how that is said; imports `history`."""
