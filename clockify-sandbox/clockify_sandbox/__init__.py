"""A local Clockify: a stateful HTTP server that behaves like the real API, to try, rehearse, test and measure against."""
