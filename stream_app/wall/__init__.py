"""The wall: a stateless process that shows what the workers wrote; page, JSON API and live stream."""
