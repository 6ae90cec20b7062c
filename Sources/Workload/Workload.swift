// Workload: to be furnished.
