"""Singer tap for Clockify: every readable object of the API."""
