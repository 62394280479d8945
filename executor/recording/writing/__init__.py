"""From a recording to a file without secrets, and the proof that it reads back; imports `content` and
`reading`."""
