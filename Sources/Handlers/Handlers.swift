// Handlers: to be furnished.
