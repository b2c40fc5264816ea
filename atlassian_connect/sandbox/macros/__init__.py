"""Bodies of Confluence pages: reading storage format, the macros in it, and showing it as safe HTML."""
