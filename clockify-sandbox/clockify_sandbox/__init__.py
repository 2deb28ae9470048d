"""A local Clockify: a stateful HTTP server that behaves like the real API, for trying, rehearsing, testing and measuring."""
