"""Configuration, the story on one page, and its solutions."""
