// Nothing is called by name: the library takes the place of the system's flushes in a program that it is loaded into.
