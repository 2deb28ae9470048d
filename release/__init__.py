"""Tools for a release: one version everywhere, and the plugin definitions for Meltano."""
