// Report: to be furnished.
