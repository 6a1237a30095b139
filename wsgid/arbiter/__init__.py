"""The parent process: compares the workers that are wanted with those that are there, and acts."""
