"""What issue by issue must be shown: the engine on recordings, other solvers beside it, and the tables made of both."""
