"""What a worker serves over HTTP: metrics, health, partitions, timelines, and views."""
