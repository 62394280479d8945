"""What a recording holds, and the order that its events must have; imports neither reader nor writer."""
