"""A recorded run carried out again by today's planner and executor, offline; imports every other room of
`executor`."""
