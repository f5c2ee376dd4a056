"""What tests share: real servers as child processes, free ports, waiting with a deadline."""
