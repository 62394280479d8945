"""Files of weights: where they come from, where they are kept, and that they are what they claim; imports
model errors alone."""
