"""What an agent promises: a capability, its schemas, and the check of a value against them; imports errors
alone."""
