"""Sources that the server reads by itself: what is on the list, when it is due, and what each run found."""
