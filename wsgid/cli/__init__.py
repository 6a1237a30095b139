"""The commands: parse, choose, start. Only this package prints and exits."""
