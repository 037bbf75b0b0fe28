"""Shapes of what goes in and out of the API, one file for each noun; every field has an example."""
