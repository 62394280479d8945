"""The checker: everything about a plan that can be proved before it runs; imports plans, expressions and
diagnostics, and does no I/O."""
