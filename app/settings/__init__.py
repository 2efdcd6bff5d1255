"""The settings page: language, theme, threads, folders. Every change applies at once."""
