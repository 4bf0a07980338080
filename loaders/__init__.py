"""Loading of files into the warehouse, and the command line around it."""
