"""What a goal asks for, part by part, and which parts no step covers; imports plans."""
