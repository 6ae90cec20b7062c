// ClientProtocol: to be furnished.
