// Journal: to be furnished.
