"""What a revision may do without being asked about, and what goes beyond; imports plans and expressions."""
