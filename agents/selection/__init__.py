"""Which of several agents suits: strategies, statistics, circuit breakers and rate limits; imports agents
and what they cost."""
