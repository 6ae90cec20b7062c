// Results: to be furnished.
