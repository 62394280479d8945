"""The folder that a run may touch: paths in it, resolved before they are checked; imports errors alone."""
