// StateMachine: to be furnished.
