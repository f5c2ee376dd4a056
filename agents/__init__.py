"""The batch agents: which topics, which tables, which function of the core. No logic of their own."""
