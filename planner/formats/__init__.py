"""What a model writes in place of a plan or a revision, and how that becomes one; imports revisions, plans
and schemas."""
