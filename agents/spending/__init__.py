"""What calls may cost and do cost: prices, budgets, and what an agent asks for its work; imports models and
errors."""
