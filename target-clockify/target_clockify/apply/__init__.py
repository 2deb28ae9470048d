"""From a decision to requests: bodies, the writer, the search for objects whose response was lost, the dry run."""
