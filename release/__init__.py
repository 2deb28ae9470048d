"""What a release needs: one version everywhere, and the plugin definitions for Meltano."""
