"""What time it is, and a loop whose time is virtual; imports nothing of Callsheet."""
