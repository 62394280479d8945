"""How a plan is judged by what its inputs say; the steps and their order are judged beside the goal set."""
