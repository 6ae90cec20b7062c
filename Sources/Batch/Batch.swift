// Batch: to be furnished.
