// Transport: to be furnished.
