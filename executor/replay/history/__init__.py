"""The recorded run as a replay follows it, event by event; imports neither `doubles` nor `drift`."""
