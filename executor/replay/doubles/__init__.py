"""What stands in for the world in a replay: model, agents, people and journal; imports `history` and
`drift`."""
