// Statistics: to be furnished.
