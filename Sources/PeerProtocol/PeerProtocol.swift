// PeerProtocol: to be furnished.
