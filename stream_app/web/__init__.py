"""What a worker serves over HTTP: metrics, health, partitions, timelines, views and a wall page."""
