"""The documentation: Markdown pages, and pages that `reference` generates while the site is built."""
