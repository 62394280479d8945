"""From a goal to a result in one object, with settings applied; imports settings and the folders below."""
