"""The documentation: pages as Markdown, and what `reference` makes out of the declarations while the site is built."""
