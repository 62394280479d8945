"""From a file to a recording, every problem told by its line; imports `content`."""
