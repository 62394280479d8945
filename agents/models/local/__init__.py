"""An embedded model in this process or in a worker of its own; imports the seam and the weights."""
