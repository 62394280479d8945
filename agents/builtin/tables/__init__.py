"""Questions about CSV and JSON tables, answered by a checked query; imports nothing of its neighbours but
errors."""
