"""Which capabilities of a large catalog a goal needs: search by words and by meaning; imports schemas and
errors."""
