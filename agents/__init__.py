"""Who does the work: capabilities, agents, the registry, and the seam to language models; imports `prompts`
and no other folder."""
