"""Flask: proxies, guards, declarations, views, responses, template helpers."""
