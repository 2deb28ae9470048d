"""A local Clockify: a stateful HTTP server that behaves like the real API, to try, to test and to measure against."""
