// Server: to be furnished.
