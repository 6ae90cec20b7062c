// LoadGenerator: to be furnished.
