"""From a decision to requests: bodies, the writer, the search for what lost answers did, the dry run."""
