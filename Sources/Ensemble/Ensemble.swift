// Ensemble: to be furnished.
