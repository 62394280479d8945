"""Lines of calls for small models, and everything that mends what they write; imports what formats share,
never `full`."""
