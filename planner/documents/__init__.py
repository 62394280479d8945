"""JSON and YAML documents, read as data only and written for people; imports errors alone."""
