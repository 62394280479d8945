"""The expression language: small, total, typed, and evaluated within bounds.

`parse` and `parse_template` make a tree, `elaborate` proves what it yields and resolves the
names of steps, `evaluate` computes it.
"""
