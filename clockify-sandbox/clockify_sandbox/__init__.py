"""A local Clockify: a stateful HTTP server that behaves like the real API, for trials, tests and benchmarks."""
