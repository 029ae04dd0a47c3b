"""Settings, addresses and start-up: the one package that knows everybody and reads the environment."""
