"""The replanner: asks a model what to do about a failure or a surprise; imports planning and below."""
