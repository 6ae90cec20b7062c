// Zab: to be furnished.
