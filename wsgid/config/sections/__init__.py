"""The settings, a module a section; `wsgid.config.settings` puts them together."""
