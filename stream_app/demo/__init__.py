"""Everything at once in one terminal: broker, topics, worker, simulated traffic, and what goes on."""
