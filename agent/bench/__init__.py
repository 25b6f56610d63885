"""nomoat.agent.bench: goals with outcomes that can be checked, and what a model makes of them."""
