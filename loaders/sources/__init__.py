"""Where rows come from: files today."""
