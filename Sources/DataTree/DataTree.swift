// DataTree: to be furnished.
