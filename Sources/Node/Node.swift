// Node: to be furnished.
