"""Where the modules of apps appear on a site, for whom, and with which values in their URLs."""
