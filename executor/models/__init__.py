"""The model that a run is given: journaled, held to its budget, recalled on resume; imports `run`."""
