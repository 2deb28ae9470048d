"""From a decision to requests: bodies, the writer, the search for objects of lost answers, the dry run."""
