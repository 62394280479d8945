"""Replay: a recorded run is carried out again, by the real planner and the real executor, offline."""
