// Jute: to be furnished.
